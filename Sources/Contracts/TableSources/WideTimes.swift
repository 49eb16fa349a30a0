import DateTimes

/// Times in years that dlt does not know, as JSON strings in the spelling of databases, so that they stay texts: `0044-03-15 BC`,
/// `10000-01-01 08:00:00.000000+00`. They need room for 48 bytes.
package enum WideTimes {
    package typealias Output = UnsafeMutablePointer<UInt8>

    /// - Parameter days: since 1970.
    package static func write(date days: Int, into output: Output) -> Output {
        var end = output
        put("\"", &end)
        let isBC = writeDate(days, &end)
        put(isBC ? " BC\"" : "\"", &end)
        return end
    }

    /// - Parameter timeOfDay: in microseconds.
    package static func write(date days: Int, _ timeOfDay: Int64, isUTC: Bool, into output: Output) -> Output {
        var end = output
        put("\"", &end)
        let isBC = writeDate(days, &end)
        put(" ", &end)
        end += TemporalWriter.write(timeOfDay: timeOfDay, into: end)
        if isUTC { put("+00", &end) }
        put(isBC ? " BC\"" : "\"", &end)
        return end
    }

    /// The date without its era; returns whether that is before Christ. The method of
    /// http://howardhinnant.github.io/date_algorithms.html.
    private static func writeDate(_ days: Int, _ output: inout Output) -> Bool {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let isBC = year <= 0
        let shown = isBC ? 1 - year : year
        var divisor = 1000
        while shown / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            output.pointee = UInt8(0x30 + shown / divisor % 10)
            output += 1
            divisor /= 10
        }
        put(twoDigits: month, &output)
        put(twoDigits: day, &output)
        return isBC
    }

    private static func put(twoDigits part: Int, _ output: inout Output) {
        output[0] = UInt8(ascii: "-")
        output[1] = UInt8(0x30 + part / 10)
        output[2] = UInt8(0x30 + part % 10)
        output += 3
    }

    private static func put(_ text: StaticString, _ output: inout Output) {
        output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        output += text.utf8CodeUnitCount
    }
}
