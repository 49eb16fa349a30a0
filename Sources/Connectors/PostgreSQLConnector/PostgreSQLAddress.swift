import Destinations
import Encodings
import Failures
import PostgreSQL

/// The meaning of the part of a URL that libpq reads: how to connect, and to which database.
///
/// URLs are libpq's, and SQLAlchemy's `postgresql+driver://` since users have written those for dlt. Passwords come
/// from the URL, `PGPASSWORD`, a password file or a service file, as with psql.
struct PostgreSQLAddress {
    /// For libpq, in its order.
    let parameters: [(name: String, value: String)]
    /// Without user and password.
    let url: String
    /// Empty if only the server knows it.
    let database: String

    /// - Parameters:
    ///   - rest: the text after `://`.
    ///   - shown: for messages.
    ///   - role: "a destination".
    ///   - program: what the server's list of sessions shows.
    init(_ rest: String, shown: String, as role: String, program: String) throws(DestinationError) {
        try PostgreSQLAddress.check(rest, role)
        guard ConnectionOptions.absence == nil else {
            // Printing the SQL needs no library; connecting without it is an error.
            url = shown
            database = ""
            parameters = []
            return
        }
        let options: [String: String]
        do { options = try ConnectionOptions.parse("postgresql://" + rest) } catch {
            // The library's message quotes parts of the URL, perhaps a password.
            let unknown = error.message.hasPrefix("invalid URI query parameter") ? ": \(error.message)" : ""
            throw DestinationError(
                .usage, "unable to use \(shown) as \(role): it is malformed\(unknown)",
                hint:
                    "write postgresql://user@host:5432/database; in user and password, write %40 for @, %2F for /, %25 for %"
            )
        }
        guard (options["port"] ?? "").allSatisfy({ $0.isNumber || $0 == "," }) else {
            throw PostgreSQLAddress.misread(role)
        }
        url = PostgreSQLAddress.url(options)
        let all = ConnectionOptions.defaults().merging(options) { $1 }
        database = all["dbname"] ?? all["user"] ?? ""
        var parameters = [("fallback_application_name", program)]
        // So that a lost server is noticed within minutes instead of hours. (Not tcp_user_timeout: it also ends
        // connections to a server that is only slow to read.)
        parameters += [("keepalives_idle", "60"), ("keepalives_interval", "15")]
        parameters += [("dbname", "postgresql://" + rest), ("client_encoding", "UTF8")]
        self.parameters = parameters.map { (name: $0.0, value: $0.1) }
    }

    /// Refuses a URL that libpq would read in another way than it was meant, which could reveal parts of a password as
    /// a host or port.
    private static func check(_ rest: String, _ role: String) throws(DestinationError) {
        let plain = rest.prefix { $0 != "?" && $0 != "#" }
        let path = plain.drop { $0 != "/" }
        if plain.utf8.filter({ $0 == UInt8(ascii: "@") }).count > 1 || path.contains("@") { throw misread(role) }
    }

    private static func misread(_ role: String) -> DestinationError {
        DestinationError(
            .usage,
            "unable to use this postgresql:// URL as \(role): its user, password, host and port cannot be distinguished",
            hint:
                "in user and password, write %40 for @, %2F for /, %3A for :, %3F for ?, %25 for %; or leave the password out and "
                + "set PGPASSWORD")
    }

    /// The same text for all spellings of one place: omitted parts come from the environment, as libpq reads them.
    private static func url(_ named: [String: String]) -> String {
        let options = ConnectionOptions.defaults().merging(named) { $1 }
        // The options of a service are known only after connecting.
        if let service = named["service"] {
            return "postgresql:///\(encoded(named["dbname"] ?? ""))?service=\(encoded(service))"
        }
        let host = options["host"] ?? options["hostaddr"] ?? ""
        let port = options["port"] ?? "5432"
        let database = encoded(options["dbname"] ?? options["user"] ?? "")
        if host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") {
            let place = (host.isEmpty ? [] : ["host=\(encoded(host))"]) + (port == "5432" ? [] : ["port=\(port)"])
            return "postgresql:///\(database)" + (place.isEmpty ? "" : "?" + place.joined(separator: "&"))
        }
        if host.contains(",") { return "postgresql:///\(database)?host=\(encoded(host))&port=\(encoded(port))" }
        let name = host.contains(":") ? "[\(host)]" : host.lowercased()
        return "postgresql://\(name)\(port == "5432" ? "" : ":\(port)")/\(database)"
    }

    private static func encoded(_ text: String) -> String {
        PercentEncoding.encoded(text) { PercentEncoding.isUnreserved($0) || "/,".utf8.contains($0) }
    }
}
