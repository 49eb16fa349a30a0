import Destinations
import Failures
import PostgreSQL
import SystemIO
package import TableSources

/// Tables of a PostgreSQL database, read by COPY in the binary format.
package enum PostgreSQLTables: TableDatabase {
    package static let schemes = ["postgresql", "postgres"]

    package static func open(_ place: TablePlace) throws(TableError) -> any TableSession {
        let address: PostgreSQLAddress
        do {
            address = try PostgreSQLAddress(place.rest, shown: place.shown, as: "a source", program: "dlt-extract")
        } catch { throw TableError(error) }
        if let absence = ConnectionOptions.absence {
            throw TableError(
                .unavailable, "unable to connect to \(place.shown): \(absence)",
                hint: "install PostgreSQL's client library: apt-get install libpq5")
        }
        let session = try PostgreSQLTableSession(address, place)
        try session.begin()
        return session
    }
}

extension TableError {
    /// Explains a failed statement or connection.
    ///
    /// - Parameter action: a verb and its object, to follow "unable to".
    init(_ error: PostgreSQLError, unableTo action: String, url: String) {
        let message = "unable to \(action): \(error.message)\(error.detail.map { " (\($0))" } ?? "")"
        if error.isInterruption {
            self = .stopped(unableTo: action)
            return
        }
        switch error.sqlState {
        case "40001"?:
            self.init(
                .temporary, message,
                hint: "a standby ends queries that keep it from following its primary: read from the primary, or raise "
                    + "max_standby_streaming_delay; then run the same command again")
        case "57014"?:
            self.init(
                .temporary, message,
                hint: "a user or a time limit of the server cancelled it; run the same command again")
        case "42501"?:
            self.init(.denied, message, hint: error.hint ?? "grant the user SELECT on it, or use another user")
        case "55P03"?:
            self.init(
                .temporary, "unable to \(action): another session has held a lock on it for too long",
                hint: "pg_stat_activity and pg_locks name it; try again later")
        case "22023"? where error.message.contains("snapshot"), "42704"? where error.message.contains("snapshot"):
            self.init(
                .temporary, message,
                hint: "the session that exported the snapshot must still be open; export another one")
        default: self.init(DestinationError(error, unableTo: action, url: url))
        }
    }
}
