import Coercion
import DateTimes
import JSONText

/// The cursor value of one record, in its text. Nothing is allocated for it.
struct CursorToken {
    enum Kind: UInt8, Sendable {
        case number, time, text

        var described: String { "a \(self)" }
    }

    var kind: Kind
    /// The digits of a number, the characters of any other value.
    var bytes: UnsafeBufferPointer<UInt8>
    /// For a time: microseconds since 1970 UTC.
    var microseconds: Int64 = 0

    /// Reads a JSON string with these characters.
    ///
    /// Nil when it does not have the type.
    ///
    /// - Parameter readsTimes: whether a text in the form of a time is one.
    init?(characters: UnsafeBufferPointer<UInt8>, as type: CursorType, readsTimes: Bool) {
        bytes = characters
        kind = .text
        switch type {
        case .text: return
        case .number:
            guard CursorToken.isNumber(characters) else { return nil }
            kind = .number
        case .time:
            guard let time = TemporalCoercion.timestamp(text: characters) else { return nil }
            (kind, microseconds) = (.time, time)
        case .auto:
            guard readsTimes, let time = CursorToken.evidentTime(characters) else { return }
            (kind, microseconds) = (.time, time)
        }
    }

    init(number digits: UnsafeBufferPointer<UInt8>, as type: CursorType) {
        bytes = digits
        kind = .number
        guard type == .time, let time = CursorToken.time(epoch: digits) else { return }
        (kind, microseconds) = (.time, time)
    }

    /// Whether a text is almost certainly a time: a timestamp, or a date written with separators. `20240101` and `2024`
    /// may as well be numbers.
    static func evidentTime(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard mayBeTimestamp(text) else { return nil }
        switch parseTemporal(text) {
        case .timestamp(let instant): return instant.utcMicroseconds
        case .date(let date):
            guard text.count > 4, text[4] == UInt8(ascii: "-") || text[4] == UInt8(ascii: "/") else { return nil }
            return Instant(date: date).utcMicroseconds
        default: return nil
        }
    }

    private static func isNumber(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        let tape = JSONTape()
        guard (try? tape.scan(text)) != nil else { return false }
        return tape[0].kind == .integer || tape[0].kind == .real
    }

    /// A number among times: seconds since 1970; if that is after the year 5138, milliseconds, then microseconds, then
    /// nanoseconds.
    static func time(epoch digits: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let whole = NumberToken.int64(digits) {
            switch whole.magnitude {
            case ..<100_000_000_000: return whole * 1_000_000
            case ..<100_000_000_000_000: return whole * 1000
            case ..<100_000_000_000_000_000: return whole
            default: return whole / 1000
            }
        }
        guard let number = NumberToken.double(digits), abs(number) < 1e17 else { return nil }
        let microseconds =
            abs(number) < 1e11 ? number * 1e6 : abs(number) < 1e14 ? number * 1e3 : number
        return Int64(microseconds.rounded())
    }
}

extension CursorToken {
    /// Compares this token with a value: less (-1), equal (0) or greater (1); nil when the two cannot be compared.
    func order(to value: borrowing CursorValue) -> Int? {
        value.bytes.withUnsafeBufferPointer { other in
            switch (kind, value.kind) {
            case (.number, .number): return DecimalText.compare(bytes, other)
            case (.time, .time):
                if microseconds != value.microseconds { return microseconds < value.microseconds ? -1 : 1 }
                return CursorToken.compareFractions(bytes, other)
            case (.text, .text): return CursorToken.compareTexts(bytes, other)
            case (.number, .time):
                return CursorToken.time(epoch: bytes).map { CursorToken.compare($0, value.microseconds) }
            case (.time, .number):
                guard let time = value.timeOfNumber else { return nil }
                return CursorToken.compare(microseconds, time)
            default: return nil
            }
        }
    }

    private static func compare(_ a: Int64, _ b: Int64) -> Int { a < b ? -1 : a > b ? 1 : 0 }

    /// By code points, which UTF-8 keeps in order.
    private static func compareTexts(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        let shared = min(a.count, b.count)
        for index in 0..<shared where a[index] != b[index] { return a[index] < b[index] ? -1 : 1 }
        return compare(Int64(a.count), Int64(b.count))
    }

    /// Compares the digits after the microseconds of two times that are equal so far.
    private static func compareFractions(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
        guard a.count > 26 || b.count > 26 else { return 0 }
        var left = restOfFraction(a)
        var right = restOfFraction(b)
        while !left.isEmpty || !right.isEmpty {
            let x = left.popFirst() ?? 0x30
            let y = right.popFirst() ?? 0x30
            if x != y { return x < y ? -1 : 1 }
        }
        return 0
    }

    private static func restOfFraction(_ text: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>> {
        guard let point = text.firstIndex(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }) else {
            return text[text.endIndex...]
        }
        return text[(point + 1)...].prefix { $0 &- 0x30 <= 9 }.dropFirst(6)
    }
}
