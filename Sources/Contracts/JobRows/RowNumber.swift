import Coercion

/// The value of a JSON number, read in one pass together with its end. A newline or zeros must follow, as after every
/// part of a row's text.
enum RowNumber {
    typealias Bytes = UnsafeMutablePointer<UInt8>

    /// Powers of ten; in memory of their own, because every use of a global checks whether it exists.
    struct Powers {
        /// The powers that a double holds exactly.
        private static let count = 23
        private let reals: UnsafeMutablePointer<Double>
        private let integers: UnsafeMutablePointer<UInt64>

        init() {
            reals = .allocate(capacity: Powers.count)
            integers = .allocate(capacity: 9)
            var power = 1.0
            for exponent in 0..<Powers.count {
                (reals + exponent).initialize(to: power)
                if exponent < 9 { (integers + exponent).initialize(to: UInt64(power)) }
                power *= 10
            }
        }

        func deallocate() {
            reals.deallocate()
            integers.deallocate()
        }

        @inline(__always)
        fileprivate func real(_ exponent: Int) -> Double { reals[exponent] }
        /// For up to eight digits.
        @inline(__always)
        fileprivate func integer(_ exponent: Int) -> UInt64 { integers[exponent] }
    }

    /// Reads the integer at `position`; nil if it is not an integer or has more than 64 bits.
    @inline(__always)
    static func integer(_ base: Bytes, _ position: inout Int, _ powers: Powers) -> Int64? {
        let start = position
        var end = base[start] == UInt8(ascii: "-") ? start &+ 1 : start
        let first = end
        var magnitude: UInt64 = 0
        digits(base, &end, &magnitude, powers)
        // Up to 18 digits cannot overflow. Other characters after the digits mean that it is not an integer.
        guard end &- first <= 18, end > first, !isPartOfNumber(base[end]) else {
            position = RowText.number(base, from: start)
            return NumberToken.int64(UnsafeBufferPointer(start: base + start, count: position - start))
        }
        position = end
        let value = Int64(bitPattern: magnitude)
        return first > start ? 0 &- value : value
    }

    /// Reads the number at `position` as the nearest double, as strtod does, but without a call for ordinary numbers.
    ///
    /// If digits and power of ten are both exact as doubles, one division rounds once and so correctly (Clinger, 1990).
    @inline(__always)
    static func real(_ base: Bytes, _ position: inout Int, _ powers: Powers) -> Double? {
        let start = position
        var end = base[start] == UInt8(ascii: "-") ? start &+ 1 : start
        let first = end
        var magnitude: UInt64 = 0
        digits(base, &end, &magnitude, powers)
        var fraction = 0
        if base[end] == UInt8(ascii: ".") {
            let point = end
            end &+= 1
            digits(base, &end, &magnitude, powers)
            fraction = end &- point &- 1
        }
        // 18 digits and the point cannot overflow.
        guard end &- first <= 19, end > first, magnitude < 1 << 53, !isPartOfNumber(base[end]) else {
            position = RowText.number(base, from: start)
            return NumberToken.double(UnsafeBufferPointer(start: base + start, count: position - start))
        }
        position = end
        let value = fraction == 0 ? Double(magnitude) : Double(magnitude) / powers.real(fraction)
        return first > start ? -value : value
    }

    /// Reads digits, eight at a time, and appends them to a number.
    @inline(__always)
    private static func digits(_ base: Bytes, _ position: inout Int, _ number: inout UInt64, _ powers: Powers) {
        while true {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
            // A digit is 0x30 to 0x39: both it and it plus 6 have 3 in their upper half. A carry affects only later
            // bytes, so the first non-digit is exact.
            let upper: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
            let others =
                ((word & upper) | (((word &+ 0x0606_0606_0606_0606) & upper) &>> 4)) ^ 0x3333_3333_3333_3333
            let count = others.trailingZeroBitCount &>> 3
            // They become the last of eight, after zeros; then pairs, fours and eights are combined.
            var value = (word << UInt64(truncatingIfNeeded: 64 &- 8 &* count)) & 0x0F0F_0F0F_0F0F_0F0F
            value = (value &* 2561) &>> 8
            value = ((value & 0x00FF_00FF_00FF_00FF) &* 6_553_601) &>> 16
            value = ((value & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) &>> 32
            number = number &* powers.integer(count) &+ value
            position &+= count
            if count < 8 { return }
        }
    }

    @inline(__always)
    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "+")
    }
}
