/// PostgreSQL's, from version 13 on.
package struct PostgreSQLQueryDialect: TypedQueryDialect {
    private let qualified: @Sendable (String) -> String

    /// - Parameter table: qualifies and quotes the name of a table of the dataset.
    package init(table: @escaping @Sendable (String) -> String) { qualified = table }

    package func table(_ name: String) -> String { qualified(name) }

    /// With backslashes in the form that means the same whatever the server's settings are.
    package func quote(text: String) -> String {
        guard text.unicodeScalars.contains("\\") else { return "'" + doubled(text, "'") + "'" }
        return "E'" + doubled(doubled(text, "'"), "\\") + "'"
    }

    package func bytes(_ bytes: [UInt8]) -> String { "decode('\(hex(bytes))', 'hex')" }

    package func number(_ digits: String, _ type: QueryType) -> String {
        switch type {
        case .double: "CAST(\(digits) AS double precision)"
        case .bigint: digits.hasPrefix("-") ? "(\(digits))" : digits
        default: "CAST('\(digits)' AS numeric)"
        }
    }

    package func timestamp(_ microseconds: Int64, hasZone: Bool) -> String {
        let text = TimeText.text(microseconds)
        return hasZone ? "timestamptz '\(text)+00'" : "timestamp '\(text)'"
    }

    package func date(_ text: String) -> String { "date '\(text)'" }
    package func time(_ text: String) -> String { "time '\(text)'" }
    package func ordered(_ text: String) -> String { "\(text) COLLATE \"C\"" }
    package func orderKey(_ operand: Operand) -> String {
        operand.type == .text ? ordered(operand.sql) : operand.sql
    }

    // MARK: Numbers

    package func rounded(_ operand: Operand, digits: Int) -> String {
        switch operand.type {
        case .bigint: operand.sql
        case .double: "CAST(round(CAST(\(operand.sql) AS numeric), \(digits)) AS double precision)"
        default: "round(\(operand.sql), \(digits))"
        }
    }

    package func extreme(_ isLargest: Bool, _ operand: Operand) -> String {
        switch operand.type {
        case .bool: "\(isLargest ? "bool_or" : "bool_and")(\(operand.sql))"
        default: "\(isLargest ? "max" : "min")(\(orderKey(operand)))"
        }
    }

    // MARK: Texts

    package func like(_ text: String, _ pattern: String, ignoresCase: Bool) -> String {
        "(\(text) \(ignoresCase ? "ILIKE" : "LIKE") \(quote(text: pattern)) ESCAPE E'\\\\')"
    }

    package func member(_ document: String, _ step: QueryStep, asText: Bool) -> String {
        let key =
            switch step {
            case .member(let key): quote(text: key)
            case .element(let index): String(index)
            }
        return "(\(document) \(asText ? "->>" : "->") \(key))"
    }

    package func jsonElement(_ operand: Operand) -> String {
        switch operand.type {
        case .timestamp, .date: "to_jsonb(\(cast(operand, to: .text)))"
        default: "to_jsonb(\(operand.sql))"
        }
    }

    package func jsonObject(_ members: [(String, String)]) -> String {
        "jsonb_build_object(\(members.map { "\(quote(text: $0.0)), \($0.1)" }.joined(separator: ", ")))"
    }

    package var emptyList: String { "'[]'::jsonb" }

    package func list(_ values: Operand, orderedBy order: String, where condition: String) -> String {
        "jsonb_agg(\(values.sql) ORDER BY \(order)) FILTER (WHERE \(condition))"
    }

    // MARK: Casts

    private static let number = "'^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]{1,2})?$'"

    package func cast(_ operand: Operand, to type: QueryType) -> String {
        let sql = operand.sql
        switch (operand.type, type) {
        case (.null, _): return "CAST(NULL AS \(name(type)))"
        case (.text, .bigint): return "(CASE WHEN \(sql) ~ '^-?[0-9]{1,18}$' THEN CAST(\(sql) AS bigint) END)"
        case (.text, _):
            return "(CASE WHEN \(sql) ~ \(PostgreSQLQueryDialect.number) THEN CAST(\(sql) AS \(name(type))) END)"
        case (.bool, .text): return "(CASE WHEN \(sql) THEN 'true' WHEN NOT \(sql) THEN 'false' END)"
        case (.decimal, .text), (.wei, .text): return "CAST(trim_scale(\(sql)) AS text)"
        case (.timestamp(let hasZone), .text):
            return "to_char(\(clock(operand)), 'YYYY-MM-DD\"T\"HH24:MI:SS.US\(hasZone ? "\"Z\"" : "")')"
        case (.date, .text): return "to_char(\(sql), 'YYYY-MM-DD')"
        case (.timestamp, .date): return "CAST(\(clock(operand)) AS date)"
        case (.date, .timestamp(let hasZone)):
            return hasZone ? "(CAST(\(sql) AS timestamp) AT TIME ZONE 'UTC')" : "CAST(\(sql) AS timestamp)"
        case (.timestamp(hasZone: false), .timestamp(hasZone: true)): return "(\(sql) AT TIME ZONE 'UTC')"
        case (.timestamp, .timestamp): return sql
        case (.bool, .bigint): return "CAST(CAST(\(sql) AS integer) AS bigint)"
        case (.bigint, .bool): return "(\(sql) <> 0)"
        case (.double, .bigint), (.decimal, .bigint), (.wei, .bigint): return "CAST(trunc(\(sql)) AS bigint)"
        default: return "CAST(\(sql) AS \(name(type)))"
        }
    }

    func name(_ type: QueryType) -> String {
        switch type {
        case .bool: "boolean"
        case .bigint: "bigint"
        case .double: "double precision"
        case .decimal, .wei: "numeric"
        case .timestamp(let hasZone): hasZone ? "timestamptz" : "timestamp"
        case .date: "date"
        case .time: "time"
        case .binary: "bytea"
        case .json: "jsonb"
        case .text, .null: "text"
        }
    }

    // MARK: Times

    /// What a clock in UTC shows.
    private func clock(_ time: Operand) -> String {
        time.type == .timestamp(hasZone: true) ? "(\(time.sql) AT TIME ZONE 'UTC')" : time.sql
    }

    package func part(_ part: TimePart, of time: Operand) -> String {
        let name = part == .weekday ? "isodow" : part.rawValue
        return "CAST(trunc(extract(\(name) FROM \(clock(time)))) AS bigint)"
    }

    package func truncated(_ time: Operand, to unit: String) -> String {
        let clock = "date_trunc('\(unit)', CAST(\(self.clock(time)) AS timestamp))"
        switch time.type {
        case .date: return "CAST(\(clock) AS date)"
        case .timestamp(hasZone: true): return "(\(clock) AT TIME ZONE 'UTC')"
        default: return clock
        }
    }

    package var now: String { "now()" }
    package var today: String { "CAST((now() AT TIME ZONE 'UTC') AS date)" }
    package func daysAgo(_ days: Int) -> String { "(now() - interval '\(days * 24) hours')" }
    package func days(from: String, to: String) -> String { "CAST(\(to) - \(from) AS bigint)" }

    package func shuffle(_ key: String, seed: String) -> String {
        ordered("md5(\(quote(text: seed)) || \(key))")
    }
}
