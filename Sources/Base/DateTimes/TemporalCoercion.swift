import Glibc  // For libm: an unoptimized build calls it to round.

/// Converts values of other types for a `timestamp`, `date` or `time` column. Nil is a failed conversion, whose value
/// goes to a variant column.
package enum TemporalCoercion {
    /// Microseconds since the epoch, UTC, of a timestamp, of a date (its midnight) or of a number of seconds.
    package static func timestamp(text bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        switch parseTemporal(bytes) {
        case .timestamp(let instant): instant.utcMicroseconds
        case .date(let date): Instant(date: date).utcMicroseconds
        case .time: nil
        case nil: timestamp(numberText: bytes)
        }
    }

    /// The day of a date, of a timestamp (in UTC) or of a number of seconds since the epoch.
    ///
    /// CPython 3.11 ignores what follows 8 digits in a text of 10, so dlt on CPython 3.11 reads `2020012412`, a number
    /// of seconds, as January 24th, 2020. This is not reproduced.
    package static func date(text bytes: UnsafeBufferPointer<UInt8>) -> CivilDate? {
        switch parseTemporal(bytes) {
        case .timestamp(let instant): instant.utcDate
        case .date(let date): date
        case .time: nil
        case nil: timestamp(numberText: bytes).flatMap(CivilDate.init(utcMicroseconds:))
        }
    }

    /// The naive UTC time of a time; timestamps and numbers fail.
    package static func time(text bytes: UnsafeBufferPointer<UInt8>) -> TimeOfDay? {
        guard case .time(let time)? = parseTemporal(bytes) else { return nil }
        return time.inUTC
    }

    /// Microseconds since the epoch; nil outside the years 1 to 9999.
    package static func timestamp(epochSeconds seconds: Int64) -> Int64? {
        epochSecondRange.contains(Int(seconds)) ? seconds * 1_000_000 : nil
    }

    /// Microseconds since the epoch, rounded half to even as Python's `datetime.fromtimestamp` does; nil outside the
    /// years 1 to 9999.
    package static func timestamp(epochSeconds seconds: Double) -> Int64? {
        // Compared as doubles first, because NaN and the infinities cannot become integers.
        guard seconds > -62_135_596_801, seconds < 253_402_300_800 else { return nil }
        let whole = seconds.rounded(.towardZero)
        let microseconds = ((seconds - whole) * 1_000_000).rounded(.toNearestOrEven)
        let total = Int64(whole) * 1_000_000 + Int64(microseconds)
        return epochSecondRange.contains(floorDivided(Int(total), by: 1_000_000).quotient) ? total : nil
    }

    /// The same as `timestamp(epochSeconds:)`, for a number written in JSON or in a text.
    ///
    /// Accepts what Python's `float` accepts, including surrounding white space and underscores between digits, but
    /// ASCII only. A number of four or eight digits is read as seconds here; only a text can be a date.
    package static func timestamp(numberText bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        var start = 0
        var end = bytes.count
        while start < end, isPythonSpace(bytes[start]) { start += 1 }
        while end > start, isPythonSpace(bytes[end - 1]) { end -= 1 }
        // No number in range needs more, and 18 digits always fit an Int64.
        guard end > start, end - start <= 400 else { return nil }
        if end - start <= 18, bytes[start..<end].allSatisfy(isDigit) {
            return timestamp(epochSeconds: bytes[start..<end].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) })
        }
        var text = ""
        text.reserveCapacity(end - start)
        for index in start..<end {
            switch bytes[index] {
            case UInt8(ascii: "_"):
                guard index > start, index + 1 < end, isDigit(bytes[index - 1]), isDigit(bytes[index + 1]) else {
                    return nil
                }
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
                UInt8(ascii: "+"), UInt8(ascii: "-"):
                text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
            default:
                return nil
            }
        }
        return Double(text).flatMap(timestamp(epochSeconds:))
    }
}

private func isPythonSpace(_ byte: UInt8) -> Bool {
    (0x09...0x0D).contains(byte) || (0x1C...0x20).contains(byte)
}
