/// What a person asks for, option by option, as it was written.
package struct QueryRequest: Sendable {
    package var table: String
    package var select: String?
    /// Columns by their names, in the place of `select`.
    package var columns: [String]?
    package var conditions: [String] = []
    /// Only rows in which a column, by its path, has a value, which is read as the column's type says.
    package var row: (column: [String], value: String)?
    package var groupBy: String?
    package var aggregates: String?
    package var order: String?
    package var limit: Int?
    package var offset: Int?
    package var loads: String?
    package var parents: String?
    package var children: [String] = []
    package var joins: [String] = []
    package var sample: Int?
    package var seed: String?
    /// Only how many rows there are.
    package var isCount = false
    package var leavesOutSystemColumns = false
    package var parameters: [String: String] = [:]

    package init(table: String) { self.table = table }

    /// The name of a column as it stands in an expression, whatever is in it.
    package static func name(_ column: String) -> String { "\"\(column.replacing("\"", with: "\"\""))\"" }
}

/// What it became for one database.
package struct PortableStatement: Sendable, Equatable {
    package struct Column: Sendable, Equatable {
        package let name: String
        package let type: QueryType
    }

    package let sql: String
    package let columns: [Column]
}
