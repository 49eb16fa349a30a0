// Writers of one JSON value each. None of them allocates.

extension ByteBuffer {
    public func appendNull() { append("null") }

    public func append(json value: Bool) { if value { append("true") } else { append("false") } }

    /// The shortest number that is read as the same double. NaN and the infinities are texts, which a column of doubles accepts.
    public func append(json value: Double) {
        guard value.isFinite else {
            append(value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
            return
        }
        var output = ASCIIOutput(buffer: self)
        value.write(to: &output)
    }

    /// The same for a float: `0.1` stays `0.1`.
    public func append(json value: Float) {
        guard value.isFinite else {
            append(json: Double(value))
            return
        }
        var output = ASCIIOutput(buffer: self)
        value.write(to: &output)
    }

    public func append(json value: Int64) { append(number: Int(value)) }

    public func append(json value: UInt64) {
        if let number = Int(exactly: value) { return append(number: number) }
        append(number: Int(value / 10))
        append(UInt8(truncatingIfNeeded: value % 10) &+ 0x30)
    }

    /// A string of UTF-8.
    public func append(string bytes: UnsafeBufferPointer<UInt8>) { appendJSONString(bytes, to: self) }

    /// A string of Base64.
    public func append(base64 bytes: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        append(atMost: (bytes.count + 2) / 3 * 4) { Base64Writer.write(bytes, into: $0) }
        append(UInt8(ascii: "\""))
    }
}

/// Takes the characters of a number as they are.
private struct ASCIIOutput: TextOutputStream {
    let buffer: ByteBuffer

    mutating func write(_ text: String) { buffer.append(text) }

    mutating func _writeASCII(_ bytes: UnsafeBufferPointer<UInt8>) { buffer.append(bytes) }
}

private enum Base64Writer {
    private static let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    static func write(_ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) -> Int {
        let digits = digits.utf8Start
        var place = output
        var index = 0
        func put(_ value: UInt32) {
            place.pointee = digits[Int(value & 63)]
            place += 1
        }
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            put(group >> 18)
            put(group >> 12)
            put(group >> 6)
            put(group)
            index += 3
        }
        let rest = bytes.count - index
        if rest > 0 {
            let group = UInt32(bytes[index]) << 16 | (rest == 2 ? UInt32(bytes[index + 1]) << 8 : 0)
            put(group >> 18)
            put(group >> 12)
            if rest == 2 { put(group >> 6) }
            for _ in rest..<3 {
                place.pointee = UInt8(ascii: "=")
                place += 1
            }
        }
        return place - output
    }
}
