import JSONText
import ProgramSupport

/// A place in a JSON document: `sources.github.resources.issues`, `$.sources['a.b'].pages[0]`.
struct StatePath: Equatable, CustomStringConvertible {
    enum Step: Equatable {
        case key(String)
        case index(Int)
    }

    let steps: [Step]
    let description: String

    init(_ text: String) throws(ProgramError) {
        description = text
        var parser = Parser(text)
        steps = try parser.steps()
    }

    func value(in document: JSONValue) -> JSONValue? {
        var value = document
        for step in steps {
            guard let next = value[step] else { return nil }
            value = next
        }
        return value
    }

    /// Puts a value at the place, making the objects that lead to it.
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
                throw failure("there is a list of \(items.count) where \(step) is asked for")
            }
            var item = index < items.count ? items[index] : .object([:])
            try set(value, in: &item, steps.dropFirst())
            if index < items.count { items[index] = item } else { items.append(item) }
            document = .array(items)
        case (.object(var object), .key(let key)):
            var member = object[key] ?? .object([:])
            try set(value, in: &member, steps.dropFirst())
            object[key] = member
            document = .object(object)
        default:
            throw failure("there is \(document.serialized()) where \(step) is asked for")
        }
    }

    private func failure(_ reason: String) -> ProgramError {
        ProgramError(.data, "unable to set \(description): \(reason)", hint: "see what is there with `dlt-state get`")
    }
}

extension StatePath.Step: CustomStringConvertible {
    /// The place in a list, also when it was written as `a.0`.
    var index: Int? {
        switch self {
        case .index(let index): index
        case .key(let key): key.utf8.allSatisfy { $0 &- 0x30 <= 9 } ? Int(key) : nil
        }
    }

    var description: String {
        switch self {
        case .index(let index): "[\(index)]"
        case .key(let key): "'\(key)'"
        }
    }
}

extension JSONValue {
    fileprivate subscript(step: StatePath.Step) -> JSONValue? {
        switch (self, step) {
        case (.object(let object), .key(let key)): return object[key]
        case (.array(let items), _):
            guard let index = step.index, items.indices.contains(index) else { return nil }
            return items[index]
        default: return nil
        }
    }
}

extension StatePath {
    /// The part of JSONPath that names one place.
    private struct Parser {
        private let text: String
        private var rest: Substring

        init(_ text: String) {
            self.text = text
            rest = text[...]
        }

        mutating func steps() throws(ProgramError) -> [Step] {
            var steps: [Step] = []
            if rest.first == "$" {
                rest = rest.dropFirst()
                if rest.isEmpty { return [] }
                if rest.first != "[", rest.first != "." { throw failure("$ is followed by neither . nor [") }
            } else if rest.first != "[" {
                steps.append(try name())
            }
            while let character = rest.first {
                rest = rest.dropFirst()
                switch character {
                case ".": steps.append(try name())
                case "[": steps.append(try bracket())
                default: throw failure("] is followed by neither . nor [")
                }
            }
            return steps
        }

        private mutating func name() throws(ProgramError) -> Step {
            let name = rest.prefix { $0 != "." && $0 != "[" }
            if name.isEmpty { throw failure("a name is missing") }
            rest = rest[name.endIndex...]
            return .key(String(name))
        }

        private mutating func bracket() throws(ProgramError) -> Step {
            guard let quote = rest.first, quote == "'" || quote == "\"" else {
                let digits = rest.prefix { $0 != "]" }
                guard let index = Int(digits), index >= 0, digits.endIndex < rest.endIndex else {
                    throw failure("[ is followed by neither a number nor a quoted name and ]")
                }
                rest = rest[digits.endIndex...].dropFirst()
                return .index(index)
            }
            rest = rest.dropFirst()
            var key = ""
            while let character = rest.first {
                rest = rest.dropFirst()
                if character == quote {
                    guard rest.first == "]" else { throw failure("] is missing behind a quoted name") }
                    rest = rest.dropFirst()
                    return .key(key)
                }
                if character == "\\", let escaped = rest.first {
                    key.append(escaped)
                    rest = rest.dropFirst()
                } else {
                    key.append(character)
                }
            }
            throw failure("a quoted name has no end")
        }

        private func failure(_ reason: String) -> ProgramError {
            ProgramError(
                .usage, "unable to read the path '\(text)': \(reason)",
                hint: "a path looks like sources.github.resources.issues or sources['my.source'].pages[0]")
        }
    }
}
