import DateTimes
import JSONText

/// The form in which an API wants the values of a cursor; the state keeps them unchanged.
enum IncrementalConversion: String, CaseIterable, Sendable {
    /// Seconds since 1970.
    case epoch
    case epochMilliseconds = "epoch_milliseconds"
    /// `2024-01-31`.
    case date
    /// `2024-01-31T10:00:00Z`.
    case timestamp

    /// nil when the value is not a time.
    func convert(_ value: JSONValue) -> JSONValue? {
        let text = value.plainText
        guard let microseconds = Self.microseconds(text, isNumber: value.stringValue == nil) else { return nil }
        switch self {
        case .epoch: return .integer(Self.floor(microseconds, 1_000_000))
        case .epochMilliseconds: return .integer(Self.floor(microseconds, 1_000))
        case .date:
            guard let day = CivilDate(utcMicroseconds: microseconds) else { return nil }
            return .string(Self.text { TemporalWriter.write(date: day, into: $0) })
        case .timestamp:
            let text = Self.text { TemporalWriter.write(timestamp: microseconds, isUTC: true, into: $0) }
            return .string(text.hasSuffix(".000000Z") ? text.dropLast(8) + "Z" : text)
        }
    }

    private static func text(_ write: (UnsafeMutablePointer<UInt8>) -> Int) -> String {
        String(unsafeUninitializedCapacity: TemporalWriter.maxCount) { buffer in buffer.baseAddress.map(write) ?? 0 }
    }

    private static func microseconds(_ text: String, isNumber: Bool) -> Int64? {
        if isNumber {
            if let seconds = Int64(text), abs(seconds) < 1 << 40 { return seconds * 1_000_000 }
            return Double(text).flatMap { abs($0) < 1e12 ? Int64($0 * 1e6) : nil }
        }
        var text = text
        switch text.withUTF8({ parseTemporal($0) }) {
        case .timestamp(let instant)?: return instant.utcMicroseconds
        case .date(let date)?: return Instant(date: date).utcMicroseconds
        default: return nil
        }
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
