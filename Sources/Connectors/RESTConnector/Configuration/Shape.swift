import Documents
import ProgramSupport

/// The form of a configuration value. One description serves the check of a file and the JSON Schema for editors.
indirect enum Shape: Sendable {
    case anything
    case text
    case integer
    case number
    case flag
    /// A string, a number or a boolean.
    case scalar
    case null
    case choice([String])
    case list(Shape)
    /// A mapping whose keys the user chooses.
    case map(Shape)
    case object(ObjectShape)
    /// The first alternative that accepts a value of that kind.
    case either([Shape])
    /// A mapping whose `type` selects one of several shapes.
    case tagged(TaggedShape)
}

struct ObjectShape: Sendable {
    struct Field: Sendable {
        let key: String
        let shape: Shape
        let isRequired: Bool
        let help: String

        init(_ key: String, _ shape: Shape, required: Bool = false, _ help: String) {
            self.key = key
            self.shape = shape
            isRequired = required
            self.help = help
        }
    }

    /// In words, such as "an endpoint".
    let name: String
    let fields: [Field]

    init(_ name: String, _ fields: [Field]) {
        self.name = name
        self.fields = fields
    }
}

struct TaggedShape: Sendable {
    /// In words, such as "a paginator".
    let name: String
    let key: String
    /// The shape of a mapping without the key; nil when the key is required.
    let usual: String?
    let cases: [(tag: String, shape: ObjectShape)]
    /// Old spellings of tags.
    var aliases: [String: String] = [:]

    func shape(of tag: String) -> ObjectShape? {
        let tag = aliases[tag] ?? tag
        return cases.first { $0.tag == tag }?.shape
    }
}

/// An error in a configuration, and its place.
struct ConfigurationProblem: Error, Sendable, Equatable {
    /// Such as `resources[1].endpoint.params`; empty for the top.
    let path: String
    let line: Int
    let reason: String
    let hint: String?
    /// The value is not of the expected kind, so its contents mean nothing.
    let isAboutForm: Bool

    init(_ path: String, line: Int, _ reason: String, hint: String? = nil, isAboutForm: Bool = false) {
        self.path = path
        self.line = line
        self.reason = reason
        self.hint = hint
        self.isAboutForm = isAboutForm
    }
}

extension ConfigurationProblem {
    /// Whether another error follows from this one: it concerns the same place, or one within a value of the wrong
    /// kind.
    func covers(_ other: ConfigurationProblem) -> Bool {
        if path == other.path { return true }
        if other.path.hasPrefix(path + ".") || other.path.hasPrefix(path + "[") { return isAboutForm }
        // A wrong default is wrong in each resource.
        return line == other.line && line > 0 && path.hasPrefix("resource_defaults")
            && path.split(separator: ".").last == other.path.split(separator: ".").last
    }
}

/// The current place of a check in a document.
struct DocumentPath: Sendable {
    let text: String

    static let root = DocumentPath(text: "")

    func key(_ key: String) -> DocumentPath { DocumentPath(text: text.isEmpty ? key : "\(text).\(key)") }
    func item(_ index: Int) -> DocumentPath { DocumentPath(text: "\(text)[\(index)]") }
}

extension Shape {
    /// Adds every mismatch of a value to `problems`.
    func check(_ value: LocatedValue, at path: DocumentPath, _ problems: inout [ConfigurationProblem]) {
        func mismatch() {
            problems.append(
                ConfigurationProblem(
                    path.text, line: value.line, "expected \(words), found \(value.kind)", isAboutForm: true))
        }
        switch self {
        case .anything: return
        case .text: if value.string == nil { mismatch() }
        case .integer:
            // The value of a variable is a string.
            if value.int == nil && value.string.flatMap({ Int($0) }) == nil { mismatch() }
        case .number:
            switch value.content {
            case .number: return
            case .string(let text) where Double(text) != nil: return
            default: mismatch()
            }
        case .flag: if value.bool == nil && value.string.flatMap({ Bool($0) }) == nil { mismatch() }
        case .scalar: if !isScalar(value) { mismatch() }
        case .null: if !value.isNull { mismatch() }
        case .choice(let words):
            guard let text = value.string else { return mismatch() }
            if !words.contains(text) {
                problems.append(
                    ConfigurationProblem(
                        path.text, line: value.line, "`\(text)` is not one of \(words.joined(separator: ", "))",
                        hint: suggestion(for: text, among: words)))
            }
        case .list(let element):
            guard let items = value.items else { return mismatch() }
            for (index, item) in items.enumerated() { element.check(item, at: path.item(index), &problems) }
        case .map(let element):
            guard let members = value.members else { return mismatch() }
            for member in members { element.check(member.value, at: path.key(member.key), &problems) }
        case .object(let object): object.check(value, at: path, &problems, also: [])
        case .either(let shapes):
            guard let shape = shapes.first(where: { $0.takes(value) }) else { return mismatch() }
            shape.check(value, at: path, &problems)
        case .tagged(let tagged): tagged.check(value, at: path, &problems)
        }
    }

