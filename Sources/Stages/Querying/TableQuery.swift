import DatasetReaders
import RelationalSQL
import Schemas

/// All rows of a table, with the columns in the order in which it has them.
struct TableQuery {
    private let table: DatasetTable

    init(_ table: DatasetTable) { self.table = table }

    func query(_ dialect: any SQLDialect) -> Query {
        let columns = table.columns.map { dialect.quote($0.name) }.joined(separator: ", ")
        return Query("SELECT \(columns) FROM \(dialect.table(table.name))", types: table.columns.map(\.type))
    }
}
