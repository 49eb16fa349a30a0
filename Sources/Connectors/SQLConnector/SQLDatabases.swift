import ADBCConnector
import DuckDBConnector
import Failures
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

    static func open(_ place: TablePlace) throws(TableError) -> any TableSession {
        guard let kind = kind(of: place) else {
            throw TableError(
                .usage, "unable to read \(place.shown): \(place.scheme) is not a database that can be read",
                hint: "there are \(schemes.joined(separator: ", "))")
        }
        return try kind.open(place)
    }

    static var schemes: [String] { all.flatMap { kind in kind.schemes.map { kind.takesPlus ? $0 + "+NAME" : $0 } } }
}
