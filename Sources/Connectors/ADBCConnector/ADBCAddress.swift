import DatasetReaders
import Encodings
import Failures
import Secrets
import SystemIO
import TableSources

/// The meaning of a URL: which driver, and what it gets.
///
/// `adbc+NAME://REST` becomes the driver's option `uri`: `NAME://REST` for most drivers, REST alone where it is a URL itself
/// (`adbc+flightsql:grpc+tls://host:31337`).
struct ADBCAddress {
    let name: String
    let product: ADBCProduct
    /// Of the driver's database.
    private(set) var options: [(key: String, value: String)] = []
    /// Of a file or server, if the URL shows it.
    private(set) var databaseName = ""

    init(_ place: TablePlace) throws(TableError) {
        guard let name = place.driver, !name.isEmpty,
            name.utf8.allSatisfy({ $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "+") })
        else {
            throw TableError(
                .usage, "unable to use \(place.shown) as a source: it does not name a driver",
                hint: "write adbc+NAME:…, such as adbc+snowflake://user@account/database")
        }
        self.name = name
        product = ADBCProduct(name)
        try takePlace(place)
        for (name, value) in place.settings.sorted(by: { $0.key < $1.key }) where name.hasPrefix("driver-option:") {
            let key = String(name.dropFirst("driver-option:".count))
            options.removeAll { $0.key == key }
            options.append((key, try Self.setting(key, value)))
        }
    }

    private mutating func takePlace(_ place: TablePlace) throws(TableError) {
        let rest = place.rest
        switch product {
        case .sqlite, .duckdb:
            // As elsewhere: sqlite:///file.db is a file of this folder, sqlite:////file.db one of the root.
            let path = String(
                decoding: PercentEncoding.decoded((rest.first == "/" ? rest.dropFirst() : rest[...]).utf8),
                as: UTF8.self)
            guard !path.isEmpty else {
                throw TableError(
                    .usage, "unable to use \(place.shown) as a source: it does not name a file",
                    hint: "write adbc+\(name):///file, or adbc+\(name):////folder/file")
            }
            guard Files.exists(path) else {
                throw TableError(
                    .noInput, "unable to read \(place.shown): there is no file \(path)", hint: "check the URL")
            }
            databaseName = Paths.lastComponent(Paths.withoutExtension(path))
            if product == .duckdb {
                options = [("path", path), ("access_mode", "READ_ONLY")]
            } else {
                let escaped = PercentEncoding.encoded(path) {
                    PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: "/")
                }
                options = [("uri", "file:\(escaped)?mode=ro")]
            }
        case .postgresql:
            var uri = "postgresql://\(rest)"
            if let password = place.password, !rest.prefix(while: { $0 != "@" }).contains(":") || !rest.contains("@") {
                uri += (rest.contains("?") ? "&" : "?") + "password=" + PercentEncoding.encoded(password)
            }
            keepPassword(of: rest)
            options = [("uri", uri)]
            databaseName = Self.lastPart(rest)
        case .other:
            keepPassword(of: rest)
            databaseName = Self.lastPart(rest)
            guard !rest.isEmpty else { break }
            let isWhole = rest.contains("://") || name == "snowflake"
            options = [("uri", isWhole ? rest : "\(name)://\(rest)")]
            if let password = place.password { options.append(("password", password)) }
        }
        if let password = place.password { Secrets.keep(password) }
    }

    /// Drivers quote what they were given.
    private func keepPassword(of rest: String) {
        let authority = rest.split(separator: "://", maxSplits: 1).last ?? ""
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { return }
        let password = authority[authority.index(after: colon)..<at]
        Secrets.keep(String(password))
        Secrets.keep(String(decoding: PercentEncoding.decoded(password.utf8), as: UTF8.self))
    }

    /// The path's last part.
    private static func lastPart(_ rest: String) -> String {
        let path = (rest.split(separator: "://", maxSplits: 1).last ?? "").prefix { $0 != "?" }
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[path.index(after: slash)...])
    }

    /// `env:NAME` is the value of a variable, so that a secret need not be among a program's arguments.
    private static func setting(_ key: String, _ value: String) throws(TableError) -> String {
        guard value.hasPrefix("env:") else { return value }
        let variable = String(value.dropFirst(4))
        guard let found = Environment.get(variable) else {
            throw TableError(
                .configuration, "unable to set \(key): there is no variable \(variable)",
                hint: "export it before the run")
        }
        Secrets.keep(found)
        return found
    }
}

/// Databases whose ways differ.
enum ADBCProduct: Sendable, Equatable {
    case postgresql, sqlite, duckdb
    case other(quote: Character)

    init(_ name: String) {
        self =
            switch name {
            case "postgresql", "postgres": .postgresql
            case "sqlite": .sqlite
            case "duckdb": .duckdb
            case "bigquery", "databricks", "mysql", "mariadb", "spark", "clickhouse": .other(quote: "`")
            default: .other(quote: "\"")
            }
    }

    var quote: Character { if case .other(let quote) = self { quote } else { "\"" } }

    /// How its SQL is taken apart.
    var rules: SQLScanner.Rules {
        switch self {
        case .postgresql, .duckdb: .postgresql
        case .sqlite: .sqlite
        case .other(let quote): quote == "`" ? .mysql : .duckdb
        }
    }

    /// Whether the driver begins a transaction when it is asked not to commit by itself, in which all that is read is of one moment.
    var hasSnapshots: Bool {
        switch self {
        case .postgresql, .sqlite, .duckdb: true
        case .other: false
        }
    }

    /// The function that describes the driver, if it has an unusual name.
    var entry: String? { self == .duckdb ? "duckdb_adbc_init" : nil }
}
