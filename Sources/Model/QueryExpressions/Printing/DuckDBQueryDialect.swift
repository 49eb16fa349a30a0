/// DuckDB's. What needs its extension for time zones is left out, since a libduckdb may lack it.
package struct DuckDBQueryDialect: TypedQueryDialect {
    private let qualified: @Sendable (String) -> String

    /// - Parameter table: qualifies and quotes the name of a table of the dataset.
    package init(table: @escaping @Sendable (String) -> String) { qualified = table }

    package func table(_ name: String) -> String { qualified(name) }

    package func bytes(_ bytes: [UInt8]) -> String { "unhex('\(hex(bytes))')" }

    package func number(_ digits: String, _ type: QueryType) -> String {
        switch type {
        case .double: "CAST(\(digits) AS DOUBLE)"
        default: digits.hasPrefix("-") ? "(\(digits))" : digits
        }
    }

    package func timestamp(_ microseconds: Int64, hasZone: Bool) -> String {
        let text = TimeText.text(microseconds)
        return hasZone ? "CAST('\(text)+00' AS TIMESTAMPTZ)" : "CAST('\(text)' AS TIMESTAMP)"
    }

    package func date(_ text: String) -> String { "CAST('\(text)' AS DATE)" }
    package func time(_ text: String) -> String { "CAST('\(text)' AS TIME)" }

    // MARK: Numbers

    package func rounded(_ operand: Operand, digits: Int) -> String {
        operand.type == .bigint ? operand.sql : "round(\(operand.sql), \(digits))"
    }

    package func length(_ operand: Operand) -> String {
        operand.type == .binary ? "octet_length(\(operand.sql))" : "length(\(operand.sql))"
    }

    // MARK: Texts

    package func like(_ text: String, _ pattern: String, ignoresCase: Bool) -> String {
        "(\(text) \(ignoresCase ? "ILIKE" : "LIKE") \(quote(text: pattern)) ESCAPE '\\')"
    }

    package func member(_ document: String, _ step: QueryStep, asText: Bool) -> String {
        let path =
            switch step {
            case .member(let key): quote(text: "$.\"\(key)\"")
            case .element(let index): "'$[\(index)]'"
            }
        return "(\(document) \(asText ? "->>" : "->") \(path))"
    }

    package func jsonElement(_ operand: Operand) -> String {
        switch operand.type {
        case .timestamp, .date: "to_json(\(cast(operand, to: .text)))"
        default: "to_json(\(operand.sql))"
        }
    }

    package func jsonObject(_ members: [(String, String)]) -> String {
        "json_object(\(members.map { "\(quote(text: $0.0)), \($0.1)" }.joined(separator: ", ")))"
    }

    package var emptyList: String { "CAST('[]' AS JSON)" }

    package func list(_ values: Operand, orderedBy order: String, where condition: String) -> String {
        "to_json(list(\(values.sql) ORDER BY \(order)) FILTER (WHERE \(condition)))"
    }

    // MARK: Casts

    private static let number = "'-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]{1,2})?'"

    package func cast(_ operand: Operand, to type: QueryType) -> String {
        let sql = operand.sql
        switch (operand.type, type) {
        case (.null, _): return "CAST(NULL AS \(name(type)))"
        case (.text, .bigint):
            return "(CASE WHEN regexp_full_match(\(sql), '-?[0-9]{1,18}') THEN TRY_CAST(\(sql) AS BIGINT) END)"
        case (.text, _):
            return """
                (CASE WHEN regexp_full_match(\(sql), \(DuckDBQueryDialect.number)) \
                THEN TRY_CAST(\(sql) AS \(name(type))) END)
                """
        case (.bool, .text): return "(CASE WHEN \(sql) THEN 'true' WHEN NOT \(sql) THEN 'false' END)"
        case (.decimal, .text), (.wei, .text):
            let digits = "CAST(\(sql) AS VARCHAR)"
            return "(CASE WHEN contains(\(digits), '.') THEN rtrim(rtrim(\(digits), '0'), '.') ELSE \(digits) END)"
        case (.timestamp(let hasZone), .text):
            return "strftime(\(clock(operand)), '%Y-%m-%dT%H:%M:%S.%f\(hasZone ? "Z" : "")')"
        case (.date, .text): return "strftime(\(sql), '%Y-%m-%d')"
        case (.timestamp, .date): return "CAST(\(clock(operand)) AS DATE)"
        case (.date, .timestamp(let hasZone)):
            return hasZone ? instant("CAST(\(sql) AS TIMESTAMP)") : "CAST(\(sql) AS TIMESTAMP)"
        case (.timestamp(hasZone: false), .timestamp(hasZone: true)): return instant(sql)
        case (.timestamp, .timestamp): return sql
        case (.bigint, .bool): return "(\(sql) <> 0)"
        case (.double, .bigint), (.decimal, .bigint), (.wei, .bigint): return "CAST(trunc(\(sql)) AS BIGINT)"
        default: return "CAST(\(sql) AS \(name(type)))"
        }
    }

    func name(_ type: QueryType) -> String {
        switch type {
        case .bool: "BOOLEAN"
        case .bigint: "BIGINT"
        case .double: "DOUBLE"
        case .decimal, .wei: "DECIMAL(38, 9)"
        case .timestamp(let hasZone): hasZone ? "TIMESTAMPTZ" : "TIMESTAMP"
        case .date: "DATE"
        case .time: "TIME"
        case .binary: "BLOB"
        case .json: "JSON"
        case .text, .null: "VARCHAR"
        }
    }

    // MARK: Times

    /// What a clock in UTC shows.
    private func clock(_ time: Operand) -> String {
        time.type == .timestamp(hasZone: true) ? "make_timestamp(epoch_us(\(time.sql)))" : time.sql
    }

    /// The instant at which a clock in UTC shows this.
    private func instant(_ clock: String) -> String { "to_timestamp(epoch_us(\(clock)) / 1000000.0)" }

    package func part(_ part: TimePart, of time: Operand) -> String {
        "date_part('\(part == .weekday ? "isodow" : part.rawValue)', \(clock(time)))"
    }

    package func truncated(_ time: Operand, to unit: String) -> String {
        let clock = "date_trunc('\(unit)', CAST(\(self.clock(time)) AS TIMESTAMP))"
        switch time.type {
        case .date: return "CAST(\(clock) AS DATE)"
        case .timestamp(hasZone: true): return instant(clock)
        default: return clock
        }
    }

    package var now: String { "now()" }
    package var today: String { "CAST(make_timestamp(epoch_us(now())) AS DATE)" }
    package func daysAgo(_ days: Int) -> String {
        "to_timestamp((epoch_us(now()) - \(days * 86400)000000) / 1000000.0)"
    }
    package func days(from: String, to: String) -> String { "date_diff('day', \(from), \(to))" }

    package func shuffle(_ key: String, seed: String) -> String { "md5(\(quote(text: seed)) || \(key))" }
}
