import Failures
import MariaDB
package import TableSources

/// Tables of a MariaDB or MySQL database, read row by row as the server finds them.
package enum MariaDBTables: TableDatabase {
    package static let schemes = ["mysql", "mariadb"]

    package static func open(_ place: TablePlace) throws(TableError) -> any TableSession {
        let address = try MariaDBAddress(place)
        if let absence = Connection.absence {
            throw TableError(
                .unavailable, "unable to connect to \(place.shown): \(absence)",
                hint: "install MariaDB's client library: apt-get install libmariadb3")
        }
        return try MariaDBTableSession(address, place)
    }
}
