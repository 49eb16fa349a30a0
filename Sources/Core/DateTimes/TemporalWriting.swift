/// Writers into memory of the caller's. None allocates.
package enum TemporalWriter {
    /// Room that any of the writers needs at most.
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

    /// Writes `HH:MM:SS.ffffff`; an offset is not written, `TimeOfDay.inUTC` takes it into account.
    ///
    /// - Returns: how many bytes were written: 15.
    @discardableResult
    package static func write(time: TimeOfDay, into output: UnsafeMutablePointer<UInt8>) -> Int {
        write(secondOfDay: time.secondOfDay, microsecond: time.microsecond, into: output)
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
