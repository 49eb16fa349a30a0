import JSONText

/// The parts of a command line that may be stored.
extension Secrets {
    /// The arguments with `***` for secrets: values of options and headers whose names suggest one (`--api-token T`,
    /// `--api-token=T`, `PASSWORD=…`, `Authorization: …`), members of JSON, secret parts of URLs, and secrets that the program knows.
    /// Of another program's command, after `--`, only the program is kept: the meaning of its arguments is unknown.
    package static func masked(arguments: [String]) -> [String] {
        guard let end = arguments.firstIndex(of: "--") else { return masked(own: arguments) }
        let command = arguments[end...].dropFirst()
        let shown = command.prefix(1).map { isPlainWord($0) ? hidden($0) : "…" } + (command.count > 1 ? ["…"] : [])
        return masked(own: Array(arguments[..<end])) + ["--"] + shown
    }

    private static func isPlainWord(_ text: String) -> Bool { !text.utf8.contains { $0 <= 0x20 } }

    private static func masked(own arguments: [String]) -> [String] {
        var hidesNext = false
        var isCommand = false
        return arguments.map { argument in
            defer { isCommand = argument == "--command" }
            if hidesNext {
                hidesNext = false
                return "***"
            }
            // `name=command with arguments`
            if isCommand || argument.hasPrefix("--command=") {
                let words = argument.unicodeScalars.prefix { $0 != " " }
                return hidden(String(words)) + (words.endIndex < argument.unicodeScalars.endIndex ? " …" : "")
            }
            if let masked = masked(json: argument) { return masked }
            if let separator = argument.unicodeScalars.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                let name = String(argument.unicodeScalars[..<separator])
                // Of a URL the scheme stands there.
                let isURL = argument.unicodeScalars[separator...].starts(with: "://".unicodeScalars)
                if !isURL, isSecret(word: name) {
                    return name + String(argument.unicodeScalars[separator]) + "***"
                }
            } else if argument.hasPrefix("-"), isSecret(word: argument) {
                hidesNext = true
                return argument
            }
            let shown = hidden(argument)
            return hasURL(argument) ? shown : masked(mistaken: shown)
        }
    }

    /// A name, perhaps with the hyphens of an option.
    private static func isSecret(word: String) -> Bool {
        let name = String(word.drop { $0 == "-" })
        // A sentence is not a name.
        guard !name.isEmpty, name.utf8.count < 64, !name.utf8.contains(where: { $0 <= 0x20 }) else { return false }
        // Few names are like one, and only those need the second look.
        return isSecret(name: name) && !plainOptions.contains(name.lowercased().replacing("_", with: "-"))
    }

    /// Options that are named like a secret and are none.
    private static let plainOptions: Set = ["primary-key", "merge-key", "run-key", "boundary-key"]

    /// JSON with secrets in it, without them; nil for other text.
    private static func masked(json text: String) -> String? {
        guard text.utf8.first == UInt8(ascii: "{") || text.utf8.first == UInt8(ascii: "["), text.utf8.count < 64 << 10,
            let value = try? JSONValue(parsing: text)
        else { return nil }
        return hidden(masked(value).serialized())
    }

    private static func masked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items): return .array(items.map { masked($0) })
        case .object(let object):
            var shown = JSONObject()
            for (key, value) in object.members { shown[key] = isSecret(word: key) ? "***" : masked(value) }
            return .object(shown)
        default: return value
        }
    }
}
