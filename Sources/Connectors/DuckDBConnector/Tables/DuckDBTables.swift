import DestinationKinds
import Destinations
import DuckDB
import Failures
import RelationalSQL
import SystemIO
package import TableSources

/// Tables of a DuckDB file, which is opened for reading.
package enum DuckDBTables: TableDatabase {
    package static let schemes = ["duckdb"]

    package static func open(_ place: TablePlace) throws(TableError) -> any TableSession {
        guard let url = DestinationURL("duckdb://" + place.rest) else {
            throw TableError(.usage, "unable to read \(place.shown): it is malformed")
        }
        let file: String
        do { file = try DatabaseFile(url, role: "a source", .duckdb).path } catch {
            throw TableError(error.kind == .cannotCreate ? .noInput : error.kind, error.message, hint: error.hint)
        }
        do {
            let (database, folder) = try DuckDBReadingSession.open(
                file, shown: place.shown, lockTimeout: place.lockTimeout, isInterrupted: { StopSignal.requested })
            return try DuckDBTableSession(database, place, file: file, workFolder: folder)
        } catch { throw TableError(error) }
    }
}
