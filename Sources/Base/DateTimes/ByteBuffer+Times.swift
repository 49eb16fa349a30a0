public import JSONText

extension ByteBuffer {
    /// `"2026-11-30"`; false, and nothing appended, outside the years 1 to 9999.
    public func append(date days: Int) -> Bool {
        guard let date = CivilDate(daysSinceEpoch: days) else { return false }
        append(UInt8(ascii: "\""))
        append(atMost: TemporalWriter.maxCount) { TemporalWriter.write(date: date, into: $0) }
        append(UInt8(ascii: "\""))
        return true
    }

    /// `"2026-11-30T08:00:00.000000Z"`, or without `Z`; false, and nothing appended, outside the years 1 to 9999.
    ///
    /// - Parameter microseconds: since 1970.
    public func append(timestamp microseconds: Int64, isUTC: Bool) -> Bool {
        guard -62_135_596_800_000_000..<253_402_300_800_000_000 ~= microseconds else { return false }
        append(UInt8(ascii: "\""))
        append(atMost: TemporalWriter.maxCount) {
            TemporalWriter.write(timestamp: microseconds, isUTC: isUTC, into: $0)
        }
        append(UInt8(ascii: "\""))
        return true
    }

    /// `"08:00:00.000000"`; false, and nothing appended, for what is not a time of day.
    public func append(timeOfDay microseconds: Int64) -> Bool {
        guard 0..<86_400_000_000 ~= microseconds else { return false }
        append(UInt8(ascii: "\""))
        append(atMost: TemporalWriter.maxCount) {
            TemporalWriter.write(timeOfDay: microseconds, into: $0)
        }
        append(UInt8(ascii: "\""))
        return true
    }
}
