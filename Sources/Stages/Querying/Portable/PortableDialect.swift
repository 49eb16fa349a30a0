package import DatasetReaders
import DestinationKinds
package import QueryExpressions
import RelationalSQL

extension ReadingSession {
    /// How portable queries are spelled for the database; nil where the toolkit does not know how.
    package var portableDialect: (any QueryDialect)? {
        let dialect = self.dialect
        let table: @Sendable (String) -> String = { dialect.table($0) }
        switch dialect.kind.name {
        case DestinationKind.sqlite.name: return SQLiteQueryDialect(table: table)
        case DestinationKind.postgresql.name: return PostgreSQLQueryDialect(table: table)
        case DestinationKind.duckdb.name: return DuckDBQueryDialect(table: table)
        default: return nil
        }
    }
}

extension PortableStatement {
    /// As a reader takes it.
    package var query: Query { Query(sql, types: columns.map(\.type.dataType)) }
}
