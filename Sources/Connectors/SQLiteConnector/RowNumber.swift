import Coercion
import JobRows

/// The value of a JSON number, found in the same pass as its end. Stands before a newline or zeros, as all of a row's text.
enum RowNumber {
    typealias Bytes = UnsafeMutablePointer<UInt8>

    /// Powers of ten that a double holds exactly; in memory of their own, because a global is asked whether it exists at each use.
    struct Powers {
        private static let count = 23
        private let powers: UnsafeMutablePointer<Double>

        init() {
            powers = .allocate(capacity: Powers.count)
            var power = 1.0
            for exponent in 0..<Powers.count {
                (powers + exponent).initialize(to: power)
                power *= 10
            }
        }

        func deallocate() { powers.deallocate() }

        fileprivate subscript(_ exponent: Int) -> Double { powers[exponent] }
    }

    /// Goes past the integer at `position`; nil when it is no integer or has more than 64 bits.
    @inline(__always)
    static func integer(_ base: Bytes, _ position: inout Int) -> Int64? {
        let start = position
        var end = base[start] == UInt8(ascii: "-") ? start &+ 1 : start
        let first = end
        var magnitude: Int64 = 0
        while true {
            let digit = base[end] &- 0x30
            if digit > 9 { break }
            magnitude = magnitude &* 10 &+ Int64(digit)
            end &+= 1
        }
        // Up to 18 digits cannot overflow. What goes on after the digits is not an integer.
        guard end &- first <= 18, end > first, !isPartOfNumber(base[end]) else {
            position = RowText.number(base, from: start)
            return NumberToken.int64(UnsafeBufferPointer(start: base + start, count: position - start))
        }
        position = end
        return first > start ? -magnitude : magnitude
    }

    /// Goes past the number at `position`; the double nearest to it, as strtod finds it but without a call for ordinary numbers.
    ///
    /// When digits and power of ten are both exact as doubles, one division rounds once and so rightly (Clinger, 1990).
    @inline(__always)
    static func real(_ base: Bytes, _ position: inout Int, _ powers: Powers) -> Double? {
        let start = position
        var end = base[start] == UInt8(ascii: "-") ? start &+ 1 : start
        let first = end
        var digits: UInt64 = 0
        var point = -1
        while true {
            let byte = base[end]
            let digit = byte &- 0x30
            if digit <= 9 {
                digits = digits &* 10 &+ UInt64(digit)
            } else if byte == UInt8(ascii: "."), point < 0 {
                point = end
            } else {
                break
            }
            end &+= 1
        }
        // 17 characters cannot overflow.
        guard end &- first <= 17, end > first, digits < 1 << 53, !isPartOfNumber(base[end]) else {
            position = RowText.number(base, from: start)
            return NumberToken.double(UnsafeBufferPointer(start: base + start, count: position - start))
        }
        position = end
        let magnitude = point < 0 ? Double(digits) : Double(digits) / powers[end &- point &- 1]
        return first > start ? -magnitude : magnitude
    }

    @inline(__always)
    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "+")
    }
}
