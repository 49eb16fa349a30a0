import DestinationKinds
import Destinations
import Failures
import RelationalSQL
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
        try LockWait.retry(
            seconds: place.lockTimeout, action: "read \(file)", isHeld: { (error: SQLiteError) in error.isBusy },
            explained: { DestinationError($0, unableTo: "read \(place.shown)", file: file) },
            overdue: {
                DestinationError(
                    .temporary,
                    "unable to read \(file): another program has been writing to it for \(Int(place.lockTimeout)) s",
                    hint: "try again when it has ended, or wait longer with --lock-timeout; `fuser \(file)` names it")
            }
        ) { () throws(SQLiteError) in
            do throws(SQLiteError) {
                try database.execute("PRAGMA query_only=1; PRAGMA temp_store=FILE; PRAGMA trusted_schema=0; BEGIN")
                // The transaction begins to read here.
                _ = try database.integer("SELECT count(*) FROM sqlite_master")
            } catch {
                if database.inTransaction { try? database.execute("ROLLBACK") }
                throw error
            }
        }
        return database
    }
}
