import Encodings
import Failures
import MariaDB
import SystemIO
import TableSources

/// The meaning of a URL: `mysql://user:password@host:port/database?unix_socket=/path`, as SQLAlchemy's users write it.
///
/// What it leaves out comes from the option files of MariaDB's own programs (`~/.my.cnf`), a password from `MYSQL_PWD` as well.
struct MariaDBAddress {
    var settings = Connection.Settings()
    /// Empty if only the option files know it.
    var database: String { settings.database ?? "" }

    init(_ place: TablePlace) throws(TableError) {
        let parts = place.rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let main = parts[0]
        let slash = main.firstIndex(of: "/")
        let authority = slash.map { main[..<$0] } ?? main
        let path = slash.map { main[main.index(after: $0)...] } ?? ""
        guard authority.utf8.count(where: { $0 == UInt8(ascii: "@") }) <= 1, !path.contains("@") else {
            throw Self.misread(place)
        }
        let at = authority.lastIndex(of: "@")
        if let at { try take(user: authority[..<at], place) }
        try take(host: at.map { authority[authority.index(after: $0)...] } ?? authority, place)
        guard !path.contains("/") else {
            throw TableError(
                .usage, "unable to use \(place.shown) as a source: a database's name has no slash",
                hint: "write mysql://user@host:3306/database")
        }
        if !path.isEmpty { settings.database = try Self.decoded(path, place) }
        if parts.count > 1 { try take(options: parts[1], place) }
        if settings.password == nil { settings.password = place.password ?? Environment.get("MYSQL_PWD") }
    }

    private mutating func take(user text: Substring, _ place: TablePlace) throws(TableError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if !parts[0].isEmpty { settings.user = try Self.decoded(parts[0], place) }
        if parts.count > 1 { settings.password = try Self.decoded(parts[1], place) }
    }

    private mutating func take(host text: Substring, _ place: TablePlace) throws(TableError) {
        var host = text
        var port: Substring?
        if text.first == "[", let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw Self.misread(place) }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            (host, port) = (text[..<colon], text[text.index(after: colon)...])
        }
        if !host.isEmpty { settings.host = try Self.decoded(host, place) }
        guard let port else { return }
        guard let number = UInt32(port), (1...65_535).contains(number) else { throw Self.misread(place) }
        settings.port = number
    }

    private mutating func take(options text: Substring, _ place: TablePlace) throws(TableError) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = try parts.count > 1 ? Self.decoded(parts[1], place) : ""
            switch String(parts[0]) {
            case "unix_socket", "socket": settings.socket = value
            case "ssl_ca": settings.authority = value
            case "ssl_cert": settings.certificate = value
            case "ssl_key": settings.key = value
            case "ssl_verify_cert": settings.verifiesServer = try Self.flag(value, parts[0], place)
            case "ssl": settings.needsTLS = try Self.flag(value, parts[0], place)
            case "connect_timeout":
                guard let seconds = Double(value), seconds > 0 else { throw Self.unknown(parts[0], place) }
                settings.timeout = seconds
            // The session's character set is always utf8mb4, which all others have a place in.
            case "charset": break
            default: throw Self.unknown(parts[0], place)
            }
        }
    }

    private static func flag(_ text: String, _ name: Substring, _ place: TablePlace) throws(TableError) -> Bool {
        switch text.lowercased() {
        case "true", "1", "yes": return true
        case "false", "0", "no": return false
        default: throw unknown(name, place)
        }
    }

    private static func unknown(_ name: Substring, _ place: TablePlace) -> TableError {
        TableError(
            .usage, "unable to use \(place.shown) as a source: its option \(name) is not understood",
            hint: "there are unix_socket, ssl, ssl_ca, ssl_cert, ssl_key, ssl_verify_cert and connect_timeout")
    }

    private static func decoded(_ text: Substring, _ place: TablePlace) throws(TableError) -> String {
        guard let decoded = PercentEncoding.decodedStrictly(text.utf8) else { throw misread(place) }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func misread(_ place: TablePlace) -> TableError {
        TableError(
            .usage,
            "unable to use this \(place.scheme):// URL as a source: its user, password, host and port cannot be distinguished",
            hint:
                "in user and password, write %40 for @, %2F for /, %3A for :, %3F for ?, %25 for %; or leave the password out "
                + "and set MYSQL_PWD")
    }
}
