// Writers of one JSON value each. None of them allocates but for the buffer's room.

extension ByteBuffer {
    public func appendNull() { append("null") }

    public func append(json value: Bool) { if value { append("true") } else { append("false") } }

    /// The shortest number that is read as the same double. NaN and the infinities are texts, which a column of doubles accepts.
    public func append(json value: Double) { append(atMost: 32) { JSONNumber.write(value, into: $0) - $0 } }

    /// The same for a float: `0.1` stays `0.1`.
    public func append(json value: Float) { append(atMost: 32) { JSONNumber.write(value, into: $0) - $0 } }

    public func append(json value: Int64) { append(atMost: 20) { DecimalDigits.write(value, into: $0) - $0 } }

    public func append(json value: UInt64) {
        if let number = Int64(exactly: value) { return append(json: number) }
        append(json: Int64(value / 10))
        append(UInt8(truncatingIfNeeded: value % 10) &+ 0x30)
    }

    /// A string of UTF-8.
    public func append(string bytes: UnsafeBufferPointer<UInt8>) { appendJSONString(bytes, to: self) }

    /// Bytes as text that is read as the same bytes.
    public func append(binary bytes: UnsafeBufferPointer<UInt8>) {
        append(UInt8(ascii: "\""))
        append(atMost: BinaryText.room(bytes.count)) { BinaryText.write(bytes, into: $0) - $0 }
        append(UInt8(ascii: "\""))
    }
}
