package import JSONText
import Schemas

/// Writes scanned values as dlt serializes them before hashing: compact, keys sorted by bytes, escapes resolved, reals
/// in their shortest form. Two texts of one value give the same bytes.
package struct CanonicalJSON {
    package let tape: JSONTape
    package let text: UnsafeBufferPointer<UInt8>

    package init(tape: JSONTape, text: UnsafeBufferPointer<UInt8>) {
        self.tape = tape
        self.text = text
    }

    /// - Parameters:
    ///   - skipping: members of the outermost object that are left out.
    ///   - writing: writes the value of such a member in a form of its own, and returns whether it did.
    package func append(
        _ index: Int, to output: ByteBuffer, skipping: (String) -> Bool = { _ in false },
        writing: (_ name: String, _ value: Int) -> Bool = { _, _ in false }
    ) {
        let node = tape[index]
        switch node.kind {
        case .null: output.append("null")
        case .true: output.append("true")
        case .false: output.append("false")
        case .integer: CanonicalJSON.append(integer: bytes(node), to: output)
        case .real: NumberToken.append(canonical: NumberToken.double(bytes(node)) ?? .nan, to: output)
        case .string: CanonicalJSON.append(string: tape.string(at: index, in: text), to: output)
        case .array:
            output.append(UInt8(ascii: "["))
            var child = index + 1
            for place in 0..<Int(node.count) {
                if place > 0 { output.append(UInt8(ascii: ",")) }
                append(child, to: output)
                child = Int(tape[child].next)
            }
            output.append(UInt8(ascii: "]"))
        case .object:
            var members: [ExactString: Int] = [:]
            var child = index + 1
            for _ in 0..<node.count {
                let key = tape.string(at: child, in: text)
                if !skipping(key) { members[ExactString(key)] = child + 1 }
                child = Int(tape[child + 1].next)
            }
            output.append(UInt8(ascii: "{"))
            for (place, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if place > 0 { output.append(UInt8(ascii: ",")) }
                CanonicalJSON.append(string: member.key.text, to: output)
                output.append(UInt8(ascii: ":"))
                if !writing(member.key.text, member.value) { append(member.value, to: output) }
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// `-0` is 0 after parsing.
    private static func append(integer digits: UnsafeBufferPointer<UInt8>, to output: ByteBuffer) {
        if digits.elementsEqual("-0".utf8) { output.append(UInt8(ascii: "0")) } else { output.append(digits) }
    }

    private func bytes(_ node: TapeNode) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.end)])
    }

    package static func append(string: String, to output: ByteBuffer) {
        var bytes: [UInt8] = []
        appendJSONString(string, to: &bytes)
        output.append(bytes)
    }

    /// One scalar of a row, unchanged.
    package static func append(_ value: Scalar, characters: UnsafeBufferPointer<UInt8>, to output: ByteBuffer) {
        switch value.native {
        case nil: output.append("null")
        case .text?: append(string: String(decoding: characters, as: UTF8.self), to: output)
        case .double?: NumberToken.append(canonical: NumberToken.double(value.bytes) ?? .nan, to: output)
        case .bigint?: append(integer: value.bytes, to: output)
        default: output.append(value.bytes)
        }
    }
}
