/// The parts of a number in JSON's notation: without `+`, leading zeros, underscores, `0x` or spaces.
///
/// Public and inlinable, because it is computed for every cell of a table.
@frozen
public struct NumberForm {
    /// Digits before a point or exponent.
    public var wholeDigits: Int
    /// Without a point and an exponent; excludes minus zero, which would lose its sign.
    public var isInteger: Bool
    public var hasExponent: Bool

    /// A double holds every integer of up to this many digits exactly.
    @inlinable public static var digitsOfDouble: Int { 15 }

    /// nil when the text is not a number.
    @inlinable @inline(__always)
    public init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        wholeDigits = 0
        isInteger = true
        hasExponent = false
        let count = bytes.count
        guard count > 0, let base = bytes.baseAddress else { return nil }
        var position = base[0] == UInt8(ascii: "-") ? 1 : 0
        let sign = position
        while position < count, base[position] &- 0x30 <= 9 { position &+= 1 }
        wholeDigits = position &- sign
        if wholeDigits == 0 || base[sign] == UInt8(ascii: "0") && wholeDigits > 1 { return nil }
        if position == count {
            isInteger = sign == 0 || base[1] != UInt8(ascii: "0")
            return
        }
        isInteger = false
        if base[position] == UInt8(ascii: ".") {
            let start = position &+ 1
            position = start
            while position < count, base[position] &- 0x30 <= 9 { position &+= 1 }
            if position == start { return nil }
        }
        guard position < count else { return }
        guard base[position] | 0x20 == UInt8(ascii: "e") else { return nil }
        hasExponent = true
        position &+= 1
        if position < count, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") {
            position &+= 1
        }
        let start = position
        while position < count, base[position] &- 0x30 <= 9 { position &+= 1 }
        if position == start || position < count { return nil }
    }

    /// Whether a double holds the number without losing a digit before its point.
    @inlinable
    public func fitsDouble(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard wholeDigits <= Self.digitsOfDouble else { return false }
        return !hasExponent || NumberToken.isFinite(bytes)
    }
}
