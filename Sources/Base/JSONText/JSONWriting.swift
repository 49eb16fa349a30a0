/// How a document is laid out.
package enum JSONStyle: Sendable {
    /// No white space, keys in their own order.
    case compact
    /// No white space, keys ordered by their UTF-8 bytes: the form that version hashes cover.
    case sorted
    /// One member a line, indented by two spaces.
    case pretty
}

extension JSONValue {
    package func serialized(_ style: JSONStyle = .compact) -> String {
        var output: [UInt8] = []
        append(to: &output, style, indent: 0)
        return String(decoding: output, as: UTF8.self)
    }

    package func serializedBytes(_ style: JSONStyle = .compact) -> [UInt8] {
        var output: [UInt8] = []
        append(to: &output, style, indent: 0)
        return output
    }

    private func append(to output: inout [UInt8], _ style: JSONStyle, indent: Int) {
        func newline(_ depth: Int) {
            guard style == .pretty else { return }
            output.append(0x0A)
            output.append(contentsOf: repeatElement(0x20, count: depth * 2))
        }
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let digits): output.append(contentsOf: digits.utf8)
        case .string(let text): appendJSONString(text, to: &output)
        case .array(let items):
            output.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                newline(indent + 1)
                item.append(to: &output, style, indent: indent + 1)
            }
            if !items.isEmpty { newline(indent) }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            var members = object.members
            if style == .sorted { members.sort { ExactString($0.key) < ExactString($1.key) } }
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                newline(indent + 1)
                appendJSONString(member.key, to: &output)
                output.append(UInt8(ascii: ":"))
                if style == .pretty { output.append(0x20) }
                member.value.append(to: &output, style, indent: indent + 1)
            }
            if !members.isEmpty { newline(indent) }
            output.append(UInt8(ascii: "}"))
        }
    }
}

/// Appends a quoted JSON string: escapes only what RFC 8259 requires, and writes everything else as UTF-8.
package func appendJSONString(_ text: String, to output: inout [UInt8]) {
    var text = text
    output.append(UInt8(ascii: "\""))
    text.withUTF8 { appendJSONEscaped($0, to: &output) }
    output.append(UInt8(ascii: "\""))
}

/// Appends the inside of a JSON string for UTF-8 `bytes`.
package func appendJSONEscaped(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
    var start = 0
    for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
        output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
        start = index + 1
        switch byte {
        case 0x22: output.append(contentsOf: [0x5C, 0x22])
        case 0x5C: output.append(contentsOf: [0x5C, 0x5C])
        case 0x08: output.append(contentsOf: [0x5C, UInt8(ascii: "b")])
        case 0x09: output.append(contentsOf: [0x5C, UInt8(ascii: "t")])
        case 0x0A: output.append(contentsOf: [0x5C, UInt8(ascii: "n")])
        case 0x0C: output.append(contentsOf: [0x5C, UInt8(ascii: "f")])
        case 0x0D: output.append(contentsOf: [0x5C, UInt8(ascii: "r")])
        default:
            output.append(contentsOf: [0x5C, UInt8(ascii: "u"), 0x30, 0x30, hexDigit(byte >> 4), hexDigit(byte & 15)])
        }
    }
    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
}

@inline(__always) func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
