import Coercion

/// The nearest double of a JSON number, as strtod finds it but without a call for ordinary numbers.
package enum DoubleText {
    /// Powers of ten that a double holds exactly.
    @usableFromInline
    static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// When digits and power of ten are both exact as doubles, one division rounds once and so rightly (Clinger, 1990).
    @inlinable @inline(__always)
    package static func value(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        var digits: UInt64 = 0
        var fractionDigits = 0
        var seenPoint = false
        var index = bytes.first == UInt8(ascii: "-") ? 1 : 0
        let isNegative = index == 1
        guard bytes.count <= 17 else { return general(bytes) }
        while index < bytes.count {
            let byte = bytes[index]
            if byte &- 0x30 <= 9 {
                digits = digits &* 10 &+ UInt64(byte &- 0x30)
                if seenPoint { fractionDigits += 1 }
            } else if byte == UInt8(ascii: ".") {
                seenPoint = true
            } else {
                return general(bytes)
            }
            index += 1
        }
        guard digits < 1 << 53 else { return general(bytes) }
        let magnitude = Double(digits) / powers[fractionDigits]
        return isNegative ? -magnitude : magnitude
    }

    @usableFromInline
    static func general(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? { NumberToken.double(bytes) }
}
