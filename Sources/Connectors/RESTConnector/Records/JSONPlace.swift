import JSONText

/// A value within a scanned text: a node of the tape, with the bytes it refers to.
///
/// Valid as long as the bytes exist, and until the tape scans another text.
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

    /// The characters of a string, the digits of a number.
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

    /// A count in any form: digits, also as a string, or a number without a fraction.
    var wholeNumber: Int? {
        if let integer { return integer }
        guard kind == .real || kind == .string, let text = string, let first = text.utf8.first,
            first == UInt8(ascii: "-") || first &- 0x30 <= 9, let number = Double(text)
        else { return nil }
        return Int(exactly: number)
    }

    /// Whether Python would treat the value as false: null, false, 0 or empty.
    var isFalsy: Bool {
        switch kind {
        case .null, .false: true
        case .true: false
        case .string: string?.isEmpty == true
        case .integer, .real: string.flatMap { Double($0) } == 0
        case .array, .object: node.count == 0
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

    /// The value of a member; of the last one if the key is repeated.
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

    /// All values at a path, in order.
    func all(_ path: JSONPath) -> [JSONPlace] { all(path.steps[...]) }

    /// The first value at a path.
    func first(_ path: JSONPath) -> JSONPlace? { all(path).first }

    private func all(_ steps: ArraySlice<JSONPath.Step>) -> [JSONPlace] {
        guard let step = steps.first else { return [self] }
        let rest = steps.dropFirst()
        switch step {
        case .key(let name): return member(name)?.all(rest) ?? []
        case .index(let wanted):
            let elements = elements
            let position = wanted < 0 ? elements.count + wanted : wanted
            return elements.indices.contains(position) ? elements[position].all(rest) : []
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
