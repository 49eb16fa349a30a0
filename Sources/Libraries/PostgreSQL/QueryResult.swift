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
