import DestinationKinds
import Destinations
import Failures
import SQLite
import SystemIO
package import TableSources

/// Tables of an SQLite file, read in one read transaction.
package enum SQLiteTables: TableDatabase {
    package static let schemes = ["sqlite"]

    package static func open(_ place: TablePlace) throws(TableError) -> any TableSession {
        let file = try path(of: place)
        guard Files.exists(file) else {
            throw TableError(
                .noInput, "unable to read \(place.shown): there is no file \(file)",
                hint:
                    "write sqlite:///name.db for a file in this folder, sqlite:////folder/name.db for an absolute path")
        }
        do {
            let database = try open(file, place)
            return SQLiteTableSession(database, place, file: file)
        } catch { throw TableError(error) }
    }

    private static func path(of place: TablePlace) throws(TableError) -> String {
        guard let url = DestinationURL("sqlite://" + place.rest) else {
            throw TableError(.usage, "unable to read \(place.shown): it is malformed")
        }
        do { return try DatabaseFile(url, role: "a source", .sqlite).path } catch {
            throw TableError(error.kind == .cannotCreate ? .noInput : error.kind, error.message, hint: error.hint)
        }
    }

    private static func open(_ file: String, _ place: TablePlace) throws(DestinationError) -> Database {
        let database: Database
        do { database = try Database.open(file, flags: .readOnly) { StopSignal.requested } } catch {
            throw DestinationError(error, unableTo: "open \(place.shown)", file: file)
        }
        try SQLiteReadingSession.begin(database, file: file, lockTimeout: place.lockTimeout)
        return database
    }
}
