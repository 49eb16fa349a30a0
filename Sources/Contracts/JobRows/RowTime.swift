/// Times as numbers, from the one form that rows have.
enum RowTime {
    typealias Text = UnsafePointer<UInt8>

    /// Microseconds since 1970 of `2024-01-15T10:00:00.000000`, with or without `Z`.
    @inline(__always)
    static func microseconds(_ text: Text, _ count: Int) -> Int64? {
        guard count == 27 || count == 26, text[10] == UInt8(ascii: "T"), let day = day(text, 10),
            let time = timeOfDay(text + 11, 15), count == 26 || text[26] == UInt8(ascii: "Z")
        else { return nil }
        return day * 86_400_000_000 + time
    }

    /// Days since 1970 of `2024-01-15`.
    @inline(__always)
    static func day(_ text: Text, _ count: Int) -> Int64? {
        guard count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let century = digits(text), let years = digits(text + 2), let month = digits(text + 5),
            let day = digits(text + 8), 1...12 ~= month
        else { return nil }
        // The method of http://howardhinnant.github.io/date_algorithms.html, for years from 0 on.
        let year = century * 100 + years - (month <= 2 ? 1 : 0)
        guard year >= 0 else { return nil }
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }

    /// Microseconds since midnight of `10:00:00.000000`.
    @inline(__always)
    static func timeOfDay(_ text: Text, _ count: Int) -> Int64? {
        guard count == 15, text[2] == UInt8(ascii: ":"), text[5] == UInt8(ascii: ":"), text[8] == UInt8(ascii: "."),
            let hour = digits(text), let minute = digits(text + 3), let second = digits(text + 6),
            let first = digits(text + 9), let middle = digits(text + 11), let last = digits(text + 13)
        else { return nil }
        return Int64((hour * 60 + minute) * 60 + second) * 1_000_000 + Int64(first * 10_000 + middle * 100 + last)
    }

    @inline(__always)
    private static func digits(_ text: Text) -> Int? {
        let tens = text[0] &- 0x30
        let ones = text[1] &- 0x30
        return tens <= 9 && ones <= 9 ? Int(tens) * 10 + Int(ones) : nil
    }
}