    private func isScalar(_ value: LocatedValue) -> Bool {
        switch value.content {
        case .string, .number, .bool: true
        default: false
        }
    }

    /// Whether a value is of the shape's kind, whatever its contents.
    private func takes(_ value: LocatedValue) -> Bool {
        switch self {
        case .anything: return true
        case .object, .tagged, .map: return value.members != nil
        case .list: return value.items != nil
        case .choice: return value.string != nil
        case .either(let shapes): return shapes.contains { $0.takes(value) }
        case .text, .integer, .number, .flag, .scalar, .null:
            var problems: [ConfigurationProblem] = []
            check(value, at: .root, &problems)
            return problems.isEmpty
        }
    }

    /// In words, for messages.
    var words: String {
        switch self {
        case .anything: "anything"
        case .text: "a text"
        case .integer: "a whole number"
        case .number: "a number"
        case .flag: "true or false"
        case .scalar: "a string, a number, true or false"
        case .null: "null"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .list(let element): "a list (each \(element.words))"
        case .map: "a mapping"
        case .object(let object): object.name
        case .either(let shapes): shapes.map(\.words).joined(separator: ", or ")
        case .tagged(let tagged): tagged.name
        }
    }
}

extension ObjectShape {
    func check(
        _ value: LocatedValue, at path: DocumentPath, _ problems: inout [ConfigurationProblem], also allowed: [String]
    ) {
        guard let members = value.members else {
            problems.append(
                ConfigurationProblem(
                    path.text, line: value.line, "expected \(name), found \(value.kind)", isAboutForm: true))
            return
        }
        for member in members where !allowed.contains(member.key) {
            guard let field = fields.first(where: { $0.key == member.key }) else {
                let known = fields.map(\.key)
                problems.append(
                    ConfigurationProblem(
                        path.key(member.key).text, line: member.line, "`\(member.key)` is not a key of \(name)",
                        hint: suggestion(for: member.key, among: known)
                            ?? "its keys are \(known.joined(separator: ", "))"))
                continue
            }
            // As in dlt, null means the same as an absent value.
            if member.value.isNull && !field.isRequired { continue }
            field.shape.check(member.value, at: path.key(member.key), &problems)
        }
        for field in fields where field.isRequired && !members.contains(where: { $0.key == field.key }) {
            problems.append(
                ConfigurationProblem(
                    path.text, line: value.line, "\(name) needs the key `\(field.key)`: \(field.help)"))
        }
    }
}

extension TaggedShape {
    func check(_ value: LocatedValue, at path: DocumentPath, _ problems: inout [ConfigurationProblem]) {
        let names = cases.map(\.tag)
        guard value.members != nil else {
            problems.append(
                ConfigurationProblem(
                    path.text, line: value.line, "expected \(name), found \(value.kind)", isAboutForm: true))
            return
        }
        guard let tag = value[key]?.string ?? usual else {
            problems.append(
                ConfigurationProblem(
                    path.text, line: value.line,
                    "\(name) needs the key `\(key)`: one of \(names.joined(separator: ", "))"
                ))
            return
        }
        guard let shape = shape(of: tag) else {
            problems.append(
                ConfigurationProblem(
                    path.key(key).text, line: value[key]?.line ?? value.line,
                    "`\(tag)` is not a type of \(name); there are \(names.joined(separator: ", "))",
                    hint: suggestion(for: tag, among: names)))
            return
        }
        shape.check(value, at: path, &problems, also: [key])
    }
}

/// "did you mean `paginator`?", when one of the words is near.
private func suggestion(for word: String, among words: [String]) -> String? {
    NearestWord.of(word, among: words).map { "did you mean `\($0)`?" }
}
