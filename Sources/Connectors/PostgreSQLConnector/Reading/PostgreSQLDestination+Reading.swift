package import DatasetReaders
package import Destinations
import Failures
import PostgreSQL

extension PostgreSQLDestination: DatasetReading {
    package func read(_ control: QueryControl) throws(DestinationError) -> any ReadingSession {
        let session = PostgreSQLReadingSession(
            try connect(control), control, schema: place.dataset, url: place.url, lockTimeout: lockTimeout)
        do { try session.begin() } catch { throw DestinationError(error.kind, error.message, hint: error.hint) }
        guard try session.hasSchema(place.dataset) else {
            let others = try session.datasets()
            throw DestinationError(
                .noInput, "unable to read \(place.shown): it has no schema \"\(place.dataset)\"",
                hint: others.isEmpty
                    ? "nothing was loaded into this database; check the URL"
                    : "name the dataset with --dataset: \(others.joined(separator: ", "))")
        }
        return session
    }

    package func datasets(_ control: QueryControl) throws(DestinationError) -> [String] {
        let session = PostgreSQLReadingSession(
            try connect(control), control, schema: place.dataset, url: place.url, lockTimeout: lockTimeout)
        defer { session.close() }
        return try session.datasets()
    }

    private func connect(_ control: QueryControl) throws(DestinationError) -> Connection {
        do { return try connect { control.isInterrupted } } catch {
            guard error.kind == .stopped, let interruption = control.interruption, interruption != .stopped else {
                throw error
            }
            throw DestinationError(
                .temporary, "unable to connect to \(place.shown): no answer in time", hint: "try again")
        }
    }
}
