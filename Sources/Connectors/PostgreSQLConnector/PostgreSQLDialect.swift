import DestinationKinds
import Destinations
import LoadPackages
import PostgreSQL
import RelationalSQL
import Schemas

/// PostgreSQL's SQL. Table names include their schema, so that the search path does not matter.
struct PostgreSQLDialect: SQLDialect {
    let kind = DestinationKind.postgresql
    /// The dataset.
    let schema: String

    // MARK: Names

    func quote(_ name: String) -> String { Connection.quoteIdentifier(name) }

    func table(_ name: String) -> String { quote(schema) + "." + quote(name) }

    var datasetCreation: String? { "CREATE SCHEMA IF NOT EXISTS \(quote(schema))" }

    // MARK: Values and types

    func literal(_ value: RecordValue) -> String {
        switch value {
        case .null: "NULL"
        case .text(let text): Connection.quoteLiteral(text)
        case .integer(let number): String(number)
        case .timestamp(let microseconds): "'\(PostgreSQLDialect.timestamp(microseconds))'"
        }
    }

    func declaration(of column: Column, isUnique: Bool, isStrict: Bool) -> String {
        var declaration = PostgreSQLTypes.type(of: column)
        if isUnique { declaration += " UNIQUE" }
        if !column.isNullable { declaration += " NOT NULL" }
        return declaration
    }

    /// Arrays are equal where nulls are, and unlike IS NOT DISTINCT FROM they can be hashed and sorted.
    func nullSafeEquality(_ left: String, _ right: String) -> String { "ARRAY[\(left)] = ARRAY[\(right)]" }

    // MARK: Tables and staging

    let addsSeveralColumns = true
    let addsUniqueColumns = true
    let copiesRows = true
    let identityOverride = " OVERRIDING SYSTEM VALUE"
    func requirement(of column: String, in name: String) -> String? {
        "ALTER TABLE \(table(name)) ALTER COLUMN \(quote(column)) SET NOT NULL"
    }
    let altersKeepReadersWaiting = true

    func truncation(of table: String) -> String { "TRUNCATE TABLE \(table)" }

    /// The server names the constraint as in a table that is created with it.
    func creation(of index: TableIndex, on name: String) -> String {
        let column = quote(index.column)
        if index.isUnique { return "ALTER TABLE \(table(name)) ADD UNIQUE (\(column))" }
        return "CREATE INDEX \(quote(self.name(of: index, on: name))) ON \(table(name)) (\(column))"
    }

    /// Otherwise the next table that replaces this one could not have an index of that name.
    func renaming(of index: TableIndex, from name: String, to other: String) -> String? {
        if index.isUnique { return nil }
        let names = (self.name(of: index, on: name), self.name(of: index, on: other))
        return "ALTER INDEX \(table(names.0)) RENAME TO \(quote(names.1))"
    }

    func staging(_ name: String, of load: LoadID) -> String { "pg_temp." + quote(name) }

    func createStaging(_ name: String, of load: LoadID, columns: String) -> String {
        "CREATE TEMP TABLE \(staging(name, of: load)) (\n\(columns)\n) ON COMMIT DROP"
    }

    func collect(_ name: String, of load: LoadID, query: SQLStatement) -> [SQLStatement] {
        ["CREATE TEMP TABLE \(staging(name, of: load)) ON COMMIT DROP AS \(query)"]
    }

    // Rows of a table are returned, and numbered by ctid, in the order of free space; only a sequence gives their
    // order. No column has this quoted name, because every naming convention replaces quotes.
    let stagingPosition = "\"\"\"position\"\"\""
    let stagingPositionColumn: String? = "\"\"\"position\"\"\" bigint GENERATED ALWAYS AS IDENTITY"

    func settle(_ name: String, of load: LoadID, keys: [[String]]) -> [String] {
        // The server does not analyze temporary tables by itself, and without statistics the planner assumes that they
        // are small.
        ["ANALYZE \(staging(name, of: load))"]
    }

    // MARK: Rows

    // A comment: psql would read the following lines as the rows.
    func insertion(_ rows: RowInsert, of load: LoadID) -> String {
        SQLPrinter.comment(copy(rows.columns, into: target(of: rows, of: load), .text))
    }

    func copy(_ columns: [Column], into table: String, _ format: CopyEncoder.Format) -> String {
        "COPY \(table) (\(names(columns))) FROM STDIN" + (format == .binary ? " (FORMAT binary)" : "")
    }

    // MARK: Reading

    func ordered(_ loadID: String) -> String { "\(loadID) COLLATE \"C\"" }

    /// Whole seconds are exact even if extract() returns a double.
    func readableTime(_ expression: String) -> String {
        "extract(epoch FROM date_trunc('second', \(expression)))::bigint * 1000000 "
            + "+ extract(microseconds FROM \(expression))::bigint % 1000000"
    }

    func microseconds(_ text: String) -> Int64? { Int64(text) }

    func shownTime(_ expression: String) -> String { "(\(expression) AT TIME ZONE 'UTC')::text" }

    /// `2024-01-15 08:00:00.123456+00`, the same in every session's time zone.
    static func timestamp(_ microseconds: Int64) -> String { SQLTime.text(microseconds) + "+00" }
}
