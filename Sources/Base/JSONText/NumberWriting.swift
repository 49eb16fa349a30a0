// Writers of numbers into memory that the caller owns. They return the address after the last byte, and allocate nothing.

/// Writes integers.
public enum DecimalDigits {
    /// Needs room for 20 bytes.
    @inlinable @inline(__always)
    public static func write(_ value: Int64, into start: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        var output = start
        if value < 0 {
            output.pointee = UInt8(ascii: "-")
            output += 1
        }
        var rest = value.magnitude
        if rest < 10 {
            output.pointee = UInt8(truncatingIfNeeded: rest) &+ 0x30
            return output + 1
        }
        let count = digitCount(rest)
        let end = output + count
        var place = end
        while rest >= 100 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            place -= 2
            writePair(pair, place)
            rest = quotient
        }
        if rest >= 10 {
            writePair(rest, place - 2)
        } else {
            (place - 1).pointee = UInt8(truncatingIfNeeded: rest) &+ 0x30
        }
        return end
    }

    @inlinable @inline(__always)
    static func writePair(_ pair: UInt64, _ output: UnsafeMutablePointer<UInt8>) {
        let tens = (pair &* 103) >> 10
        output[0] = UInt8(truncatingIfNeeded: tens) &+ 0x30
        output[1] = UInt8(truncatingIfNeeded: pair &- tens &* 10) &+ 0x30
    }

    @inlinable @inline(__always)
    static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var rest = value
        while rest >= 10_000 {
            rest /= 10_000
            count &+= 4
        }
        return rest < 10 ? count : rest < 100 ? count &+ 1 : rest < 1000 ? count &+ 2 : count &+ 3
    }
}

/// Writes the shortest number that is read as the same value. NaN and the infinities are strings, which a column of doubles accepts.
public enum JSONNumber {
    /// Needs room for 32 bytes.
    public static func write(_ value: Double, into output: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        if !value.isFinite { return writeSpecial(value.isNaN, value < 0, output) }
        var stream = ASCIIWriter(end: output)
        value.write(to: &stream)
        return stream.end
    }

    /// A float: `0.1` stays `0.1`.
    public static func write(_ value: Float, into output: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        if !value.isFinite { return writeSpecial(value.isNaN, value < 0, output) }
        var stream = ASCIIWriter(end: output)
        value.write(to: &stream)
        return stream.end
    }

    private static func writeSpecial(
        _ isNaN: Bool, _ isNegative: Bool, _ output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        let text: StaticString = isNaN ? "\"NaN\"" : isNegative ? "\"-Infinity\"" : "\"Infinity\""
        output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return output + text.utf8CodeUnitCount
    }
}

/// Takes the characters of a number as they are.
private struct ASCIIWriter: TextOutputStream {
    var end: UnsafeMutablePointer<UInt8>

    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { _writeASCII($0) }
    }

    mutating func _writeASCII(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        end.update(from: base, count: bytes.count)
        end += bytes.count
    }
}

/// Writes Base64.
public enum Base64Writer {
    private static let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// Needs room for four bytes for each three, rounded up; returns how many were written.
    public static func write(_ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutablePointer<UInt8>) -> Int {
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
