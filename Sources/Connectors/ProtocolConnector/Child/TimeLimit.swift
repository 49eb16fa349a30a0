import SystemIO

/// The value of `--max-duration`.
enum TimeLimit {
    /// A time such as 90s, 30m or 2h, in nanoseconds; nil when it is not one.
    static func nanoseconds(_ text: String) -> Int64? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        let unit = text.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? text : String(text.dropLast())), number > 0, number < 1e7 else {
            return nil
        }
        return Int64(number * (unit ?? 1) * 1e9)
    }

    /// The moment of the monotonic clock at which a run ends that begins now.
    static func deadline(_ text: String?) -> Int64? {
        text.flatMap(nanoseconds).map { Clock.monotonicNanoseconds() + $0 }
    }
}
