import Documents
import ProgramSupport
import Secrets
import SystemIO

/// Values that a configuration names instead of holding: from the environment, dlt's TOML files, and mounted secrets.
final class ConfigurationVariables {
    /// A value that must not be shown or stored.
    struct Secret: Equatable {
        let name: String
        let value: String
    }

    private(set) var used: [Secret] = []
    private let environment: (String) -> String?
    private lazy var files: [(path: String, document: LocatedValue)] = []
    private var filesAreRead = false
    private let folders: [String]

    /// - Parameter folders: where `secrets.toml` and `config.toml` are looked for, the first being the strongest.
    init(environment: @escaping (String) -> String? = { Environment.get($0) }, folders: [String]? = nil) {
        self.environment = environment
        self.folders = folders ?? Self.usualFolders(environment)
    }

    /// As dlt: `.dlt` of the project, then its data folder.
    private static func usualFolders(_ environment: (String) -> String?) -> [String] {
        let project = environment("DLT_PROJECT_DIR").map { $0.isEmpty ? "." : $0 } ?? "."
        let folder = environment("DLT_CONFIG_FOLDER").map { $0.isEmpty ? ".dlt" : $0 } ?? ".dlt"
        return [Paths.join(project, folder), DataDirectory.resolve(flag: nil)]
    }

    /// The value under a name such as `GITHUB_TOKEN`, `SOURCES__GITHUB__TOKEN` or `sources.github.token`.
    func value(of name: String) throws -> String? {
        let keys = name.contains(".") ? name.split(separator: ".").map(String.init) : Self.sections(of: name)
        for spelling in Set([name, keys.joined(separator: "__").uppercased()]).sorted() {
            if let value = environment(spelling), !value.isEmpty { return note(name, value) }
        }
        let path = keys.map { $0.lowercased() }
        for file in try allFiles() {
            // What stands in config.toml instead of secrets.toml is no secret, as in dlt.
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
        let mounted = "/run/secrets/" + path.joined(separator: "-").replacing("_", with: "-")
        if Files.exists(mounted) {
            let text = String(decoding: try Files.readAll(mounted), as: UTF8.self)
            return note(name, String(text.reversed().drop { $0.isNewline }.reversed()))
        }
        return nil
    }

    /// The first of several names that has a value.
    func value(ofAny names: [String]) throws -> String? {
        for name in names { if let value = try value(of: name) { return value } }
        return nil
    }

    /// Parts of a name between double underscores.
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

    private func allFiles() throws -> [(path: String, document: LocatedValue)] {
        if filesAreRead { return files }
        filesAreRead = true
        for name in ["secrets.toml", "config.toml"] {
            for path in folders.map({ Paths.join($0, name) }) where Files.exists(path) {
                do throws(DocumentError) {
                    files.append((path, try DocumentFormat.toml.read(try Self.bytes(path))))
                } catch {
                    throw ProgramError(
                        .configuration, "unable to read \(path)\(error.line.map { ":\($0)" } ?? ""): \(error.reason)")
                }
            }
        }
        return files
    }

    private static func bytes(_ path: String) throws(DocumentError) -> [UInt8] {
        do throws(SystemError) { return try Files.readAll(path) } catch {
            throw DocumentError(error.reason, line: nil)
        }
    }

    /// Where values are looked for, in words.
    var places: String { "the environment, and secrets.toml and config.toml in \(folders.joined(separator: " and "))" }

    // MARK: Filling in

    /// The document with every `${NAME}` replaced. `${NAME:-text}` has a value for the case that there is none; `$${` is `${`.
    func filled(_ value: LocatedValue, at path: DocumentPath, _ problems: inout [ConfigurationProblem]) throws
        -> LocatedValue
    {
        switch value.content {
        case .string(let text) where text.contains("${"):
            return LocatedValue(.string(try filled(text, value.line, path, &problems)), line: value.line)
        case .array(let items):
            var filled: [LocatedValue] = []
            for (index, item) in items.enumerated() {
                filled.append(try self.filled(item, at: path.item(index), &problems))
            }
            return LocatedValue(.array(filled), line: value.line)
        case .object(let members):
            var filled = members
            for index in filled.indices {
                filled[index].value = try self.filled(filled[index].value, at: path.key(filled[index].key), &problems)
            }
            return LocatedValue(.object(filled), line: value.line)
        default: return value
        }
    }

    private func filled(
        _ text: String, _ line: Int, _ path: DocumentPath, _ problems: inout [ConfigurationProblem]
    ) throws -> String {
        var result = ""
        var rest = text[...]
        while let mark = rest.firstRange(of: "${") {
            if rest[..<mark.lowerBound].hasSuffix("$") {
                result += rest[..<mark.lowerBound].dropLast() + "${"
                rest = rest[mark.upperBound...]
                continue
            }
            result += rest[..<mark.lowerBound]
            rest = rest[mark.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                problems.append(
                    ConfigurationProblem(
                        path.text, line: line, "`${` lacks its `}`", hint: "write $${ for the characters themselves"))
                return text
            }
            var name = rest[..<end]
            rest = rest[rest.index(after: end)...]
            var usual: Substring?
            if let separator = name.firstRange(of: ":-") {
                usual = name[separator.upperBound...]
                name = name[..<separator.lowerBound]
            }
            if let value = try value(of: String(name)) ?? usual.map(String.init) {
                result += value
            } else {
                problems.append(
                    ConfigurationProblem(
                        path.text, line: line, "there is no value for ${\(name)}",
                        hint: "set it; it is looked for in \(places)"))
            }
        }
        return result + rest
    }
}
