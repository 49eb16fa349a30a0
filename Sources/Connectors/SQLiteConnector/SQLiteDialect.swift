import Destinations
import RelationalSQL
import SQLite
import Schemas

/// SQLite's SQL. Tables are qualified everywhere: a temporary table would hide one of the dataset with its name.
struct SQLiteDialect: SQLDialect {
    func quote(_ name: String) -> String { Database.quoteIdentifier(name) }

    func literal(_ value: RecordValue) -> String {
        switch value {
        case .null: "NULL"
        case .text(let text): Database.quoteLiteral(text)
        case .integer(let number): String(number)
        case .timestamp(let microseconds): Database.quoteLiteral(SQLitePrinter.timestamp(microseconds))
        }
    }

    func table(_ name: String) -> String { "main." + quote(name) }

    func temporary(_ name: String) -> String { "temp." + quote(name) }

    let temporaryOptions = ""

    func declaration(of column: Column, isStaged: Bool) -> String {
        SQLiteTypes.declaration(column) + (column.isNullable ? "" : " NOT NULL")
    }

    let addsSeveralColumns = false

    /// An alias of the row id, by a name that no column has, since every naming convention has something else for quotes: a
    /// column may be called rowid, and would be meant then.
    let stagingPosition = "\"\"\"position\"\"\""

    let stagingPositionColumn: String? = "\"\"\"position\"\"\" INTEGER PRIMARY KEY"

    func settle(temporary name: String, keys: [[String]]) -> [String] {
        keys.map { key in
            let columns = key.map(quote).joined(separator: ", ")
            let index = "temp." + quote("(\(name): \(key.joined(separator: ", ")))")
            return "CREATE INDEX \(index) ON \(quote(name)) (\(columns))"
        }
    }

    func nullSafeEquality(_ left: String, _ right: String) -> String { "\(left) IS \(right)" }

    /// With its offset, unlike every other time: as dlt has it, which finds versions that are valid by this text.
    func activeEnd(_ microseconds: Int64) -> RecordValue { .text(SQLitePrinter.timestamp(microseconds) + "+00:00") }

    func truncation(of table: String) -> String { "DELETE FROM \(table)" }

    // A comment: to sqlite3 the parameters would be nulls.
    func insertion(_ rows: RowInsert) -> String {
        SQLPrinter.comment(insertion(rows, rowCount: 1, undoesRows: true))
    }

    /// An INSERT of so many rows a time, with parameters counted row by row.
    ///
    /// - Parameter undoesRows: rows before one that the table refuses go, as SQL wants it. For that SQLite copies each page before
    ///   the statement changes it; where the whole transaction is rolled back, nobody needs it.
    func insertion(_ rows: RowInsert, rowCount: Int, undoesRows: Bool) -> String {
        let row = "(" + Array(repeating: "?", count: rows.columns.count).joined(separator: ", ") + ")"
        let all = Array(repeating: row, count: rowCount).joined(separator: ", ")
        let verb = undoesRows ? "INSERT" : "INSERT OR FAIL"
        return "\(verb) INTO \(target(of: rows)) (\(names(rows.columns))) VALUES \(all)"
    }
}
