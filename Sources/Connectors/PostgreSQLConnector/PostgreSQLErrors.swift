import Destinations
import Failures
import PostgreSQL

extension DestinationError {
    /// Explains a failed statement or connection.
    ///
    /// - Parameters:
    ///   - action: a verb and its object, to follow "unable to".
    ///   - url: the place without secrets, for hints.
    init(_ error: PostgreSQLError, unableTo action: String, url: String) {
        let detail = error.detail.map { " (\($0))" } ?? ""
        let message = "unable to \(action): \(error.message)\(detail)"
        if error.isInterruption {
            self.init(.stopped, "unable to \(action): asked to stop")
            return
        }
        let state = error.sqlState ?? ""
        switch state {
        case "28P01", "28000":
            self.init(
                .denied, message,
                hint:
                    "the password comes from PGPASSWORD, ~/.pgpass, a service file or the URL; check it and the user"
            )
        case "42501", "25006", "0LP01":
            self.init(.denied, message, hint: error.hint ?? "grant the user that privilege, or use another user")
        case "3D000":
            self.init(.unusable, message, hint: "create it first: createdb, or CREATE DATABASE")
        case "55P03":
            self.init(
                .temporary, "unable to \(action): another session has held a lock on it for too long",
                hint: "pg_stat_activity and pg_locks name it; try again later, or wait longer with --lock-timeout")
        case "53100", "58030":
            self.init(.storage, message, hint: "free some space on the server's disk, then run the same command again")
        case "57P03", "57P01", "57P02", "57P05":
            self.init(.temporary, message, hint: "the server is starting or stopping; try again later")
        case "57014":
            self.init(.temporary, message, hint: "a user or a time limit of the server cancelled it; try again")
        default: self.init(error, state: state, message: message, url: url)
        }
    }

    private static func hint(_ state: String) -> String? {
        switch state {
        case "42809":
            "a load needs its own table: drop what has its name, or choose another (dlt-extract --resource NAME)"
        case "428C9": "the database computes that column: leave it out of the rows, or out of the table"
        default: nil
        }
    }

    private init(_ error: PostgreSQLError, state: String, message: String, url: String) {
        switch state.prefix(2) {
        // What the server has against the data, a statement or the existing tables: a user has to mend it, or the
        // package can never be loaded.
        case "22", "23", "54", "42", "0A", "2B", "44", "P0", "09", "27", "38", "39":
            self.init(.data, message, hint: error.hint ?? Self.hint(state))
        case "40", "53": self.init(.temporary, message, hint: error.hint ?? "try again")
        case "08": self.init(.temporary, message, hint: "the connection to \(url) broke; try again")
        case "" where error.sql == nil:
            // The error does not come from a server: there is none.
            self.init(
                .unavailable, message, hint: "check that \(url) is correct, the server runs, and accepts this machine")
        case "55" where state == "55000":
            self.init(.data, message, hint: error.hint ?? Self.hint("42809"))
        default:
            if error.isDisconnected {
                self.init(.temporary, message, hint: "the connection to \(url) broke; try again")
            } else {
                self.init(.unusable, message, hint: error.hint)
            }
        }
    }
}
