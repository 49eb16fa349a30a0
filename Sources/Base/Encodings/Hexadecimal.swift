/// Bytes as pairs of hexadecimal digits.
package enum Hexadecimal {
    /// "00ff" for the bytes 0 and 255.
    package static func text(_ bytes: some Sequence<UInt8>, uppercase: Bool = false) -> String {
        var digits: [UInt8] = []
        for byte in bytes { append(byte, uppercase: uppercase, to: &digits) }
        return String(decoding: digits, as: UTF8.self)
    }

    static func append(_ byte: UInt8, uppercase: Bool, to digits: inout [UInt8]) {
        digits.append(digit(byte >> 4, uppercase))
        digits.append(digit(byte & 15, uppercase))
    }

    private static func digit(_ nibble: UInt8, _ uppercase: Bool) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : nibble - 10 + (uppercase ? UInt8(ascii: "A") : UInt8(ascii: "a"))
    }

    /// 0 to 15 for a digit in either case, nil for any other byte.
    package static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
