/// The most bytes that `writeJSONString` writes for a text of `count` bytes.
@inlinable @inline(__always)
public func roomForJSONString(_ count: Int) -> Int { count &* 6 &+ 10 }

/// Writes a quoted JSON string of UTF-8 bytes, escaped as `appendJSONEscaped` does, and returns the address after it. There must be
/// `roomForJSONString`; whole words are written, of which only the beginning may count.
public func writeJSONString(
    _ bytes: UnsafeBufferPointer<UInt8>, into start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
    start.pointee = UInt8(ascii: "\"")
    let end = writeJSONEscaped(bytes, into: start + 1)
    end.pointee = UInt8(ascii: "\"")
    return end + 1
}

/// Appends such a string. Allocates nothing but the buffer's room.
public func appendJSONString(_ bytes: UnsafeBufferPointer<UInt8>, to output: ByteBuffer) {
    output.append(UInt8(ascii: "\""))
    var rest = bytes[...]
    // In pieces, so that there is not room for six times a long text.
    while !rest.isEmpty {
        let piece = UnsafeBufferPointer(rebasing: rest.prefix(4096))
        output.append(atMost: roomForJSONString(piece.count)) { writeJSONEscaped(piece, into: $0) - $0 }
        rest = rest.dropFirst(piece.count)
    }
    output.append(UInt8(ascii: "\""))
}

@inline(__always)
private func writeJSONEscaped(
    _ bytes: UnsafeBufferPointer<UInt8>, into start: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
    guard let base = bytes.baseAddress else { return start }
    var output = start
    let count = bytes.count
    var position = 0
    while position < count {
        while count &- position >= ByteMarks.size {
            let word = ByteMarks.word(base, at: position)
            let marks =
                ByteMarks.equal(to: UInt8(ascii: "\""), in: word) | ByteMarks.equal(to: UInt8(ascii: "\\"), in: word)
                | ByteMarks.below(0x20, in: word)
            UnsafeMutableRawPointer(output).storeBytes(of: word.littleEndian, as: UInt64.self)
            let plain = marks == 0 ? ByteMarks.size : ByteMarks.count(before: marks)
            output += plain
            position &+= plain
            if marks != 0 { break }
        }
        if position == count { break }
        let byte = base[position]
        position &+= 1
        if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            output.pointee = byte
            output += 1
        } else {
            output = writeEscape(byte, into: output)
        }
    }
    return output
}

@inline(never)
private func writeEscape(
    _ byte: UInt8, into output: UnsafeMutablePointer<UInt8>
) -> UnsafeMutablePointer<UInt8> {
    func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
    output[0] = UInt8(ascii: "\\")
    switch byte {
    case 0x22, 0x5C: output[1] = byte
    case 0x08: output[1] = UInt8(ascii: "b")
    case 0x09: output[1] = UInt8(ascii: "t")
    case 0x0A: output[1] = UInt8(ascii: "n")
    case 0x0C: output[1] = UInt8(ascii: "f")
    case 0x0D: output[1] = UInt8(ascii: "r")
    default:
        output[1] = UInt8(ascii: "u")
        output[2] = UInt8(ascii: "0")
        output[3] = UInt8(ascii: "0")
        output[4] = digit(byte >> 4)
        output[5] = digit(byte & 15)
        return output + 6
    }
    return output + 2
}
