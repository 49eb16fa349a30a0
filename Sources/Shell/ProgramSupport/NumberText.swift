import SystemIO

/// Numbers as people read them.
package enum NumberText {
    /// "1,234,567"
    package static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var grouped = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return grouped
    }

    /// "1 row", "1,234 rows"
    package static func rows(_ value: Int) -> String { count(value, of: "row") }

    /// "1 record", "2 records": a count and what is counted, whose plural ends with s.
    package static func count(_ value: Int, of noun: String) -> String {
        "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
    }

    /// "999 B", "1.5 kB", "20 MB": decimal units, as disks are sold.
    package static func bytes(_ value: Int64) -> String {
        var amount = Double(value)
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            // 999.5 of a unit would be printed as 1000 of that unit.
            if abs(amount) < 999.5 || unit == "TB" {
                return "\(unit == "B" ? String(value) : significant(amount)) \(unit)"
            }
            amount /= 1000
        }
        return "\(value) B"
    }

    /// "0.8 s", "12 s", "3 min 20 s", "2 h 5 min"
    package static func duration(nanoseconds: Int64) -> String {
        let seconds = Double(nanoseconds) / 1e9
        if seconds < 0.9995 { return seconds < 0.01 ? "\(significant(seconds * 1e3)) ms" : "\(fixed(seconds, 2)) s" }
        if seconds < 59.5 { return "\(significant(seconds)) s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }

    /// The same, of seconds that another program has written.
    package static func duration(seconds: Double) -> String {
        duration(nanoseconds: Clock.nanoseconds(max(0, seconds)))
    }

    /// A time such as 90s, 30m or 2h, in nanoseconds; nil when it is not one, or longer than 30 years.
    package static func nanoseconds(_ text: String) -> Int64? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        let unit = text.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? text : String(text.dropLast())) else { return nil }
        let seconds = number * (unit ?? 1)
        return seconds > 0 && seconds < 1e9 ? Int64(seconds * 1e9) : nil
    }

    /// "12,300 rows/s"
    package static func rate(_ count: Int, nanoseconds: Int64) -> String {
        guard nanoseconds > 0 else { return "- rows/s" }
        let rate = Double(count) * 1e9 / Double(nanoseconds)
        return "\(self.count(Int(rate.rounded()))) rows/s"
    }

    /// One digit after the point below ten, none above.
    private static func significant(_ value: Double) -> String {
        fixed(value, abs(value) < 9.95 ? 1 : 0)
    }

    private static func fixed(_ value: Double, _ places: Int) -> String {
        let scale = places == 0 ? 1 : places == 1 ? 10 : 100
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        if places == 0 { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}
