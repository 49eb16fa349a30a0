import JSONText

/// One message: an object on the scanned tape, whose parts are found without creating objects for records.
struct MessageLine {
    let tape: JSONTape
    let text: UnsafeBufferPointer<UInt8>
    /// Counted from 1.
    let number: Int

    /// The node of a member's value; the last one of several of that name, as Python reads them.
    func member(_ name: StaticString, of object: Int = 0) -> Int? {
        guard case .object = tape[object].kind else { return nil }
        var key = object + 1
        var found: Int?
        for _ in 0..<tape[object].count {
            if isName(key, name) { found = key + 1 }
            key = Int(tape[key + 1].next)
        }
        return found
    }

    func string(_ name: StaticString, of object: Int = 0) -> String? {
        guard let node = member(name, of: object), case .string = tape[node].kind else { return nil }
        return tape.string(at: node, in: text)
    }

    func value(_ node: Int) -> JSONValue { JSONValue(tape: tape, index: node, text: text) }

    func value(_ name: StaticString, of object: Int = 0) -> JSONValue? { member(name, of: object).map { value($0) } }

    /// The node's bytes as they are written; of a string without its quotes.
    func bytes(_ node: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(tape[node].start)..<Int(tape[node].end)])
    }

    /// The digits of an integer.
    func digits(_ name: StaticString) -> String? {
        guard let node = member(name), case .integer = tape[node].kind else { return nil }
        return String(decoding: bytes(node), as: UTF8.self)
    }

    func isObject(_ node: Int) -> Bool { if case .object = tape[node].kind { true } else { false } }

    private func isName(_ key: Int, _ name: StaticString) -> Bool {
        let bytes = bytes(key)
        guard bytes.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where bytes[index] != name.utf8Start[index] { return false }
        return true
    }
}
