import Documents
import Failures
import Secrets
import SystemIO

/// Values that users keep outside of commands and documents, found under dlt's names and in dlt's places.
///
/// `DESTINATION__SNOWFLAKE__CREDENTIALS__PASSWORD` is, in this order: a variable of the environment; the key `password` below
/// `[destination.snowflake.credentials]` in `secrets.toml`, then in `config.toml`, each in the project's folder `.dlt` before the data
/// directory; the file `/run/secrets/destination-snowflake-credentials-password`. dlt tries shorter names too
/// (`DESTINATION__CREDENTIALS__PASSWORD`); the caller lists those (`value(ofAny:)`).
///
/// Secrets that are found are registered with `Secrets.keep`. Values of `config.toml` are not secrets, as in dlt.
package final class ConfigurationValues {
    /// A value that must not be shown or stored.
    package struct Secret: Equatable, Sendable {
        package let name: String
        package let value: String
    }

    /// The secrets that were found, each once, in the order of the requests.
    package private(set) var used: [Secret] = []
    private let environment: (String) -> String?
    private let folders: [String]
    private var files: [(path: String, document: LocatedValue)]?

    private let mountPoint: String

    /// - Parameters:
    ///   - folders: the folders of `secrets.toml` and `config.toml`; the first one wins.
    ///   - mountPoint: the folder of secrets that are mounted as files.
    package init(
        environment: @escaping (String) -> String? = { Environment.get($0) }, folders: [String],
        mountPoint: String = "/run/secrets"
    ) {
        self.environment = environment
        self.folders = folders
        self.mountPoint = mountPoint
    }

    /// The process's environment, then the folders that dlt reads: `.dlt` of the project (`DLT_PROJECT_DIR`,
    /// `DLT_CONFIG_FOLDER`), then the data directory.
    package convenience init(dataDirectory: String) {
        func named(_ variable: String, or usual: String) -> String {
            Environment.get(variable).flatMap { $0.isEmpty ? nil : $0 } ?? usual
        }
        let project = Paths.join(named("DLT_PROJECT_DIR", or: "."), named("DLT_CONFIG_FOLDER", or: ".dlt"))
        self.init(folders: [project, dataDirectory])
    }

    /// The value under a name such as `GITHUB_TOKEN`, `SOURCES__GITHUB__TOKEN` or `sources.github.token`; nil when there is none.
    /// Throws when a file cannot be read or is not TOML.
    package func value(of name: String) throws(ConfigurationFailure) -> String? {
        let keys = name.contains(".") ? name.split(separator: ".").map(String.init) : Self.sections(of: name)
        for spelling in Set([name, keys.joined(separator: "__").uppercased()]).sorted() {
            if let value = environment(spelling), !value.isEmpty { return note(name, value) }
        }
        let path = keys.map { $0.lowercased() }
        for file in try allFiles() {
            let isSecret = Paths.lastComponent(file.path) == "secrets.toml"
            var value: LocatedValue? = file.document
            for key in path { value = value?[key] ?? value?.members?.first { $0.key.lowercased() == key }?.value }
            switch value?.content {
            case .string(let text): return isSecret ? note(name, text) : text
            case .number(let digits): return isSecret ? note(name, digits) : digits
            case .bool(let flag): return flag ? "true" : "false"
            default: continue
            }
        }
        return try mounted(path).map { note(name, $0) }
    }

    /// The value of the first of several names that has one.
    package func value(ofAny names: [String]) throws(ConfigurationFailure) -> String? {
        for name in names { if let value = try value(of: name) { return value } }
        return nil
    }

    /// The places that are searched, in words.
    package var places: String {
        "the environment, or secrets.toml or config.toml in \(folders.joined(separator: " or "))"
    }

    /// The parts of a name, separated by double underscores.
    private static func sections(of name: String) -> [String] {
        var sections: [String] = []
        var rest = name[...]
        while let range = rest.firstRange(of: "__") {
            sections.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return sections + [String(rest)]
    }

    private func note(_ name: String, _ value: String) -> String {
        let secret = Secret(name: name, value: value)
        if !used.contains(secret) { used.append(secret) }
        Secrets.keep(value)
        return value
    }

    // MARK: Files

    private func allFiles() throws(ConfigurationFailure) -> [(path: String, document: LocatedValue)] {
        if let files { return files }
        var found: [(path: String, document: LocatedValue)] = []
        for name in ["secrets.toml", "config.toml"] {
            for path in folders.map({ Paths.join($0, name) }) where Files.exists(path) {
                found.append((path, try Self.document(path)))
            }
        }
        files = found
        return found
    }

    private static func document(_ path: String) throws(ConfigurationFailure) -> LocatedValue {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.readAll(path) } catch {
            throw ConfigurationFailure(.configuration, "unable to read \(path): \(error.reason)")
        }
        do throws(DocumentError) { return try DocumentFormat.toml.read(bytes) } catch {
            let line = error.line.map { ":\($0)" } ?? ""
            throw ConfigurationFailure(.configuration, "unable to read \(path)\(line): \(error.reason)")
        }
    }

    /// A secret that was mounted as a file, as in containers.
    private func mounted(_ path: [String]) throws(ConfigurationFailure) -> String? {
        let file = Paths.join(mountPoint, path.joined(separator: "-").replacing("_", with: "-"))
        guard Files.exists(file) else { return nil }
        do throws(SystemError) {
            let text = String(decoding: try Files.readAll(file), as: UTF8.self)
            return String(text.reversed().drop { $0.isNewline }.reversed())
        } catch { throw ConfigurationFailure(error) }
    }
}
