import Arrow
import DateTimes
import JSONText

// Writers of one JSON value each, of the types that only Arrow has. None of them allocates.

extension Int {
    /// Rounded down.
    func flooredParts(_ divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension Float {
    /// IEEE 754's format of 16 bits, every value of which is a float.
    init(halfBits bits: UInt16) {
        let sign: Float = bits >> 15 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 31)
        let fraction = Float(bits & 1023)
        switch exponent {
        case 0: self = sign * fraction * 0x1p-24
        case 31: self = fraction == 0 ? sign * .infinity : .nan
        default: self = sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}

extension ByteBuffer {
    /// A number with leading zeros.
    func append(_ number: Int, digits: Int) {
        append(atMost: digits) { output in
            var rest = number
            for index in stride(from: digits - 1, through: 0, by: -1) {
                output[index] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
                rest /= 10
            }
            return digits
        }
    }

    /// `"123e4567-e89b-12d3-a456-426614174000"`
    func append(uuid bytes: UnsafeBufferPointer<UInt8>) {
        func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
        append(UInt8(ascii: "\""))
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { append(UInt8(ascii: "-")) }
            append(digit(byte >> 4))
            append(digit(byte & 15))
        }
        append(UInt8(ascii: "\""))
    }

    /// A text of JSON; line breaks, which only its white space has, become blanks.
    func append(embedded bytes: UnsafeBufferPointer<UInt8>) {
        append(atMost: bytes.count) { output in
            for (index, byte) in bytes.enumerated() {
                output[index] = byte == 0x0A || byte == 0x0D ? UInt8(ascii: " ") : byte
            }
            return bytes.count
        }
    }

    // MARK: Times

    /// A date in any year.
    func append(anyDate days: Int) {
        if append(date: days) { return }
        append(UInt8(ascii: "\""))
        append(bareDate: days)
        append(UInt8(ascii: "\""))
    }

    /// A date, outside of the years 0 to 9999 as ISO 8601 extends it: the year has a sign, and year 0 is 1 BC.
    private func append(bareDate days: Int) {
        // Years begin in March, in eras of 400 years: http://howardhinnant.github.io/date_algorithms.html
        let (era, dayOfEra) = (days + 719_468).flooredParts(146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        if year < 0 { append(UInt8(ascii: "-")) } else if year > 9999 { append(UInt8(ascii: "+")) }
        if year.magnitude > 9999 { append(number: Int(year.magnitude)) } else { append(abs(year), digits: 4) }
        append(UInt8(ascii: "-"))
        append(month, digits: 2)
        append(UInt8(ascii: "-"))
        append(dayOfYear - (153 * shifted + 2) / 5 + 1, digits: 2)
    }

    func append(anyTimestamp value: Int, _ unit: ArrowType.Unit, isUTC: Bool) {
        let (seconds, fraction) = value.flooredParts(unit.perSecond)
        let nanoseconds = fraction * (1_000_000_000 / unit.perSecond)
        let (microseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000)
        if nanoseconds % 1000 == 0, !overflows,
            append(timestamp: Int64(microseconds &+ nanoseconds / 1000), isUTC: isUTC)
        {
            return
        }
        let (days, secondOfDay) = seconds.flooredParts(86_400)
        append(UInt8(ascii: "\""))
        append(bareDate: days)
        append(UInt8(ascii: "T"))
        appendClock(seconds: secondOfDay, nanoseconds: nanoseconds)
        if isUTC { append(UInt8(ascii: "Z")) }
        append(UInt8(ascii: "\""))
    }

    /// A time of day, or one of a clock that does not stop at 24 hours.
    func append(clock value: Int, _ unit: ArrowType.Unit) {
        append(UInt8(ascii: "\""))
        if value < 0 { append(UInt8(ascii: "-")) }
        let (seconds, fraction) = value.magnitude.quotientAndRemainder(dividingBy: UInt(unit.perSecond))
        appendClock(
            seconds: Int(truncatingIfNeeded: seconds), nanoseconds: Int(fraction) * (1_000_000_000 / unit.perSecond))
        append(UInt8(ascii: "\""))
    }

    private func appendClock(seconds: Int, nanoseconds: Int) {
        let hours = seconds / 3600
        if hours > 99 { append(number: hours) } else { append(hours, digits: 2) }
        append(UInt8(ascii: ":"))
        append(seconds / 60 % 60, digits: 2)
        append(UInt8(ascii: ":"))
        append(seconds % 60, digits: 2)
        append(UInt8(ascii: "."))
        if nanoseconds % 1000 == 0 { append(nanoseconds / 1000, digits: 6) } else { append(nanoseconds, digits: 9) }
    }

    // MARK: Spans

    /// `"PT36H0.5S"`: a span has no days, since a day has no fixed length.
    func append(span value: Int, _ unit: ArrowType.Unit) {
        let (seconds, fraction) = value.quotientAndRemainder(dividingBy: unit.perSecond)
        append("\"P")
        appendTime(seconds: seconds, nanoseconds: fraction * (1_000_000_000 / unit.perSecond), isAlone: true)
        append(UInt8(ascii: "\""))
    }

    /// `"P1Y2M3DT4H5M6.5S"`; each part has a sign of its own, as PostgreSQL writes it.
    func append(months: Int, days: Int, nanoseconds: Int) {
        append("\"P")
        let (years, rest) = months.quotientAndRemainder(dividingBy: 12)
        append(part: years, "Y")
        append(part: rest, "M")
        append(part: days, "D")
        let (seconds, fraction) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        appendTime(seconds: seconds, nanoseconds: fraction, isAlone: months == 0 && days == 0)
        append(UInt8(ascii: "\""))
    }

    private func append(part: Int, _ letter: Unicode.Scalar) {
        guard part != 0 else { return }
        append(number: part)
        append(UInt8(ascii: letter))
    }

    private func appendTime(seconds: Int, nanoseconds: Int, isAlone: Bool) {
        guard seconds != 0 || nanoseconds != 0 || isAlone else { return }
        append(UInt8(ascii: "T"))
        append(part: seconds / 3600, "H")
        append(part: seconds / 60 % 60, "M")
        let last = seconds % 60
        guard last != 0 || nanoseconds != 0 || seconds == 0 else { return }
        if last < 0 || nanoseconds < 0 { append(UInt8(ascii: "-")) }
        append(number: abs(last))
        if nanoseconds != 0 {
            append(UInt8(ascii: "."))
            var (digits, rest) = (9, abs(nanoseconds))
            while rest % 10 == 0 { (digits, rest) = (digits - 1, rest / 10) }
            append(rest, digits: digits)
        }
        append(UInt8(ascii: "S"))
    }
}

extension ArrowType.Unit {
    fileprivate var perSecond: Int {
        switch self {
        case .seconds: 1
        case .milliseconds: 1000
        case .microseconds: 1_000_000
        case .nanoseconds: 1_000_000_000
        }
    }
}
