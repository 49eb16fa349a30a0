import DateTimes
import RelationalSQL
import SQLite

/// Functions on times: texts as dlt writes them, `2024-01-15 08:00:00.123456` in UTC; any text that dlt would take for a time is understood.
enum TimeFunctions {
    static func register(in database: Database, now: Int64) throws(SQLiteError) {
        for name in ["now", "transaction_timestamp", "statement_timestamp"] {
            try database.register(function: name, arguments: 0) { $0.give(SQLTime.text(now)) }
        }
        try database.register(strict: "date_trunc", 2...2) { call in
            guard let time = time(call, 1, "date_trunc") else { return }
            guard let begin = time.truncated(to: call.string(0).lowercased()) else {
                return call.fail("date_trunc: the unit \"\(call.string(0))\" is not known")
            }
            call.give(SQLTime.text(begin))
        }
        try database.register(strict: "date_part", 2...2) { call in
            guard let time = time(call, 1, "date_part") else { return }
            guard let part = time.part(call.string(0).lowercased()) else {
                return call.fail("date_part: the unit \"\(call.string(0))\" is not known")
            }
            call.give(part)
        }
        try database.register(strict: "to_timestamp", 1...1) { call in
            guard let time = TemporalCoercion.timestamp(epochSeconds: call.double(0)) else {
                return call.fail("to_timestamp: there is no such time")
            }
            call.give(SQLTime.text(time))
        }
        try database.register(strict: "to_char", 2...2) { call in
            guard call.type(0) == .text else { return call.fail("to_char: only times are written here, not numbers") }
            guard let time = time(call, 0, "to_char") else { return }
            call.give(TimePicture(call.string(1)).text(time))
        }
    }

    private static func time(_ call: FunctionCall, _ index: Int, _ name: String) -> CalendarTime? {
        guard let microseconds = TemporalCoercion.timestamp(text: call.text(index)),
            let time = CalendarTime(microseconds)
        else {
            call.fail("\(name): \"\(call.string(index).prefix(60))\" is not a time")
            return nil
        }
        return time
    }
}

/// A time with its day in the calendar.
struct CalendarTime {
    static let microsecondsOfDay: Int64 = 86_400_000_000

    let microseconds: Int64
    let date: CivilDate
    /// Since midnight.
    let microsecondOfDay: Int64

    init?(_ microseconds: Int64) {
        let rest = microseconds % Self.microsecondsOfDay
        microsecondOfDay = rest < 0 ? rest + Self.microsecondsOfDay : rest
        guard let date = CivilDate(daysSinceEpoch: Int((microseconds - microsecondOfDay) / Self.microsecondsOfDay))
        else {
            return nil
        }
        self.microseconds = microseconds
        self.date = date
    }

    var hour: Int { Int(microsecondOfDay / 3_600_000_000) }
    var minute: Int { Int(microsecondOfDay / 60_000_000 % 60) }
    var second: Int { Int(microsecondOfDay / 1_000_000 % 60) }
    /// Of the second.
    var microsecond: Int { Int(microsecondOfDay % 1_000_000) }
    /// 1 for Monday.
    var weekday: Int { (((date.daysSinceEpoch + 3) % 7) + 7) % 7 + 1 }
    var dayOfYear: Int { date.daysSinceEpoch - (CivilDate(year: date.year, month: 1, day: 1)?.daysSinceEpoch ?? 0) + 1 }
    var quarter: Int { (date.month + 2) / 3 }

    /// ISO 8601: the week of a year that has its first Thursday is the first.
    var isoWeek: (year: Int, week: Int) {
        let thursday = CivilDate(daysSinceEpoch: date.daysSinceEpoch - weekday + 4) ?? date
        let first = CivilDate(year: thursday.year, month: 1, day: 1)?.daysSinceEpoch ?? 0
        return (thursday.year, (thursday.daysSinceEpoch - first) / 7 + 1)
    }

    private static func day(_ year: Int, _ month: Int, _ day: Int = 1) -> Int64? {
        CivilDate(year: year, month: month, day: day).map { Int64($0.daysSinceEpoch) * microsecondsOfDay }
    }

    /// The beginning of the unit that the time is in; nil for a unit that is not known.
    func truncated(to unit: String) -> Int64? {
        let year = date.year
        let midnight = microseconds - microsecondOfDay
        switch unit {
        case "microsecond", "microseconds": return microseconds
        case "millisecond", "milliseconds": return microseconds - Int64(microsecond % 1000)
        case "second", "seconds": return microseconds - Int64(microsecond)
        case "minute", "minutes": return microseconds - microsecondOfDay % 60_000_000
        case "hour", "hours": return microseconds - microsecondOfDay % 3_600_000_000
        case "day", "days": return midnight
        case "week", "weeks": return midnight - Int64(weekday - 1) * Self.microsecondsOfDay
        case "month", "months": return Self.day(year, date.month)
        case "quarter", "quarters": return Self.day(year, (quarter - 1) * 3 + 1)
        case "year", "years": return Self.day(year, 1)
        case "decade", "decades": return Self.day(max(year / 10 * 10, 1), 1)
        case "century", "centuries": return Self.day((year - 1) / 100 * 100 + 1, 1)
        case "millennium", "millennia": return Self.day((year - 1) / 1000 * 1000 + 1, 1)
        default: return nil
        }
    }

