import DateTimes
import Destinations
import LoadPackages
import RelationalSQL
import SQLite
import Schemas

/// SQLite's SQL for steps and rows, and its times.
enum SQLitePrinter {
    static let printer = SQLPrinter(dialect)
    private static let dialect = SQLiteDialect()

    static func quote(_ name: String) -> String { Database.quoteIdentifier(name) }

    /// See `SQLiteDialect`.
    static func insertion(_ rows: RowInsert, rowCount: Int = 1, undoesRows: Bool = true) -> String {
        dialect.insertion(rows, rowCount: rowCount, undoesRows: undoesRows)
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
