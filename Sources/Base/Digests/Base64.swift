/// Base64 with the standard alphabet (RFC 4648, section 4).
package enum Base64 {
    /// The number of characters that `byteCount` bytes become.
    package static func encodedCount(_ byteCount: Int, padding: Bool) -> Int {
        padding ? (byteCount + 2) / 3 * 4 : (byteCount * 4 + 2) / 3
    }

    package static func encode(_ bytes: [UInt8], padding: Bool) -> String {
        String(unsafeUninitializedCapacity: encodedCount(bytes.count, padding: padding)) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return bytes.withUnsafeBytes { encode($0, padding: padding, into: base) }
        }
    }

    /// Writes the characters of `bytes` to `output`, without allocating.
    ///
    /// - Parameter output: has room for `encodedCount(bytes.count, padding:)` bytes.
    /// - Returns: the number of characters written.
    @discardableResult
    package static func encode(
        _ bytes: UnsafeRawBufferPointer, padding: Bool, into output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var written = 0
        func put(_ sextet: UInt32) {
            output[written] = alphabet[Int(sextet & 63)]
            written += 1
        }
        var index = 0
        while index + 3 <= bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            put(group >> 18)
            put(group >> 12)
            put(group >> 6)
            put(group)
            index += 3
        }
        let rest = bytes.count - index
        guard rest > 0 else { return written }
        let group = UInt32(bytes[index]) << 16 | (rest == 2 ? UInt32(bytes[index + 1]) << 8 : 0)
        put(group >> 18)
        put(group >> 12)
        if rest == 2 { put(group >> 6) }
        if padding {
            for _ in rest..<3 {
                output[written] = UInt8(ascii: "=")
                written += 1
            }
        }
        return written
    }

    /// Decodes a padded text; nil unless every character belongs to the alphabet and the padding is correct.
    ///
    /// As in Python's `base64.b64decode(validate=True)`, surplus bits of the last character are ignored. One accident
    /// of CPython 3.11 is not reproduced: a single `=` after a complete group (`AAAA=`), which later versions refuse
    /// too.
    package static func decode(_ text: String) -> [UInt8]? {
        withUTF8Bytes(of: text) { decode($0) }
    }

    package static func decode(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        unpaddedCount(bytes).flatMap { decode(unpadded: UnsafeRawBufferPointer(rebasing: bytes[..<$0])) }
    }

    /// Decodes a text without padding, such as a digest that dlt wrote.
    package static func decode(unpadded bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var count: Int?
        let result = [UInt8](unsafeUninitializedCapacity: bytes.count * 3 / 4 + 1) { output, initialized in
            if let start = output.baseAddress { count = decode(bytes, into: start) }
            initialized = count ?? 0
        }
        return count == nil ? nil : result
    }

    /// Decodes a padded text in place, without allocating. Returns the number of bytes; after nil the text is lost.
    package static func decode(inPlace text: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        let bytes = UnsafeRawBufferPointer(text)
        guard let start = text.baseAddress, let count = unpaddedCount(bytes) else { return text.isEmpty ? 0 : nil }
        return decode(UnsafeRawBufferPointer(rebasing: bytes[..<count]), into: start)
    }

    /// Whether a padded text is what `encode` makes of its bytes: it has no surplus bits.
    package static func isCanonical(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let count = unpaddedCount(UnsafeRawBufferPointer(text)), count % 4 != 1 else { return false }
        var last: UInt32 = 0
        for place in 0..<count {
            guard let sextet = value(of: text[place]) else { return false }
            last = sextet
        }
        switch text.count - count {
        case 1: return last & 3 == 0
        case 2: return last & 15 == 0
        default: return true
        }
    }

    private static func unpaddedCount(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count % 4 == 0 else { return nil }
        var count = bytes.count
        while count > 0, bytes.count - count < 2, bytes[count - 1] == UInt8(ascii: "=") { count -= 1 }
        return count
    }

    /// - Parameter output: may be the beginning of the text, since a byte is written only after the characters it comes
    /// from have been read.
    private static func decode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutablePointer<UInt8>) -> Int? {
        guard bytes.count % 4 != 1 else { return nil }
        var written = 0
        var group: UInt32 = 0
        var bits = 0
        for byte in bytes {
            guard let sextet = value(of: byte) else { return nil }
            group = group << 6 | sextet
            bits += 6
            if bits >= 8 {
                bits -= 8
                output[written] = UInt8(truncatingIfNeeded: group >> UInt32(bits))
                written += 1
            }
        }
        return written
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

private let alphabet: InlineArray<64, UInt8> = [
    65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90,
    97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119,
    120, 121, 122,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 43, 47,
]
