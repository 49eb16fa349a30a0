import Schemas

/// SQLite's. Times are texts, in the one form that is stored; decimals are numbers where a column has them, and texts of all their digits where
/// they were calculated, by the functions of SQLite's own decimal extension.
package struct SQLiteQueryDialect: QueryDialect {
    private let qualified: @Sendable (String) -> String

    /// - Parameter table: qualifies and quotes the name of a table of the dataset.
    package init(table: @escaping @Sendable (String) -> String) { qualified = table }

    package func table(_ name: String) -> String { qualified(name) }
    package func bool(_ flag: Bool) -> String { flag ? "1" : "0" }
    package func number(_ digits: String, _ type: QueryType) -> String {
        // A number of more digits than a double holds stays a text.
        type.isDecimal && digits.count > 15 ? quote(text: digits) : digits
    }
    package func bytes(_ bytes: [UInt8]) -> String { "x'" + hex(bytes) + "'" }
    package func timestamp(_ microseconds: Int64, hasZone: Bool) -> String { quote(text: TimeText.text(microseconds)) }
    package func date(_ text: String) -> String { quote(text: text) }
    package func time(_ text: String) -> String { quote(text: text) }

    // MARK: Numbers

    /// A number that SQLite has as a text.
    private func isText(_ operand: Operand) -> Bool {
        operand.type == .wei || operand.type == .decimal && (!operand.isPlain || operand.sql.hasPrefix("'"))
    }

    private func decimals(_ name: String, _ operands: Operand...) -> String {
        "decimal_\(name)(\(operands.map(\.sql).joined(separator: ", ")))"
    }

    package func comparison(_ operation: String, _ left: Operand, _ right: Operand) -> String {
        guard left.type.isNumber, right.type.isNumber, isText(left) || isText(right) else {
            return "\(left.sql) \(operation) \(right.sql)"
        }
        return "\(decimals("cmp", left, right)) \(operation) 0"
    }

    package func arithmetic(
        _ operation: ArithmeticOperation, _ left: Operand, _ right: Operand, _ type: QueryType
    ) -> String {
        guard type == .decimal else {
            let divisor = operation == .remainder ? "nullif(\(right.sql), 0)" : right.sql
            return
                "(\(real(left, type)) \(operation.rawValue) \(operation == .remainder ? divisor : real(right, type)))"
        }
        switch operation {
        case .add: return decimals("add", left, right)
        case .subtract: return decimals("sub", left, right)
        default: return decimals("mul", left, right)
        }
    }

    /// An operand of arithmetic with doubles, which a text would turn into 0 at its first strange character.
    private func real(_ operand: Operand, _ type: QueryType) -> String {
        type == .double && operand.type.isDecimal ? "CAST(\(operand.sql) AS REAL)" : operand.sql
    }

    package func negated(_ operand: Operand) -> String {
        operand.type.isDecimal ? "decimal_sub(0, \(operand.sql))" : "(- \(operand.sql))"
    }

    package func quotient(_ left: String, _ right: String) -> String {
        "(CAST(\(left) AS REAL) / nullif(CAST(\(right) AS REAL), 0.0))"
    }

    package func absolute(_ operand: Operand) -> String {
        guard isText(operand) else { return "abs(\(operand.sql))" }
        return "ltrim(\(decimals("add", operand, Operand(sql: "0", type: .bigint))), '-')"
    }

    package func floor(_ operand: Operand) -> String {
        if operand.type == .bigint { return operand.sql }
        let whole = cast(operand, to: .bigint)
        let isAbove = comparison("<", operand, Operand(sql: whole, type: .bigint))
        return "(\(whole) - (\(isAbove)))"
    }

    package func rounded(_ operand: Operand, digits: Int) -> String {
        switch operand.type {
        case .bigint: operand.sql
        case .decimal, .wei: "decimal_round(\(operand.sql), \(digits))"
        default: "round(\(operand.sql), \(digits))"
        }
    }

    package func sum(_ operand: Operand, isDistinct: Bool) -> String {
        let distinct = isDistinct ? "DISTINCT " : ""
        return operand.type.isDecimal ? "decimal_sum(\(distinct)\(operand.sql))" : "sum(\(distinct)\(operand.sql))"
    }

    package func average(_ operand: Operand, isDistinct: Bool) -> String {
        let distinct = isDistinct ? "DISTINCT " : ""
        return "avg(\(distinct)\(operand.type.isDecimal ? "CAST(\(operand.sql) AS REAL)" : operand.sql))"
    }

    package func extreme(_ isLargest: Bool, _ operand: Operand) -> String {
        "\(isLargest ? "max" : "min")(\(orderKey(operand)))"
    }

    package func orderKey(_ operand: Operand) -> String {
        isText(operand) ? "\(operand.sql) COLLATE decimal" : operand.sql
    }

    // MARK: Texts

    /// LIKE does not see the case of ASCII letters, so that one that does becomes a GLOB.
    package func like(_ text: String, _ pattern: String, ignoresCase: Bool) -> String {
        if ignoresCase { return "(\(text) LIKE \(quote(text: pattern)) ESCAPE '\\')" }
        var glob = ""
        var isEscaped = false
        for character in pattern.unicodeScalars {
            if !isEscaped, character == "\\" {
                isEscaped = true
                continue
            }
            switch character {
            case "%" where !isEscaped: glob += "*"
            case "_" where !isEscaped: glob += "?"
            case "*", "?", "[": glob += "[\(character)]"
            default: glob.unicodeScalars.append(character)
            }
            isEscaped = false
        }
        return "(\(text) GLOB \(quote(text: glob)))"
    }

    package func member(_ document: String, _ step: QueryStep, asText: Bool) -> String {
        let path =
            switch step {
            case .member(let key): quote(text: "$.\"\(key)\"")
            case .element(let index): "'$[\(index)]'"
            }
        guard asText else { return "(\(document) -> \(path))" }
        return """
            (CASE json_type(\(document), \(path)) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' \
            ELSE CAST(\(document) ->> \(path) AS TEXT) END)
            """
    }

    /// JSON that has come through a subquery is a text again, so every value is made JSON, and read once more outside.
    package func jsonElement(_ operand: Operand) -> String {
        switch operand.type {
        case .json: operand.sql
        case .bool: "(CASE WHEN \(operand.sql) THEN 'true' WHEN NOT \(operand.sql) THEN 'false' END)"
        case .timestamp, .date: "json_quote(\(cast(operand, to: .text)))"
        case .wei: operand.sql
        default: "json_quote(\(operand.sql))"
        }
    }

    package func jsonObject(_ members: [(String, String)]) -> String {
        "json_object(\(members.map { "\(quote(text: $0.0)), json(\($0.1))" }.joined(separator: ", ")))"
    }

    package var emptyList: String { "'[]'" }

    package func list(_ values: Operand, orderedBy order: String, where condition: String) -> String {
        "json_group_array(json(\(values.sql))) FILTER (WHERE \(condition))"
    }

    // MARK: Casts

    package func cast(_ operand: Operand, to type: QueryType) -> String {
        let sql = operand.sql
        switch (operand.type, type) {
        case (.null, _): return "NULL"
        case (.text, .bigint):
            let digits = "ltrim(\(sql), '-')"
            return """
                (CASE WHEN length(\(sql)) - length(\(digits)) <= 1 AND length(\(digits)) BETWEEN 1 AND 18 \
                AND \(digits) NOT GLOB '*[^0-9]*' THEN CAST(\(sql) AS INTEGER) END)
                """
        case (.text, _):
            let value = type == .double ? "CAST(\(sql) AS REAL)" : "decimal_add(\(sql), 0)"
            return """
                (CASE WHEN \(sql) NOT GLOB '*[^-+.0-9eE]*' AND \(sql) NOT GLOB '*[eE]*[0-9][0-9][0-9]' \
                AND json_valid(\(sql)) THEN \(value) END)
                """
        case (.bigint, .text): return "CAST(\(sql) AS TEXT)"
        case (.bool, .text): return "(CASE WHEN \(sql) THEN 'true' WHEN NOT \(sql) THEN 'false' END)"
        case (.decimal, .text), (.wei, .text): return "decimal_add(\(sql), 0)"
        case (.timestamp(let hasZone), .text):
            return "(replace(\(sql), ' ', 'T')\(hasZone ? " || 'Z'" : ""))"
        case (.date, .text): return sql
        case (.timestamp, .date): return "substr(\(sql), 1, 10)"
        case (.date, .timestamp): return "(\(sql) || ' 00:00:00.000000')"
        case (.timestamp, .timestamp): return sql
        case (.bool, .bigint): return "CAST(\(sql) AS INTEGER)"
        case (.bigint, .bool): return "(\(sql) <> 0)"
        // Of a text SQLite takes all digits before the point.
        case (_, .bigint):
            return
                "CAST(\(isText(operand) ? decimals("add", operand, Operand(sql: "0", type: .bigint)) : sql) AS INTEGER)"
        case (_, .double): return "CAST(\(sql) AS REAL)"
        default: return "decimal_add(\(sql), 0)"
        }
    }

    // MARK: Times

    private func format(_ format: String, _ arguments: String) -> String { "strftime('\(format)', \(arguments))" }

    /// SQLite calculates with milliseconds: the last microsecond of a day would count as the next day.
    private func day(_ time: String) -> String { "substr(\(time), 1, 10)" }

    package func part(_ part: TimePart, of time: Operand) -> String {
        func number(_ code: String) -> String { "CAST(\(format(code, time.sql)) AS INTEGER)" }
        switch part {
        case .year: return number("%Y")
        case .quarter: return "((\(number("%m")) + 2) / 3)"
        case .month: return number("%m")
        case .day: return number("%d")
        case .hour: return number("%H")
        case .minute: return number("%M")
        case .second: return number("%S")
        case .weekday: return "((CAST(\(format("%w", day(time.sql))) AS INTEGER) + 6) % 7 + 1)"
        }
    }

    package func truncated(_ time: Operand, to unit: String) -> String {
        let rest = time.type == .date ? "" : " 00:00:00.000000"
        let sql = time.sql
        switch unit {
        case "year": return format("%Y-01-01\(rest)", sql)
        case "quarter":
            let months = "'-' || ((CAST(\(format("%m", sql)) AS INTEGER) - 1) % 3) || ' months'"
            return format("%Y-%m-01\(rest)", "\(day(sql)), 'start of month', \(months)")
        case "month": return format("%Y-%m-01\(rest)", sql)
        case "week": return format("%Y-%m-%d\(rest)", "\(day(sql)), 'weekday 0', '-6 days'")
        case "hour": return format("%Y-%m-%d %H:00:00.000000", sql)
        case "minute": return format("%Y-%m-%d %H:%M:00.000000", sql)
        case "second": return format("%Y-%m-%d %H:%M:%S.000000", sql)
        default: return format("%Y-%m-%d\(rest)", sql)
        }
    }

    package var now: String { "strftime('%Y-%m-%d %H:%M:%f000', 'now')" }
    package var today: String { "strftime('%Y-%m-%d', 'now')" }
    package func daysAgo(_ days: Int) -> String { "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-\(days) days')" }
    package func days(from: String, to: String) -> String { "CAST(julianday(\(to)) - julianday(\(from)) AS INTEGER)" }

    package func shuffle(_ key: String, seed: String) -> String { "md5(\(quote(text: seed)) || \(key))" }
}

func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".unicodeScalars)
    var text = String.UnicodeScalarView()
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(text)
}
