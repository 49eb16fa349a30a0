import ADBCConnector
import DuckDBConnector
import MariaDBConnector
import PostgreSQLConnector
import SQLiteConnector
import TableSources

/// The kinds of databases whose tables can be read, in the order of the help.
enum SQLDatabases {
    static var all: [any TableDatabase.Type] {
        [PostgreSQLTables.self, SQLiteTables.self, DuckDBTables.self, MariaDBTables.self, ADBCTables.self]
    }

    /// The kind that a scheme belongs to: the whole scheme decides before the part in front of a plus sign.
    static func kind(of place: TablePlace) -> (any TableDatabase.Type)? {
        all.first { $0.schemes.contains(place.scheme) }
            ?? all.first { $0.schemes.contains(place.plainScheme) }
    }

    static var schemes: [String] { all.flatMap { kind in kind.schemes.map { kind.takesPlus ? $0 + "+NAME" : $0 } } }
}
