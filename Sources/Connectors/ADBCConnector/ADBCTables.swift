package import TableSources

/// Tables of any database that has a driver of ADBC: `adbc+NAME:`, read in batches of Arrow's columns.
package enum ADBCTables: TableDatabase {
    package static let schemes = ["adbc"]
    package static let takesPlus = true

    package static func open(_ place: TablePlace) throws(TableError) -> any TableSession {
        let address = try ADBCAddress(place)
        return try ADBCTableSession(address, place)
    }
}
