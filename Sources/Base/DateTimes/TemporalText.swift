/// The meaning of a text that has the form of a date, a time or both.
package enum TemporalValue: Sendable, Equatable {
    case timestamp(Instant)
    case date(CivilDate)
    case time(TimeOfDay)
}

/// Whether a text is worth parsing as a timestamp: looks only at its length and its first five bytes.
///
/// Every timestamp begins with a year of four digits; the shortest is `20240:5`, which dlt accepts as well.
package func mayBeTimestamp(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count >= 7, isDigit(bytes[0]), isDigit(bytes[1]), isDigit(bytes[2]), isDigit(bytes[3]) else {
        return false
    }
    switch bytes[4] {
    case UInt8(ascii: "-"), UInt8(ascii: "W"), UInt8(ascii: " "), UInt8(ascii: "/"), UInt8(ascii: ":"): return true
    default: return isDigit(bytes[4])
    }
}

/// Reads a date, time or timestamp; nil unless the whole text is one.
///
/// The grammar is that of dlt 1.31, found by trying: strict ISO 8601 in basic or extended form, else a looser form with
/// `/` or `:` in dates and single digits in times, which has no offset. dlt takes any script's digits in the looser form;
/// here digits are ASCII.
package func parseTemporal(_ bytes: UnsafeBufferPointer<UInt8>) -> TemporalValue? {
    // In every form the first character is a digit, or `T`, or a space before a digit.
    guard let first = bytes.first, isDigit(first) || first == UInt8(ascii: "T") || first == UInt8(ascii: " ") else {
        return nil
    }
    return parseISO(bytes) ?? parseLoose(bytes)
}

// MARK: - ISO 8601

private func parseISO(_ bytes: UnsafeBufferPointer<UInt8>) -> TemporalValue? {
    var scanner = Scanner(bytes)
    if scanner.skip("T") {
        return scanner.takeTime(isExtended: false).map(TemporalValue.time)
    }
    if bytes.count > 2, bytes[2] == UInt8(ascii: ":") {
        return scanner.takeTime(isExtended: true).map(TemporalValue.time)
    }
    guard let (date, form) = scanner.takeISODate() else { return nil }
    if scanner.isAtEnd { return .date(date) }
    guard form != .yearOnly, scanner.skip("T") || scanner.skip(" ") else { return nil }
    return scanner.takeTime(isExtended: form == .extended).map { .timestamp(Instant(date: date, time: $0)) }
}

private enum DateForm {
    /// `2024`, which a time may not follow.
    case yearOnly
    /// Without separators.
    case basic
    /// With `-` between all parts.
    case extended
}

extension Scanner {
    fileprivate mutating func takeISODate() -> (CivilDate, DateForm)? {
        guard let year = take(digits: 4) else { return nil }
        if isAtEnd { return CivilDate(year: year, month: 1, day: 1).map { ($0, .yearOnly) } }
        if skip("-") {
            if skip("W") {
                guard let week = take(digits: 2) else { return nil }
                guard skip("-") else { return dateOf(year, week: week, weekday: 1).map { ($0, .extended) } }
                guard let weekday = take(digits: 1) else { return nil }
                return dateOf(year, week: week, weekday: weekday).map { ($0, .extended) }
            }
            guard let month = take(digits: 2) else { return nil }
            if let digit = take(digits: 1) {
                return dateOf(year, ordinal: month * 10 + digit).map { ($0, .extended) }
            }
            guard skip("-") else { return CivilDate(year: year, month: month, day: 1).map { ($0, .extended) } }
            guard let day = take(digits: 2) else { return nil }
            return CivilDate(year: year, month: month, day: day).map { ($0, .extended) }
        }
        if skip("W") {
            guard let week = take(digits: 2) else { return nil }
            return dateOf(year, week: week, weekday: take(digits: 1) ?? 1).map { ($0, .basic) }
        }
        guard let ordinal = take(digits: 3) else { return nil }
        guard let digit = take(digits: 1) else { return dateOf(year, ordinal: ordinal).map { ($0, .basic) } }
        return CivilDate(year: year, month: ordinal / 10, day: ordinal % 10 * 10 + digit).map { ($0, .basic) }
    }

    /// Takes a time and its offset up to the end of the text.
    ///
    /// - Parameter isExtended: `10:00:00`, else `100000`; after a basic date or a bare `T`, dlt also accepts `10:00`.
    fileprivate mutating func takeTime(isExtended: Bool) -> TimeOfDay? {
        guard let hour = take(digits: 2) else { return nil }
        var minute = 0
        var second = 0
        var microsecond = 0
        if skip(":") {
            guard let digits = take(digits: 2) else { return nil }
            minute = digits
            if isExtended, skip(":") {
                guard let digits = take(digits: 2) else { return nil }
                second = digits
                guard let fraction = takeFraction() else { return nil }
                microsecond = fraction
            }
        } else if !isExtended, let digits = take(digits: 2) {
            minute = digits
            if let digits = take(digits: 2) {
                second = digits
                guard let fraction = takeFraction() else { return nil }
                microsecond = fraction
            }
        }
        var offset: Int?
        if skip("Z") {
            offset = 0
        } else if !isAtEnd {
            let isWest = skip("-")
            guard isWest || skip("+"), let hours = take(digits: 2) else { return nil }
            // `+02:` means `+02:00`, and minutes may go up to 99, as in dlt.
            _ = skip(":")
            var minutes = 0
            if !isAtEnd {
                guard let digits = take(digits: 2) else { return nil }
                minutes = digits
            }
            offset = (isWest ? -1 : 1) * (hours * 60 + minutes) * 60
        }
        guard isAtEnd else { return nil }
        return TimeOfDay(hour: hour, minute: minute, second: second, microsecond: microsecond, offset: offset)
    }

