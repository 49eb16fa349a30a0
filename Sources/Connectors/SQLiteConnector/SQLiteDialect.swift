import DateTimes
import DestinationKinds
import Destinations
import LoadPackages
import RelationalSQL
import SQLite
import Schemas

/// SQLite's SQL. All tables are qualified: a temporary table would hide a dataset's table of the same name.
struct SQLiteDialect: SQLDialect {
    let kind = DestinationKind.sqlite

    // MARK: Names

    func quote(_ name: String) -> String { Database.quoteIdentifier(name) }

    func table(_ name: String) -> String { "main." + quote(name) }

    // MARK: Values and types

    func literal(_ value: RecordValue) -> String {
        switch value {
        case .null: "NULL"
        case .text(let text): Database.quoteLiteral(text)
        case .integer(let number): String(number)
        case .timestamp(let microseconds): Database.quoteLiteral(SQLTime.text(microseconds))
        }
    }

    func declaration(of column: Column, isUnique: Bool, isStrict: Bool) -> String {
        (isStrict ? SQLiteTypes.strict(column) : SQLiteTypes.declaration(column))
            + (column.isNullable ? "" : " NOT NULL")
    }

    func nullSafeEquality(_ left: String, _ right: String) -> String { "\(left) IS \(right)" }

    /// With its offset, unlike every other time: as in dlt, which finds valid versions by this text.
    func activeEnd(_ microseconds: Int64) -> RecordValue { .text(SQLTime.text(microseconds) + "+00:00") }

    // MARK: Tables and staging

    let addsSeveralColumns = false

    func creation(of index: TableIndex, on name: String) -> String {
        let kind = index.isUnique ? "UNIQUE INDEX" : "INDEX"
        let place = table(self.name(of: index, on: name))
        return "CREATE \(kind) \(place) ON \(quote(name)) (\(quote(index.column)))"
    }

    func staging(_ name: String, of load: LoadID) -> String { "temp." + quote(name) }

    func createStaging(_ name: String, of load: LoadID, columns: String) -> String {
        "CREATE TEMP TABLE \(staging(name, of: load)) (\n\(columns)\n)"
    }

    func collect(_ name: String, of load: LoadID, query: SQLStatement) -> [SQLStatement] {
        ["CREATE TEMP TABLE \(staging(name, of: load)) AS \(query)"]
    }

    /// An alias of the row id. No column has this quoted name, because every naming convention replaces quotes; a
    /// column of the data may be called rowid and would hide the real one.
    let stagingPosition = "\"\"\"position\"\"\""

    let stagingPositionColumn: String? = "\"\"\"position\"\"\" INTEGER PRIMARY KEY"

    func settle(_ name: String, of load: LoadID, keys: [[String]]) -> [String] {
        keys.map { key in
            let columns = key.map(quote).joined(separator: ", ")
            let index = "temp." + quote("(\(name): \(key.joined(separator: ", ")))")
            return "CREATE INDEX \(index) ON \(quote(name)) (\(columns))"
        }
    }

    // MARK: Rows

    // A comment: sqlite3 would read the parameters as nulls.
    func insertion(_ rows: RowInsert, of load: LoadID) -> String {
        SQLPrinter.comment(
            SQLiteDialect.insertion(into: target(of: rows, of: load), rows.columns, rowCount: 1, undoesRows: true))
    }

    /// An INSERT of N rows, with parameters counted row by row.
    ///
    /// - Parameter undoesRows: a refused row also undoes the rows of the statement before it, as SQL requires. SQLite
    /// then copies each page before the statement changes it, which is a waste if the whole transaction is rolled back.
    static func insertion(into table: String, _ columns: [Column], rowCount: Int, undoesRows: Bool) -> String {
        let names = columns.map { Database.quoteIdentifier($0.name) }.joined(separator: ", ")
        let row = "(" + Array(repeating: "?", count: columns.count).joined(separator: ", ") + ")"
        let all = Array(repeating: row, count: rowCount).joined(separator: ", ")
        let verb = undoesRows ? "INSERT" : "INSERT OR FAIL"
        return "\(verb) INTO \(table) (\(names)) VALUES \(all)"
    }

    // MARK: Reading

    func laterFirst(_ alias: String) -> String { ", \(alias).rowid DESC" }

    /// The reverse of `SQLTime.text`, for any number of digits after the point.
    func microseconds(_ text: String) -> Int64? {
        let characters = Array(text.utf8)
        return characters.withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
    }
}
