import Failures
import MariaDB
import TableSources

extension TableError {
    /// Explains a failed statement or connection.
    ///
    /// - Parameter action: a verb and its object, to follow "unable to".
    init(_ error: MariaDBError, unableTo action: String) {
        if error.isInterruption {
            self = .stopped(unableTo: action)
            return
        }
        let message = "unable to \(action): \(error.message)"
        let again = "run the same command again"
        switch error.code {
        case 1044, 1045, 1698, 1251:
            self.init(
                .denied, message,
                hint:
                    "check user and password: the password comes from the URL, MYSQL_PWD, ~/.my.cnf or .dlt/secrets.toml"
            )
        case 1142, 1143, 1227, 1370:
            self.init(.denied, message, hint: "grant the user SELECT on it, or use another user")
        case 1049: self.init(.noInput, message, hint: "correct the name of the database in the URL")
        case 1046:
            self.init(.usage, message, hint: "name the database in the URL: mysql://user@host/database")
        case 1146: self.init(.data, message, hint: "the table was removed; \(again)")
        case 1040, 1203, 1226:
            self.init(.temporary, message, hint: "the server has no connection left; try again later")
        case 1205, 1213, 1412: self.init(.temporary, message, hint: again)
        case 1969, 3024:
            self.init(.temporary, message, hint: "a limit of time of the query itself ended it; \(again)")
        case 1317, 1053, 1927, 4031:
            self.init(.temporary, message, hint: "the query or its session was ended at the server; \(again)")
        case 2006, 2013, 2055:
            self.init(.temporary, "unable to \(action): the connection is lost (\(error.message))", hint: again)
        case 2026:
            self.init(
                .unavailable, message,
                hint: "check the certificate: ssl_ca names the authority, ssl_verify_cert=false skips the check")
        case 2000..<3000:
            self.init(.unavailable, message, hint: "check host, port or socket in the URL, and that the server runs")
        case 0 where error.isTimeout:
            self.init(.unavailable, message, hint: "check host and port in the URL, and that the server runs")
        case 1054, 1052, 1064, 1248, 1060, 1305, 1111, 1140, 1241, 1242, 1690: self.init(.data, message)
        default: self.init(.unusable, message)
        }
    }
}
