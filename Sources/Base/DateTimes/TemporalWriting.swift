/// Writers into memory that the caller owns. None of them allocates.
package enum TemporalWriter {
    /// The most bytes that any of the writers needs.
    package static let maxCount = 27

    /// Writes `YYYY-MM-DDTHH:MM:SS.ffffffZ`, or without `Z` for columns without a time zone.
    ///
    /// - Parameter microseconds: since the epoch, in the years 1 to 9999.
    /// - Returns: how many bytes were written: 27, or 26 without `Z`.
    @discardableResult
    package static func write(
        timestamp microseconds: Int64, isUTC: Bool, into output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let (days, microsecondOfDay) = floorDivided(Int(microseconds), by: 1_000_000 * secondsPerDay)
        write(date: CivilDate(unchecked: days), into: output)
        output[10] = UInt8(ascii: "T")
        let (second, fraction) = microsecondOfDay.quotientAndRemainder(dividingBy: 1_000_000)
        write(secondOfDay: second, microsecond: fraction, into: output + 11)
        guard isUTC else { return 26 }
        output[26] = UInt8(ascii: "Z")
        return 27
    }

    /// Copies the most frequent form of a timestamp, `YYYY-MM-DDTHH:MM:SSZ`, straight to the output. Returns nil, and
    /// counts nothing as written, for every other text. The output equals that of parsing and writing the text.
    @inline(__always)
    package static func write(
        wholeSeconds text: UnsafeBufferPointer<UInt8>, isUTC: Bool, into output: UnsafeMutablePointer<UInt8>
    ) -> Int? {
        guard text.count == 20, let text = text.baseAddress, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            text[19] == UInt8(ascii: "Z")
        else { return nil }
        // 100 and more for anything but two digits.
        func number(at place: Int) -> Int {
            let (tens, ones) = (Int(text[place]) - 0x30, Int(text[place + 1]) - 0x30)
            return UInt(bitPattern: tens) <= 9 && UInt(bitPattern: ones) <= 9 ? tens * 10 + ones : 1000
        }
        let (century, year, month, day) = (number(at: 0), number(at: 2), number(at: 5), number(at: 8))
        guard century < 100, year < 100, number(at: 11) < 24, number(at: 14) < 60, number(at: 17) < 60,
            CivilDate(year: century * 100 + year, month: month, day: day) != nil
        else { return nil }
        output.update(from: text, count: 19)
        output[19] = UInt8(ascii: ".")
        (output + 20).update(repeating: UInt8(ascii: "0"), count: 6)
        guard isUTC else { return 26 }
        output[26] = UInt8(ascii: "Z")
        return 27
    }

    /// Writes `YYYY-MM-DD`.
    ///
    /// - Returns: how many bytes were written: 10.
    @discardableResult
    package static func write(date: CivilDate, into output: UnsafeMutablePointer<UInt8>) -> Int {
        write(date.year / 100, into: output)
        write(date.year % 100, into: output + 2)
        output[4] = UInt8(ascii: "-")
        write(date.month, into: output + 5)
        output[7] = UInt8(ascii: "-")
        write(date.day, into: output + 8)
        return 10
    }

    /// Writes `HH:MM:SS.ffffff`. Does not write an offset: `TimeOfDay.inUTC` applies it first.
    ///
    /// - Returns: how many bytes were written: 15.
    @discardableResult
    package static func write(time: TimeOfDay, into output: UnsafeMutablePointer<UInt8>) -> Int {
        write(secondOfDay: time.secondOfDay, microsecond: time.microsecond, into: output)
        return 15
    }

    /// Writes `HH:MM:SS.ffffff`.
    ///
    /// - Parameter microseconds: since midnight, less than a day.
    @discardableResult
    package static func write(timeOfDay microseconds: Int64, into output: UnsafeMutablePointer<UInt8>) -> Int {
        let (second, fraction) = Int(microseconds).quotientAndRemainder(dividingBy: 1_000_000)
        write(secondOfDay: second, microsecond: fraction, into: output)
        return 15
    }

    private static func write(secondOfDay: Int, microsecond: Int, into output: UnsafeMutablePointer<UInt8>) {
        write(secondOfDay / 3600, into: output)
        output[2] = UInt8(ascii: ":")
        write(secondOfDay / 60 % 60, into: output + 3)
        output[5] = UInt8(ascii: ":")
        write(secondOfDay % 60, into: output + 6)
        output[8] = UInt8(ascii: ".")
        write(microsecond / 10_000, into: output + 9)
        write(microsecond / 100 % 100, into: output + 11)
        write(microsecond % 100, into: output + 13)
    }

    /// Two digits.
    private static func write(_ value: Int, into output: UnsafeMutablePointer<UInt8>) {
        output[0] = UInt8(truncatingIfNeeded: value / 10) &+ UInt8(ascii: "0")
        output[1] = UInt8(truncatingIfNeeded: value % 10) &+ UInt8(ascii: "0")
    }
}
