/// Appends a quoted JSON string of UTF-8 bytes, escaped as `appendJSONEscaped` does. Allocates nothing but the buffer's room.
public func appendJSONString(_ bytes: UnsafeBufferPointer<UInt8>, to output: ByteBuffer) {
    // The longest escape takes six bytes for one. Without escapes, which is the rule, whole words are copied.
    output.reserve(bytes.count + 16)
    output.append(UInt8(ascii: "\""))
    guard let base = bytes.baseAddress else { return output.append(UInt8(ascii: "\"")) }
    let count = bytes.count
    var position = 0
    while position < count {
        output.reserve(count &- position + 16)
        var end = output.end
        let start = end
        var isMarked = false
        while count &- position >= ByteMarks.size {
            let word = ByteMarks.word(base, at: position)
            let marks =
                ByteMarks.equal(to: UInt8(ascii: "\""), in: word) | ByteMarks.equal(to: UInt8(ascii: "\\"), in: word)
                | ByteMarks.below(0x20, in: word)
            UnsafeMutableRawPointer(end).storeBytes(of: word.littleEndian, as: UInt64.self)
            let plain = marks == 0 ? ByteMarks.size : ByteMarks.count(before: marks)
            end += plain
            position &+= plain
            if marks != 0 {
                isMarked = true
                break
            }
        }
        while !isMarked, position < count {
            let byte = base[position]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            end.pointee = byte
            end += 1
            position &+= 1
        }
        output.advance(by: end - start)
        if position == count { break }
        appendEscape(base[position], to: output)
        position &+= 1
    }
    output.append(UInt8(ascii: "\""))
}

@inline(never)
private func appendEscape(_ byte: UInt8, to output: ByteBuffer) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x22, 0x5C: output.append(byte)
    case 0x08: output.append(UInt8(ascii: "b"))
    case 0x09: output.append(UInt8(ascii: "t"))
    case 0x0A: output.append(UInt8(ascii: "n"))
    case 0x0C: output.append(UInt8(ascii: "f"))
    case 0x0D: output.append(UInt8(ascii: "r"))
    default:
        output.append("u00")
        for nibble in [byte >> 4, byte & 15] { output.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble) }
    }
}
