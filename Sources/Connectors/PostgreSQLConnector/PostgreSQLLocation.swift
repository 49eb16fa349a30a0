import Destinations
import Encodings
import Failures
import PostgreSQL
import SystemIO

/// What a URL, the environment and a dataset stand for: how to connect, and where that leads.
///
/// URLs are libpq's, with SQLAlchemy's `postgresql+driver://` for what people have written for dlt. Passwords come from the URL,
/// `PGPASSWORD`, a password file or a service file, as with psql.
struct PostgreSQLLocation {
    /// For libpq, in its order.
    let parameters: [(name: String, value: String)]
    /// Without user and password.
    let url: String
    /// For messages.
    let shown: String
    /// The schema.
    let dataset: String

    init(_ target: DestinationTarget) throws(DestinationError) {
        shown = target.url.masked
        dataset = try DatasetName.schema(target.dataset, pipeline: target.pipeline, maxLength: 63)
        let rest = target.url.rest
        try PostgreSQLLocation.check(rest)
        guard ConnectionOptions.absence == nil else {
            // A look at the SQL needs no library; who connects is told then.
            url = shown
            parameters = []
            return
        }
        let options: [String: String]
        do { options = try ConnectionOptions.parse("postgresql://" + rest) } catch {
            // The library's own words repeat pieces of the URL, and a password may be among them.
            let unknown = error.message.hasPrefix("invalid URI query parameter") ? ": \(error.message)" : ""
            throw DestinationError(
                .usage, "unable to use \(shown) as a destination: it is malformed\(unknown)",
                hint:
                    "write postgresql://user@host:5432/database; in user and password, write %40 for @, %2F for /, %25 for %"
            )
        }
        guard (options["port"] ?? "").allSatisfy({ $0.isNumber || $0 == "," }) else {
            throw PostgreSQLLocation.misread
        }
        url = PostgreSQLLocation.url(options)
        var parameters = [("fallback_application_name", "dlt-load")]
        // So that a server that is gone is noticed in minutes instead of hours. (Not tcp_user_timeout: it also ends connections
        // to a server that is only slow to take what is sent.)
        parameters += [("keepalives_idle", "60"), ("keepalives_interval", "15")]
        parameters += [("dbname", "postgresql://" + rest), ("client_encoding", "UTF8")]
        self.parameters = parameters.map { (name: $0.0, value: $0.1) }
    }

    /// Refuses what libpq would read in another way than it was meant, and then tell pieces of a password as a host or port.
    private static func check(_ rest: String) throws(DestinationError) {
        let plain = rest.prefix { $0 != "?" && $0 != "#" }
        let path = plain.drop { $0 != "/" }
        if plain.utf8.filter({ $0 == UInt8(ascii: "@") }).count > 1 || path.contains("@") { throw misread }
    }

    private static let misread = DestinationError(
        .usage,
        "unable to use this postgresql:// URL as a destination: what separates user, password, host and port is not clear",
        hint:
            "in user and password, write %40 for @, %2F for /, %3A for :, %3F for ?, %25 for %; or leave the password out and "
            + "set PGPASSWORD")

    /// The same text for all spellings of one place: what is not said is taken from where libpq takes it.
    private static func url(_ named: [String: String]) -> String {
        let options = ConnectionOptions.defaults().merging(named) { $1 }
        // A service's own options are known only after connecting.
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
