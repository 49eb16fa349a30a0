import DateTimes

package enum SQLTime {
    /// `2024-01-15 08:00:00.123456` of microseconds since 1970 UTC.
    package static func text(_ microseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: TemporalWriter.maxCount) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            let count = TemporalWriter.write(timestamp: microseconds, isUTC: false, into: start)
            start[10] = UInt8(ascii: " ")
            return count
        }
    }
}
