/// What a person asks for, option by option, as it was written.
package struct QueryRequest: Sendable {
    package var table: String
    package var select: String?
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