    /// The microseconds of a fraction, truncated; 0 when there is no fraction, nil when it has no digits.
    private mutating func takeFraction() -> Int? {
        guard skip(".") || skip(",") else { return 0 }
        return takeFractionDigits(atMost: .max)
    }
}

/// The day of an ISO week; nil when the year has no such week.
///
/// Week 0 and weekday 0 are the ones before the first, as in dlt.
private func dateOf(_ year: Int, week: Int, weekday: Int) -> CivilDate? {
    guard weekday <= 7, week <= 53, let january4 = CivilDate(year: year, month: 1, day: 4)?.daysSinceEpoch else {
        return nil
    }
    // The week of January 4th is the first; 1970-01-01 was a Thursday, and days before it divide towards zero.
    let dayOfWeek = floorDivided(january4 + 3, by: 7).remainder
    if week == 53 {
        let january1 = (dayOfWeek + 4) % 7
        guard january1 == 3 || (january1 == 2 && isLeap(year)) else { return nil }
    }
    return CivilDate(daysSinceEpoch: january4 - dayOfWeek + (week - 1) * 7 + weekday - 1)
}

/// The day of a year, counted from 1.
private func dateOf(_ year: Int, ordinal: Int) -> CivilDate? {
    guard ordinal >= 1, ordinal <= (isLeap(year) ? 366 : 365), let first = CivilDate(year: year, month: 1, day: 1)
    else {
        return nil
    }
    return CivilDate(daysSinceEpoch: first.daysSinceEpoch + ordinal - 1)
}

// MARK: - The looser form

/// `[YYYY[[/:]MM[/:]DD]][ ][H]H:[M]M[:[S]S][.fraction]`, any mix of separators in the date, either date or time optional.
private func parseLoose(_ bytes: UnsafeBufferPointer<UInt8>) -> TemporalValue? {
    // The first reading that fits the form decides, even if there is no such day: 202401:30 is January 30th, while
    // 202401:30:15 can only be a year and a time.
    for dateForm in [LooseDate.full, .year, .none] {
        var scanner = Scanner(bytes)
        guard let (year, month, day) = scanner.takeLooseDate(dateForm) else { continue }
        let date = CivilDate(year: year, month: month, day: day)
        if scanner.isAtEnd { return date.map(TemporalValue.date) }
        guard let fields = scanner.takeLooseTime() else { continue }
        let time = TimeOfDay(
            hour: fields.hour, minute: fields.minute, second: fields.second, microsecond: fields.microsecond)
        guard let date, let time else { return nil }
        return dateForm == .none ? .time(time) : .timestamp(Instant(date: date, time: time))
    }
    return nil
}

private enum LooseDate { case full, year, none }

extension Scanner {
    /// The fields of a date, which need not exist; nil when the text does not have this form.
    fileprivate mutating func takeLooseDate(_ form: LooseDate) -> (year: Int, month: Int, day: Int)? {
        if form == .none { return (1, 1, 1) }
        guard let year = take(digits: 4) else { return nil }
        if form == .year { return (year, 1, 1) }
        _ = skip("/") || skip(":")
        guard let month = take(digits: 2) else { return nil }
        _ = skip("/") || skip(":")
        guard let day = take(digits: 2) else { return nil }
        return (year, month, day)
    }

    /// The fields of a time that ends the text; the time need not exist.
    fileprivate mutating func takeLooseTime() -> (hour: Int, minute: Int, second: Int, microsecond: Int)? {
        _ = skip(" ")
        guard let hour = take(digits: 2) ?? take(digits: 1), skip(":"),
            let minute = take(digits: 2) ?? take(digits: 1)
        else { return nil }
        var second = 0
        if skip(":") {
            guard let digits = take(digits: 2) ?? take(digits: 1) else { return nil }
            second = digits
        }
        var microsecond = 0
        if skip(".") || skip(",") || skip("|") {
            guard let fraction = takeFractionDigits(atMost: 9) else { return nil }
            microsecond = fraction
        }
        return isAtEnd ? (hour, minute, second, microsecond) : nil
    }
}

// MARK: - Scanning

private struct Scanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    /// The value of exactly `count` digits; another digit may follow.
    mutating func take(digits count: Int) -> Int? {
        guard bytes.count - position >= count else { return nil }
        var value = 0
        for index in position..<(position + count) {
            guard isDigit(bytes[index]) else { return nil }
            value = value * 10 + Int(bytes[index] - UInt8(ascii: "0"))
        }
        position += count
        return value
    }

    /// The microseconds of at least one digit after the point, truncated after the sixth.
    mutating func takeFractionDigits(atMost limit: Int) -> Int? {
        var count = 0
        var microseconds = 0
        while count < limit, position < bytes.count, isDigit(bytes[position]) {
            if count < 6 { microseconds = microseconds * 10 + Int(bytes[position] - UInt8(ascii: "0")) }
            count += 1
            position += 1
        }
        guard count > 0 else { return nil }
        for _ in count..<max(count, 6) { microseconds *= 10 }
        return microseconds
    }
}

func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10
}