    func part(_ unit: String) -> Double? {
        switch unit {
        case "microseconds": Double(second * 1_000_000 + microsecond)
        case "milliseconds": Double(second * 1_000_000 + microsecond) / 1000
        case "second", "seconds": Double(second * 1_000_000 + microsecond) / 1_000_000
        case "minute", "minutes": Double(minute)
        case "hour", "hours": Double(hour)
        case "day", "days": Double(date.day)
        case "dow": Double(weekday % 7)
        case "isodow": Double(weekday)
        case "doy": Double(dayOfYear)
        case "week", "weeks": Double(isoWeek.week)
        case "month", "months": Double(date.month)
        case "quarter": Double(quarter)
        case "year", "years": Double(date.year)
        case "isoyear": Double(isoWeek.year)
        case "decade": Double(date.year / 10)
        case "century": Double((date.year + 99) / 100)
        case "millennium": Double((date.year + 999) / 1000)
        case "epoch": Double(microseconds) / 1_000_000
        default: nil
        }
    }
}

/// A template of `to_char`, as far as it is about times: `YYYY-MM-DD HH24:MI:SS`.
struct TimePicture {
    private let picture: String

    init(_ picture: String) { self.picture = picture }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    /// Longer ones before those that they begin with.
    private static let patterns = [
        "YYYY", "IYYY", "YYY", "YY", "HH24", "HH12", "HH", "MONTH", "Month", "month", "MON", "Mon", "mon", "MI", "MM",
        "MS", "US", "SSSSS",
        "SS", "DDD", "DAY", "Day", "day", "DD", "DY", "Dy", "dy", "ID", "IW", "AM", "PM", "am", "pm", "Q", "D", "TZ",
        "OF",
    ]

    func text(_ time: CalendarTime) -> String {
        var text = ""
        var rest = picture[...]
        while !rest.isEmpty {
            if rest.first == "\"" {
                let quoted = rest.dropFirst().prefix { $0 != "\"" }
                text += quoted
                rest = rest.dropFirst(quoted.count + 2)
                continue
            }
            // FM: without padding.
            let isBare = rest.hasPrefix("FM")
            let head = isBare ? rest.dropFirst(2) : rest
            guard let pattern = Self.patterns.first(where: { head.hasPrefix($0) }) else {
                text.append(rest.removeFirst())
                continue
            }
            text += piece(pattern, time, isBare: isBare)
            rest = head.dropFirst(pattern.count)
        }
        return text
    }

    private func piece(_ pattern: String, _ time: CalendarTime, isBare: Bool) -> String {
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return isBare ? text : String(repeating: "0", count: max(count - text.count, 0)) + text
        }
        func word(_ name: String) -> String {
            let cased =
                pattern == pattern.uppercased()
                ? name.uppercased() : pattern == pattern.lowercased() ? name.lowercased() : name
            return isBare ? cased : cased + String(repeating: " ", count: max(9 - cased.count, 0))
        }
        func short(_ name: String) -> String {
            let name = String(name.prefix(3))
            return pattern == pattern.uppercased()
                ? name.uppercased() : pattern == pattern.lowercased() ? name.lowercased() : name
        }
        let hour = time.hour % 12 == 0 ? 12 : time.hour % 12
        switch pattern {
        case "YYYY": return digits(time.date.year, 4)
        case "YYY": return digits(time.date.year % 1000, 3)
        case "YY": return digits(time.date.year % 100, 2)
        case "IYYY": return digits(time.isoWeek.year, 4)
        case "MM": return digits(time.date.month, 2)
        case "DD": return digits(time.date.day, 2)
        case "DDD": return digits(time.dayOfYear, 3)
        case "D": return String(time.weekday % 7 + 1)
        case "ID": return String(time.weekday)
        case "IW": return digits(time.isoWeek.week, 2)
        case "Q": return String(time.quarter)
        case "HH24": return digits(time.hour, 2)
        case "HH12", "HH": return digits(hour, 2)
        case "MI": return digits(time.minute, 2)
        case "SS": return digits(time.second, 2)
        case "SSSSS": return String(time.hour * 3600 + time.minute * 60 + time.second)
        case "MS": return digits(time.microsecond / 1000, 3)
        case "US": return digits(time.microsecond, 6)
        case "AM", "PM": return time.hour < 12 ? "AM" : "PM"
        case "am", "pm": return time.hour < 12 ? "am" : "pm"
        case "MONTH", "Month", "month": return word(Self.months[time.date.month - 1])
        case "MON", "Mon", "mon": return short(Self.months[time.date.month - 1])
        case "DAY", "Day", "day": return word(Self.days[time.weekday - 1])
        case "DY", "Dy", "dy": return short(Self.days[time.weekday - 1])
        case "TZ": return "UTC"
        case "OF": return "+00"
        default: return pattern
        }
    }
}
