/// Times as HTTP writes them (RFC 9110, 5.6.7).
package enum HTTPDate {
    /// Seconds since 1970; nil for anything but the three forms.
    package static func parse(_ text: some StringProtocol) -> Int64? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT
        case 6 where words[5] == "GMT":
            return seconds(day: words[1], month: words[2], year: words[3], clock: words[4])
        // Sun Nov  6 08:49:37 1994
        case 5: return seconds(day: words[2], month: words[1], year: words[4], clock: words[3])
        default: return nil
        }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func seconds(
        day: some StringProtocol, month: some StringProtocol, year: some StringProtocol, clock: some StringProtocol
    ) -> Int64? {
        let time = clock.split(separator: ":").compactMap { Int64($0) }
        guard let index = months.firstIndex(of: String(month)), let day = Int64(day), (1...31).contains(day),
            var year = Int64(year), time.count == 3, (0...23).contains(time[0]), (0...59).contains(time[1]),
            (0...60).contains(time[2])
        else { return nil }
        // Two digits mean the nearest century; for dates from servers, 70 to 99 are in the past.
        if year < 100 { year += year < 70 ? 2000 : 1900 }
        guard (1...9999).contains(year) else { return nil }
        // Days from civil, with March as the first month.
        let number = Int64(index + 1)
        let shifted = number <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (number + (number > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]
    }
}
