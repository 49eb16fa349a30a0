/// A path into a document: `jobs`, `a.b`, `$.a.b[*]`, `a[*].b`, `a[0]`, `a[-1]`, `'odd name'.b`, `$["odd.name"]`, `['it\'s']`.
///
/// Any other JSONPath syntax is an error, never part of a name: a name that was not meant is not found, and that can
/// look like the end of the data.
package struct JSONPath: Sendable, Equatable {
    package enum Step: Sendable, Equatable {
        case key([UInt8])
        /// A position in a list; a negative one counts from the end, so that -1 is the last.
        case index(Int)
        case all
    }

    package let steps: [Step]
    package let text: String

    /// What is wrong with a path, in words.
    package struct Malformed: Error {
        package let reason: String

        package init(reason: String) { self.reason = reason }
    }

    /// The whole document.
    package static let root = JSONPath(steps: [], text: "$")

    private init(steps: [Step], text: String) {
        self.steps = steps
        self.text = text
    }

    package init(_ text: String) throws(Malformed) {
        var parser = JSONPathParser(text)
        steps = try parser.steps()
        self.text = text
    }

    /// The path to a key in an object, in quotes where the name needs them.
    package static func text(of keys: [String]) -> String {
        var text = ""
        for key in keys {
            if JSONPathParser.isPlain(key) {
                text += text.isEmpty ? key : ".\(key)"
            } else {
                text += "\(text.isEmpty ? "$" : "")[\(quoted(key))]"
            }
        }
        return text.isEmpty ? "$" : text
    }

    /// A name written in quotes.
    package static func quoted(_ name: String) -> String {
        let quote = name.utf8.contains(UInt8(ascii: "'")) ? "\"" : "'"
        return quote
            + name.replacingBytes(of: "\\", with: "\\\\").replacingBytes(of: quote, with: "\\" + quote) + quote
    }

    /// Whether a step counts from the end of a list.
    package var countsFromEnd: Bool {
        steps.contains { if case .index(let index) = $0 { index < 0 } else { false } }
    }
}
