import DateTimes

enum TimeText {
    /// `2024-01-15 08:00:00.123456`
    static func text(_ microseconds: Int64) -> String {
        let text = Checker.written { TemporalWriter.write(timestamp: microseconds, isUTC: false, into: $0) }
        return text.prefix(10) + " " + text.dropFirst(11)
    }
}
