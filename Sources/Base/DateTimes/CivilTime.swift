/// A day of the proleptic Gregorian calendar, in the years 1 to 9999 that Python's `datetime` knows.
package struct CivilDate: Sendable, Equatable {
    package let year: Int
    package let month: Int
    package let day: Int

    /// Nil when there is no such day.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day) else {
            return nil
        }
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day `days` days after 1970-01-01; nil outside the years 1 to 9999.
    package init?(daysSinceEpoch days: Int) {
        guard (firstDay...lastDay).contains(days) else { return nil }
        self.init(unchecked: days)
    }

    /// The method of http://howardhinnant.github.io/date_algorithms.html: years begin in March, so that the leap day is
    /// a year's last, and days are counted in eras of 400 years.
    init(unchecked days: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// A time of day, with the UTC offset it was written with.
package struct TimeOfDay: Sendable, Equatable {
    package let hour: Int
    package let minute: Int
    package let second: Int
    package let microsecond: Int
    /// Seconds east of UTC, less than a day; nil when naive.
    package let offset: Int?

    /// Nil when there is no such time; leap seconds and 24:00 do not exist, as in Python.
    package init?(hour: Int, minute: Int, second: Int = 0, microsecond: Int = 0, offset: Int? = nil) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second),
            (0...999_999).contains(microsecond), abs(offset ?? 0) < secondsPerDay
        else { return nil }
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
        self.offset = offset
    }

    static let midnight = TimeOfDay(secondOfDay: 0, microsecond: 0)

    private init(secondOfDay: Int, microsecond: Int) {
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
        self.microsecond = microsecond
        offset = nil
    }

    var secondOfDay: Int { (hour * 60 + minute) * 60 + second }

    /// The naive time that UTC clocks show, whatever the day; a naive time is returned unchanged.
    package var inUTC: TimeOfDay {
        guard let offset else { return self }
        let shifted = (secondOfDay - offset + secondsPerDay) % secondsPerDay
        return TimeOfDay(secondOfDay: shifted, microsecond: microsecond)
    }
}

/// A point in time as written: a day, a time and perhaps an offset.
package struct Instant: Sendable, Equatable {
    package let date: CivilDate
    package let time: TimeOfDay

    package init(date: CivilDate, time: TimeOfDay) {
        self.date = date
        self.time = time
    }

    /// Midnight, naive.
    package init(date: CivilDate) {
        self.init(date: date, time: .midnight)
    }

    /// Microseconds since 1970-01-01 00:00 UTC, reading a naive instant as UTC.
    ///
    /// Nil when the offset moves it out of the years 1 to 9999; dlt 1.31 ends the whole job with an OverflowError
    /// there.
    package var utcMicroseconds: Int64? {
        let seconds = date.daysSinceEpoch * secondsPerDay + time.secondOfDay - (time.offset ?? 0)
        guard epochSecondRange.contains(seconds) else { return nil }
        return Int64(seconds) * 1_000_000 + Int64(time.microsecond)
    }

    /// The day in UTC.
    package var utcDate: CivilDate? {
        guard let microseconds = utcMicroseconds else { return nil }
        return CivilDate(utcMicroseconds: microseconds)
    }
}

extension CivilDate {
    /// The day in UTC of an instant; nil outside the years 1 to 9999.
    package init?(utcMicroseconds: Int64) {
        self.init(daysSinceEpoch: floorDivided(Int(utcMicroseconds), by: 1_000_000 * secondsPerDay).quotient)
    }
}

let secondsPerDay = 86_400

/// 0001-01-01 and 9999-12-31, in days since the epoch.
private let firstDay = -719_162
private let lastDay = 2_932_896

/// 0001-01-01T00:00:00 to 9999-12-31T23:59:59.
let epochSecondRange = -62_135_596_800...253_402_300_799

func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

private func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

func floorDivided(_ value: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}
