package import Failures
package import JSONText

/// A value of a configuration file with its line, whatever the format of the file.
package struct LocatedValue: Sendable {
    package enum Content: Sendable {
        case null
        case bool(Bool)
        /// As JSON writes the number.
        case number(String)
        case string(String)
        case array([LocatedValue])
        case object([Member])
    }

    package struct Member: Sendable {
        package let key: String
        /// Line of the key, from 1.
        package let line: Int
        package var value: LocatedValue

        package init(key: String, line: Int, value: LocatedValue) {
            self.key = key
            self.line = line
            self.value = value
        }
    }

    package var content: Content
    /// From 1.
    package let line: Int

    package init(_ content: Content, line: Int) {
        self.content = content
        self.line = line
    }

    /// The value of a key; nil when it is absent.
    package subscript(key: String) -> LocatedValue? {
        guard case .object(let members) = content else { return nil }
        return members.last { $0.key == key }?.value
    }

    package var members: [Member]? { if case .object(let members) = content { members } else { nil } }
    package var items: [LocatedValue]? { if case .array(let items) = content { items } else { nil } }
    package var string: String? { if case .string(let text) = content { text } else { nil } }
    package var bool: Bool? { if case .bool(let flag) = content { flag } else { nil } }
    package var int: Int? { if case .number(let digits) = content { Int(digits) } else { nil } }
    package var isNull: Bool { if case .null = content { true } else { false } }

    package var json: JSONValue {
        switch content {
        case .null: return .null
        case .bool(let flag): return .bool(flag)
        case .number(let digits): return .number(digits)
        case .string(let text): return .string(text)
        case .array(let items): return .array(items.map(\.json))
        case .object(let members):
            var object = JSONObject()
            for member in members { object[member.key] = member.value.json }
            return .object(object)
        }
    }

    /// The kind in words, for messages: "a text", "a list".
    package var kind: String {
        switch content {
        case .null: "nothing"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}

/// Why a text is not a document of its format, and where; or why it cannot be read at all.
package struct DocumentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `data`, except when the text is not at fault.
    package let kind: FailureKind
    package let reason: String
    package let line: Int?
    package let column: Int?
    package let hint: String?

    package init(_ reason: String, line: Int?, column: Int? = nil) {
        kind = .data
        self.reason = reason
        self.line = line
        self.column = column
        hint = nil
    }

    init(_ kind: FailureKind, _ reason: String, hint: String) {
        self.kind = kind
        self.reason = reason
        (line, column) = (nil, nil)
        self.hint = hint
    }

    package var description: String { line.map { "line \($0): \(reason)" } ?? reason }
}

package enum DocumentFormat: Sendable {
    case json, yaml, toml

    /// By the extension of a file's name; YAML for an unknown extension, since JSON is nearly always YAML.
    package init(fileExtension: String) {
        switch fileExtension.lowercased() {
        case "json": self = .json
        case "toml": self = .toml
        default: self = .yaml
        }
    }

    package func read(_ bytes: [UInt8]) throws(DocumentError) -> LocatedValue {
        switch self {
        case .json: try JSONDocument.read(bytes)
        case .yaml: try YAMLDocument.read(bytes)
        case .toml: try TOMLDocument.read(bytes)
        }
    }
}
