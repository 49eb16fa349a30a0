import JSONText

/// A value within a scanned text: a node of the tape, together with the bytes it points into.
///
/// Valid as long as the bytes are, and until the tape scans another text.
struct JSONPlace {
    let tape: JSONTape
    let text: UnsafeBufferPointer<UInt8>
    let index: Int

    init(_ tape: JSONTape, _ text: UnsafeBufferPointer<UInt8>, _ index: Int = 0) {
        self.tape = tape
        self.text = text
        self.index = index
    }

    private func at(_ index: Int) -> JSONPlace { JSONPlace(tape, text, index) }

    var node: TapeNode { tape[index] }
    var kind: TapeNode.Kind { node.kind }
    var isNull: Bool { kind == .null }

    /// The value as it is written.
    var bytes: UnsafeBufferPointer<UInt8> {
        let quotes = kind == .string ? 1 : 0
        return UnsafeBufferPointer(rebasing: text[Int(node.start) - quotes..<Int(node.end) + quotes])
    }

    /// Of a string its characters, of a number its digits.
    var string: String? {
        switch kind {
        case .string: tape.string(at: index, in: text)
        case .integer, .real: String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    var integer: Int? {
        switch kind {
        case .integer: Int(String(decoding: bytes, as: UTF8.self))
        case .string: string.flatMap { Int($0) }
        default: nil
        }
    }

    var value: JSONValue { JSONValue(tape: tape, index: index, text: text) }

    var elements: [JSONPlace] {
        guard kind == .array else { return [] }
        var elements: [JSONPlace] = []
        elements.reserveCapacity(Int(node.count))
        var child = index + 1
        for _ in 0..<node.count {
            elements.append(at(child))
            child = Int(tape[child].next)
        }
        return elements
    }

    /// Key and value of each member.
    var members: [(key: JSONPlace, value: JSONPlace)] {
        guard kind == .object else { return [] }
        var members: [(key: JSONPlace, value: JSONPlace)] = []
        var child = index + 1
        for _ in 0..<node.count {
            members.append((at(child), at(child + 1)))
            child = Int(tape[child + 1].next)
        }
        return members
    }

    /// The value of a member, of the last one when the key comes twice.
    func member(_ name: [UInt8]) -> JSONPlace? {
        guard kind == .object else { return nil }
        var found: Int?
        var key = index + 1
        for _ in 0..<node.count {
            if tape.isKey(key, name, in: text) { found = key + 1 }
            key = Int(tape[key + 1].next)
        }
        return found.map(at)
    }

    /// Everything a path leads to, in order.
    func all(_ path: JSONPath) -> [JSONPlace] { all(path.steps[...]) }

    /// The first value a path leads to.
    func first(_ path: JSONPath) -> JSONPlace? { all(path).first }

    private func all(_ steps: ArraySlice<JSONPath.Step>) -> [JSONPlace] {
        guard let step = steps.first else { return [self] }
        let rest = steps.dropFirst()
        switch step {
        case .key(let name): return member(name)?.all(rest) ?? []
        case .index(let wanted):
            let elements = elements
            return wanted < elements.count ? elements[wanted].all(rest) : []
        case .all:
            let inside = kind == .array ? elements : members.map(\.value)
            return rest.isEmpty ? inside : inside.flatMap { $0.all(rest) }
        }
    }
}

extension JSONTape {
    /// Whether the key node at `index` is a name.
    func isKey(_ index: Int, _ name: [UInt8], in text: UnsafeBufferPointer<UInt8>) -> Bool {
        let node = self[index]
        if node.hasEscapes { return string(at: index, in: text).utf8.elementsEqual(name) }
        return Int(node.end - node.start) == name.count && text[Int(node.start)..<Int(node.end)].elementsEqual(name)
    }
}

extension JSONPath {
    /// The path to a key in an object.
    static func text(of keys: [String]) -> String {
        var text = ""
        for key in keys {
            let isPlain =
                !key.isEmpty
                && key.utf8.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 &- 0x30 <= 9 || $0 == 0x5F }
            if isPlain {
                text += text.isEmpty ? key : ".\(key)"
            } else {
                let quote = key.contains("'") ? "\"" : "'"
                let escaped = key.replacingBytes(of: "\\", with: "\\\\").replacingBytes(of: quote, with: "\\" + quote)
                text += "\(text.isEmpty ? "$" : "")[\(quote)\(escaped)\(quote)]"
            }
        }
        return text.isEmpty ? "$" : text
    }
}
