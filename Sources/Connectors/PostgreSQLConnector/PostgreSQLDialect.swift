import DateTimes
import Destinations
import PostgreSQL
import RelationalSQL
import Schemas

/// PostgreSQL's SQL. Tables are named with their schema, so that nobody's search path matters.
struct PostgreSQLDialect: SQLDialect {
    /// The dataset.
    let schema: String

    func quote(_ name: String) -> String { Connection.quoteIdentifier(name) }

    func literal(_ value: RecordValue) -> String {
        switch value {
        case .null: "NULL"
        case .text(let text): Connection.quoteLiteral(text)
        case .integer(let number): String(number)
        case .timestamp(let microseconds): "'\(PostgreSQLDialect.timestamp(microseconds))'"
        }
    }

    func table(_ name: String) -> String { quote(schema) + "." + quote(name) }

    func temporary(_ name: String) -> String { "pg_temp." + quote(name) }

    let temporaryOptions = " ON COMMIT DROP"

    func declaration(of column: Column, isStaged: Bool) -> String {
        var declaration = PostgreSQLTypes.type(of: column)
        if !isStaged && column.has("unique") { declaration += " UNIQUE" }
        if !column.isNullable { declaration += " NOT NULL" }
        return declaration
    }

    let addsSeveralColumns = true

    // Rows of a table come out, and are numbered by ctid, as space was found for them; only a sequence tells their order.
    // In quotes, for which every naming convention has something else: no column has this name.
    let stagingPosition = "\"\"\"position\"\"\""
    let stagingPositionColumn: String? = "\"\"\"position\"\"\" bigint GENERATED ALWAYS AS IDENTITY"

    func settle(temporary name: String, keys: [[String]]) -> [String] {
        // Nobody else analyzes temporary tables, and without statistics the planner takes them for small.
        ["ANALYZE \(temporary(name))"]
    }

    /// Arrays are equal where nulls are, and unlike IS NOT DISTINCT FROM can be hashed and sorted.
    func nullSafeEquality(_ left: String, _ right: String) -> String { "ARRAY[\(left)] = ARRAY[\(right)]" }

    func truncation(of table: String) -> String { "TRUNCATE TABLE \(table)" }

    // A comment: to psql what follows would be the rows.
    func insertion(_ rows: RowInsert) -> String { SQLPrinter.comment(copy(rows, .text)) }

    func copy(_ rows: RowInsert, _ format: CopyEncoder.Format) -> String {
        "COPY \(target(of: rows)) (\(names(rows.columns))) FROM STDIN" + (format == .binary ? " (FORMAT binary)" : "")
    }

    /// `2024-01-15 08:00:00.123456+00`, the same in every session's time zone.
    static func timestamp(_ microseconds: Int64) -> String {
        let text = String(unsafeUninitializedCapacity: TemporalWriter.maxCount) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            let count = TemporalWriter.write(timestamp: microseconds, isUTC: false, into: start)
            start[10] = UInt8(ascii: " ")
            return count
        }
        return text + "+00"
    }
}
