import DateTimes
import TableSources

/// Times of the server as JSON strings. The years that dlt knows are written as ISO 8601; others as the server writes them, so that
/// they stay texts: `0044-03-15 BC`.
enum ServerTimes {
    typealias Output = UnsafeMutablePointer<UInt8>

    /// 2000-01-01, the server's epoch, since 1970.
    static let epochDays = 10_957
    static let epochMicroseconds: Int64 = 946_684_800_000_000
    /// 0001-01-01T00:00:00 and 9999-12-31T23:59:59.999999, since the server's epoch.
    static let first = -62_135_596_800_000_000 - epochMicroseconds
    static let last = 253_402_300_799_999_999 - epochMicroseconds
    private static let microsecondsPerDay: Int64 = 86_400_000_000

    /// - Parameter time: microseconds since the server's epoch.
    @inline(__always)
    static func write(timestamp time: Int64, isUTC: Bool, into output: Output) -> Output {
        guard first...last ~= time else {
            var (days, timeOfDay) = time.quotientAndRemainder(dividingBy: microsecondsPerDay)
            if timeOfDay < 0 { (days, timeOfDay) = (days - 1, timeOfDay + microsecondsPerDay) }
            return WideTimes.write(date: Int(days) + epochDays, timeOfDay, isUTC: isUTC, into: output)
        }
        let microseconds = time &+ epochMicroseconds
        output.pointee = UInt8(ascii: "\"")
        let count = TemporalWriter.write(timestamp: microseconds, isUTC: isUTC, into: output + 1)
        output[count + 1] = UInt8(ascii: "\"")
        return output + count + 2
    }

    @inline(__always)
    static func write(date days: Int, into output: Output) -> Output {
        guard let date = CivilDate(daysSinceEpoch: days) else {
            return WideTimes.write(date: days, into: output)
        }
        output.pointee = UInt8(ascii: "\"")
        TemporalWriter.write(date: date, into: output + 1)
        output[11] = UInt8(ascii: "\"")
        return output + 12
    }

    @inline(__always)
    static func write(timeOfDay microseconds: Int64, into output: Output) -> Output {
        if microseconds == microsecondsPerDay {
            // The end of a day, which elsewhere belongs to the next one.
            var end = output
            put("\"24:00:00\"", &end)
            return end
        }
        output.pointee = UInt8(ascii: "\"")
        let count = TemporalWriter.write(timeOfDay: microseconds, into: output + 1)
        output[count + 1] = UInt8(ascii: "\"")
        return output + count + 2
    }

    private static func put(_ text: StaticString, _ output: inout Output) {
        output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        output += text.utf8CodeUnitCount
    }
}
