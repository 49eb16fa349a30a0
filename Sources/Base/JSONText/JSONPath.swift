/// A path into a document: `jobs`, `a.b`, `$.a.b[*]`, `a[*].b`, `a[0]`, `$['odd name'].b`, `['it\'s']`.
package struct JSONPath: Sendable, Equatable {
    package enum Step: Sendable, Equatable {
        case key([UInt8])
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
        self.text = text
        var steps: [Step] = []
        var rest = Array(text.utf8)[...]
        if rest.first == UInt8(ascii: "$") { rest.removeFirst() }
        var isFirst = true
        while let byte = rest.first {
            if byte == UInt8(ascii: "[") {
                steps.append(try Self.bracket(&rest))
            } else {
                if byte == UInt8(ascii: ".") {
                    rest.removeFirst()
                    if isFirst && rest.isEmpty { break }
                } else if !isFirst || rest.count < text.utf8.count {
                    throw Malformed(reason: "expected `.` or `[` before `\(Self.words(rest))`")
                }
                if rest.first == UInt8(ascii: ".") {
                    throw Malformed(reason: "`..` is not supported: name every level")
                }
                if rest.first == UInt8(ascii: "[") { continue }
                let name = rest.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
                if name.isEmpty { throw Malformed(reason: "a name is missing after `.`") }
                rest = rest.dropFirst(name.count)
                steps.append(name.elementsEqual("*".utf8) ? .all : .key(Array(name)))
            }
            isFirst = false
        }
        self.steps = steps
    }

    private static func words(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func bracket(_ rest: inout ArraySlice<UInt8>) throws(Malformed) -> Step {
        let whole = rest
        rest.removeFirst()
        let step: Step
        if let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
            rest.removeFirst()
            var name: [UInt8] = []
            while let byte = rest.popFirst(), byte != quote {
                name.append(byte == UInt8(ascii: "\\") ? rest.popFirst() ?? byte : byte)
            }
            step = .key(name)
        } else {
            let inside = rest.prefix { $0 != UInt8(ascii: "]") }
            rest = rest.dropFirst(inside.count)
            let text = words(inside)
            if text == "*" || text.isEmpty {
                step = .all
            } else if let index = Int(text), index >= 0 {
                step = .index(index)
            } else {
                throw Malformed(reason: "`[\(text)]` is neither `[*]`, a position such as `[0]`, nor a name in quotes")
            }
        }
        guard rest.first == UInt8(ascii: "]") else { throw Malformed(reason: "`\(words(whole))` lacks its `]`") }
        rest.removeFirst()
        return step
    }
}
