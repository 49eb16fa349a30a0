import CPostgreSQL

/// The rows that a statement returned, as text. Columns and rows count from 0.
package final class QueryResult {
    private let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }

    deinit { PQclear(result) }

    package var rowCount: Int { Int(PQntuples(result)) }
    package var columnCount: Int { Int(PQnfields(result)) }

    /// Rows inserted, deleted or copied.
    package var affectedRows: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    package func columnName(_ column: Int) -> String {
        PQfname(result, Int32(truncatingIfNeeded: column)).map { String(cString: $0) } ?? ""
    }

    /// The OID of a column's type, and what the type was declared with, such as the digits of a numeric; -1 for nothing.
    package func columnType(_ column: Int) -> (type: UInt32, modifier: Int32) {
        let column = Int32(truncatingIfNeeded: column)
        return (PQftype(result, column), PQfmod(result, column))
    }

    /// A value where it lies, followed by a zero byte; nil for NULL. Valid as long as this result.
    package func bytes(_ row: Int, _ column: Int) -> UnsafeBufferPointer<UInt8>? {
        let row = Int32(truncatingIfNeeded: row)
        let column = Int32(truncatingIfNeeded: column)
        guard let value = PQgetvalue(result, row, column) else { return nil }
        let count = PQgetlength(result, row, column)
        // Asked only where it may be so: an empty text has no bytes, either.
        if count == 0, PQgetisnull(result, row, column) != 0 { return nil }
        return UnsafeBufferPointer(
            start: UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self), count: Int(count))
    }

    /// Nil for NULL.
    package func string(_ row: Int, _ column: Int) -> String? {
        let row = Int32(truncatingIfNeeded: row)
        let column = Int32(truncatingIfNeeded: column)
        guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else { return nil }
        return String(cString: value)
    }

    package func row(_ index: Int) -> [String?] { (0..<columnCount).map { string(index, $0) } }
    package var rows: [[String?]] { (0..<rowCount).map(row) }
}
