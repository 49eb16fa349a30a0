import JSONText
import ProgramSupport

/// One place in a JSON document: `sources.github.resources.issues`, `$.sources['a.b'].pages[0]`.
struct StatePath: Equatable, CustomStringConvertible {
    typealias Step = JSONPath.Step

    let steps: [Step]
    let description: String

    init(_ text: String) throws(ProgramError) {
        description = text
        do throws(JSONPath.Malformed) { steps = try JSONPath(text).steps } catch {
            throw StatePath.malformed(text, error.reason)
        }
        if steps.contains(where: { if case .index(let index) = $0 { index < 0 } else { false } }) {
            throw StatePath.malformed(text, "positions are counted from the beginning")
        }
        if steps.contains(.all) { throw StatePath.malformed(text, "it names several places") }
        if steps.isEmpty && text != "$" { throw StatePath.malformed(text, "a name is missing") }
    }

    private static func malformed(_ text: String, _ reason: String) -> ProgramError {
        ProgramError(
            .usage, "unable to read the path '\(text)': \(reason)",
            hint: "a path looks like sources.github.resources.issues or sources['my.source'].pages[0]")
    }

    func value(in document: JSONValue) -> JSONValue? {
        var value = document
        for step in steps {
            guard let next = value[step] else { return nil }
            value = next
        }
        return value
    }

    /// Sets the value at the place, creating the objects on the way.
    func set(_ value: JSONValue, in document: inout JSONValue) throws(ProgramError) {
        try set(value, in: &document, steps[...])
    }

    private func set(
        _ value: JSONValue, in document: inout JSONValue, _ steps: ArraySlice<Step>
    ) throws(ProgramError) {
        guard let step = steps.first else {
            document = value
            return
        }
        switch (document, step) {
        case (.array(var items), _):
            guard let index = step.index, index <= items.count else {
                throw failure("found a list of \(items.count) where \(step.words) is expected")
            }
            var item = index < items.count ? items[index] : .object([:])
            try set(value, in: &item, steps.dropFirst())
            if index < items.count { items[index] = item } else { items.append(item) }
            document = .array(items)
        case (.object(var object), .key):
            let key = step.key ?? ""
            var member = object[key] ?? .object([:])
            try set(value, in: &member, steps.dropFirst())
            object[key] = member
            document = .object(object)
        default:
            throw failure("found \(document.serialized()) where \(step.words) is expected")
        }
    }

    private func failure(_ reason: String) -> ProgramError {
        ProgramError(.data, "unable to set \(description): \(reason)", hint: "see what is there with `dlt-state get`")
    }
}

extension JSONPath.Step {
    /// The name in an object.
    fileprivate var key: String? {
        if case .key(let name) = self { String(decoding: name, as: UTF8.self) } else { nil }
    }

    /// The place in a list, also when it was written as `a.0`.
    fileprivate var index: Int? {
        switch self {
        case .index(let index): index
        case .key(let name): name.allSatisfy { $0 &- 0x30 <= 9 } ? key.flatMap { Int($0) } : nil
        case .all: nil
        }
    }

    fileprivate var words: String { key.map { "'\($0)'" } ?? index.map { "[\($0)]" } ?? "[*]" }
}

extension JSONValue {
    fileprivate subscript(step: JSONPath.Step) -> JSONValue? {
        switch self {
        case .object(let object): return step.key.flatMap { object[$0] }
        case .array(let items):
            guard let index = step.index, items.indices.contains(index) else { return nil }
            return items[index]
        default: return nil
        }
    }
}
