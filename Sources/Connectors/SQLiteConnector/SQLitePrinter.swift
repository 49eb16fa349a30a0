import DateTimes
import Destinations
import LoadPackages
import SQLite
import Schemas

/// Turns steps into SQLite's SQL: the one place where its text is made, for execution and for print.
enum SQLitePrinter {
    static func quote(_ name: String) -> String { Database.quoteIdentifier(name) }

    static func statements(for step: LoadStep) -> [SQLStatement] {
        switch step {
        case .createTable(let change):
            // Laid out as SQLAlchemy does, because SQLite keeps the text.
            let columns = change.columns.map { "\t" + declaration($0) }.joined(separator: ", \n")
            return [SQLStatement("CREATE TABLE \(quote(change.table)) (\n\(columns)\n)")]
        case .addColumns(let change):
            return change.columns.map {
                SQLStatement("ALTER TABLE \(quote(change.table)) ADD COLUMN \(declaration($0))")
            }
        case .deleteRows(let table):
            return [SQLStatement("DELETE FROM \(quote(table))")]
        case .insertRows(let rows):
            return [SQLStatement(insertion(rows, rowCount: 1))]
        case .insertRecord(let record):
            let names = record.values.map { quote($0.column) }.joined(separator: ", ")
            var statement = SQLStatement("INSERT INTO \(quote(record.table)) (\(names)) VALUES (")
            for (index, entry) in record.values.enumerated() {
                if index > 0 { statement.append(", ") }
                statement.append(entry.value)
            }
            statement.append(")")
            return [statement]
        }
    }

    /// An INSERT of so many rows a time, with parameters counted row by row.
    static func insertion(_ rows: RowInsert, rowCount: Int) -> String {
        let columns = columns(of: rows)
        let names = columns.map { quote($0.name) }.joined(separator: ", ")
        let row = "(" + Array(repeating: "?", count: columns.count).joined(separator: ", ") + ")"
        let all = Array(repeating: row, count: rowCount).joined(separator: ", ")
        return "INSERT INTO \(quote(rows.table)) (\(names)) VALUES \(all)"
    }

    /// A column without a name exists in dlt's schemas only, not in its tables.
    static func columns(of rows: RowInsert) -> [Column] { rows.columns.filter { !$0.name.isEmpty } }

    private static func declaration(_ column: Column) -> String {
        quote(column.name) + " " + SQLiteTypes.declaration(column) + (column.isNullable ? "" : " NOT NULL")
    }

    static func printed(_ step: LoadStep) -> String {
        var text = ""
        for statement in statements(for: step) {
            text += statement.text { _, value in literal(value) }
            text += ";"
            if case .insertRows(let rows) = step { text += "  -- \(rows.job.rows) rows from \(rows.job.file)" }
            text += "\n"
        }
        return text
    }

    private static func literal(_ value: RecordValue) -> String {
        switch value {
        case .null: "NULL"
        case .text(let text): Database.quoteLiteral(text)
        case .integer(let number): String(number)
        case .timestamp(let microseconds): Database.quoteLiteral(timestamp(microseconds))
        }
    }

    /// `2024-01-15 08:00:00.123456`, as dlt stores it.
    static func timestamp(_ microseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: TemporalWriter.maxCount) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            let count = TemporalWriter.write(timestamp: microseconds, isUTC: false, into: start)
            start[10] = UInt8(ascii: " ")
            return count
        }
    }

    /// The reverse of `timestamp`, for any number of digits behind the point.
    static func microseconds(_ text: String) -> Int64? {
        let characters = Array(text.utf8)
        return characters.withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
    }
}
