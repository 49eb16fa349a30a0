import JSONText

/// A string with `{…}` where values are inserted. Literal braces are doubled.
struct Template: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        case text(String)
        case value(Expression, keepsSlashes: Bool)
    }

    enum Expression: Sendable, Hashable {
        /// A field of the parent's record.
        case parent(resource: String, path: String)
        case incremental(IncrementalValue)
        /// A parameter of the endpoint, in a path.
        case parameter(String)
    }

    enum IncrementalValue: String, Sendable, CaseIterable {
        case start = "start_value"
        case initial = "initial_value"
        case last = "last_value"
        case end = "end_value"
    }

    struct Malformed: Error {
        let reason: String
        let hint: String?
    }

    let parts: [Part]

    init(_ text: String) throws(Malformed) {
        var parts: [Part] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                rest.removeFirst()
                literal.append(character)
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    throw Malformed(reason: "`{` lacks its `}`", hint: Template.braces)
                }
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                var name = rest[..<end]
                rest = rest[rest.index(after: end)...]
                let keepsSlashes = name.hasPrefix("+")
                if keepsSlashes { name.removeFirst() }
                parts.append(.value(try Template.expression(String(name)), keepsSlashes: keepsSlashes))
            case "}": throw Malformed(reason: "`}` without its `{`", hint: Template.braces)
            default: literal.append(character)
            }
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        self.parts = parts
    }

    private static let braces = "double literal braces: {{ and }}"

    private static func expression(_ text: String) throws(Malformed) -> Expression {
        let words = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        switch words.first {
        case "resources":
            guard words.count == 3, !words[1].isEmpty, !words[2].isEmpty else {
                throw Malformed(
                    reason: "`{\(text)}` is incomplete", hint: "write {resources.<parent>.<field>}")
            }
            do { _ = try JSONPath(words[2]) } catch {
                throw Malformed(reason: "`{\(text)}`: \(error.reason)", hint: nil)
            }
            return .parent(resource: words[1], path: words[2])
        case "incremental":
            guard words.count == 2, let value = IncrementalValue(rawValue: words[1]) else {
                let names = IncrementalValue.allCases.map { "{incremental.\($0.rawValue)}" }
                throw Malformed(reason: "`{\(text)}` is unknown", hint: "known are \(names.joined(separator: ", "))")
            }
            return .incremental(value)
        default:
            guard !text.isEmpty, text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }) else {
                throw Malformed(reason: "`{\(text)}` is not a placeholder", hint: braces)
            }
            return .parameter(text)
        }
    }

    var expressions: [Expression] {
        parts.compactMap { if case .value(let expression, _) = $0 { expression } else { nil } }
    }

    /// The whole text, if it has no placeholders and is not empty.
    var literal: String? {
        if parts.count == 1, case .text(let text) = parts[0] { text } else { nil }
    }

    /// Whether the whole text is one placeholder: its value keeps its type.
    var single: Expression? {
        if parts.count == 1, case .value(let expression, _) = parts[0] { expression } else { nil }
    }
}

extension JSONValue {
    /// As text for a URL, a header or a string.
    var plainText: String {
        switch self {
        case .string(let text): text
        default: serialized()
        }
    }
}
