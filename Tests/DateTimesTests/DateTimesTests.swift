import DateTimes
import Testing

func written(date: CivilDate) -> String {
    text { TemporalWriter.write(date: date, into: $0) }
}

func written(time: TimeOfDay) -> String {
    text { TemporalWriter.write(time: time, into: $0) }
}

func written(timestamp microseconds: Int64, isUTC: Bool = true) -> String {
    text { TemporalWriter.write(timestamp: microseconds, isUTC: isUTC, into: $0) }
}

private func text(_ write: (UnsafeMutablePointer<UInt8>) -> Int) -> String {
    String(unsafeUninitializedCapacity: TemporalWriter.maxCount) { buffer in
        buffer.baseAddress.map(write) ?? 0
    }
}

private func timestamp(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { TemporalCoercion.timestamp(text: $0) }.map { written(timestamp: $0) }
}

private func isParsed(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { parseTemporal($0) } != nil
}

@Suite struct TimestampTests {
    @Test func `fraction is cut to six digits`() {
        #expect(timestamp("2024-01-15T10:00:00.123456999Z") == "2024-01-15T10:00:00.123456Z")
        #expect(timestamp("2024-01-15T10:00:00,5Z") == "2024-01-15T10:00:00.500000Z")
    }

    @Test func `offsets are shifted to UTC and naive texts are UTC`() {
        #expect(timestamp("2024-01-15T10:00:00+05:00") == "2024-01-15T05:00:00.000000Z")
        #expect(timestamp("2024-01-15T23:30:00-05:00") == "2024-01-16T04:30:00.000000Z")
        #expect(timestamp("2024-01-15 10:00:00") == "2024-01-15T10:00:00.000000Z")
    }

    @Test func `dates become midnight and numbers are seconds`() {
        #expect(timestamp("2024-01-02") == "2024-01-02T00:00:00.000000Z")
        #expect(timestamp("1705312800") == "2024-01-15T10:00:00.000000Z")
        #expect(timestamp("2024") == "2024-01-01T00:00:00.000000Z")
        #expect(timestamp("12024") == "1970-01-01T03:20:24.000000Z")
        #expect(
            Array("2024".utf8).withUnsafeBufferPointer { TemporalCoercion.timestamp(numberText: $0) } == 2_024_000_000)
    }

    @Test func `what leaves the years 1 to 9999 fails`() {
        #expect(timestamp("9999-12-31T23:59:59-01:00") == nil)
        #expect(timestamp("0001-01-01T00:00:00+01:00") == nil)
        #expect(timestamp("2024-01-15T10:00:00+24:00") == nil)
    }

    @Test(
        arguments: [
            (1_705_312_800, 1_705_312_800_000_000), (-62_135_596_800, -62_135_596_800_000_000),
            (253_402_300_799, 253_402_300_799_000_000), (-62_135_596_801, nil), (253_402_300_800, nil), (.max, nil),
            (.min, nil),
        ] as [(Int64, Int64?)])
    func `integers are seconds`(seconds: Int64, microseconds: Int64?) {
        #expect(TemporalCoercion.timestamp(epochSeconds: seconds) == microseconds)
    }

    @Test(
        arguments: [
            (1.5, 1_500_000), (-0.5, -500_000), (0.000_000_5, 0), (0.000_001_5, 2),
            (1_705_312_800.123_456_5, 1_705_312_800_123_456),
            (253_402_300_799.9, 253_402_300_799_899_994), (253_402_300_799.999_999_9, nil), (-62_135_596_800.5, nil),
            (.nan, nil), (.infinity, nil), (-1e300, nil),
        ] as [(Double, Int64?)])
    func `doubles are seconds rounded as Python does`(seconds: Double, microseconds: Int64?) {
        #expect(TemporalCoercion.timestamp(epochSeconds: seconds) == microseconds)
    }
}

@Suite struct CivilDateTests {
    @Test func `days since the epoch and dates agree everywhere`() throws {
        var days = -719_162
        for year in 1...9999 {
            for (month, day) in [(1, 1), (2, 28), (3, 1), (12, 31)] {
                let date = try #require(CivilDate(year: year, month: month, day: day))
                #expect(CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date)
            }
            #expect(CivilDate(year: year, month: 1, day: 1)?.daysSinceEpoch == days)
            days += CivilDate(year: year, month: 2, day: 29) == nil ? 365 : 366
        }
        #expect(CivilDate(daysSinceEpoch: days) == nil)
        #expect(CivilDate(daysSinceEpoch: -719_163) == nil)
    }

    @Test(arguments: [
        (2023, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (0, 1, 1), (10_000, 1, 1), (1900, 2, 29),
    ])
    func `days that do not exist are refused`(year: Int, month: Int, day: Int) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }
}

@Suite struct TemporalTextTests {
    @Test(arguments: [
        "", "T", " ", "hello", "2024-", "2024-01-15T", "2024-01-15T10:00:00 +02:00", "2024-01-15t10:00:00", "P1D",
        "2024-01-15/2024-01-16", "2024-01-15T10:00:00Z\n", "2024-01-15T10:00:00.", "10:", "9:", "٩:٣٠", "2024-W",
    ])
    func `other texts are refused`(text: String) {
        #expect(!isParsed(text))
    }

    @Test func `every prefix of a timestamp can be parsed without harm`() {
        for text in ["2024-W03-2T10:00:00.123456+02:00", "20240115T100000,5Z", "2024/01/15 10:00:00.5"] {
            for end in text.indices { _ = isParsed(String(text[..<end])) }
        }
    }

    @Test(arguments: ["hello world", "2024", "10:00:00", "123", "a2024-01-15", "2024T10:00", "2024."])
    func `the quick check refuses ordinary text`(text: String) {
        var text = text
        #expect(!text.withUTF8 { mayBeTimestamp($0) })
    }
}

@Suite struct WritingTests {
    @Test func `timestamps have a fixed width`() {
        #expect(written(timestamp: 0) == "1970-01-01T00:00:00.000000Z")
        #expect(written(timestamp: -1, isUTC: false) == "1969-12-31T23:59:59.999999")
        #expect(written(timestamp: 253_402_300_799_999_999) == "9999-12-31T23:59:59.999999Z")
        #expect(written(timestamp: -62_135_596_800_000_000) == "0001-01-01T00:00:00.000000Z")
    }

    @Test(arguments: [true, false])
    func `whole seconds are copied as parsing and writing them would give`(isUTC: Bool) {
        func copy(_ bytes: [UInt8]) -> String {
            bytes.withUnsafeBufferPointer { bytes in
                text { TemporalWriter.write(wholeSeconds: bytes, isUTC: isUTC, into: $0) ?? 0 }
            }
        }
        var copied = 0
        for number in 0..<200_000 {
            var bytes = Array("2024-01-31T23:59:59Z".utf8)
            // From one change, which mostly leaves a timestamp, to four, which mostly leave none.
            for _ in 0...number % 4 {
                bytes[Int.random(in: bytes.indices)] =
                    Bool.random() ? .random(in: 0x30...0x39) : Array("-T:Z .+/09".utf8).randomElement() ?? 0
            }
            let made = copy(bytes)
            guard !made.isEmpty else { continue }
            copied += 1
            let instant = bytes.withUnsafeBufferPointer { TemporalCoercion.timestamp(text: $0) }
            #expect(instant.map { written(timestamp: $0, isUTC: isUTC) } == made)
        }
        #expect(copied > 10_000)
        for (text, isCopied) in [
            ("0001-01-01T00:00:00Z", true), ("9999-12-31T23:59:59Z", true), ("2024-02-29T00:00:00Z", true),
            ("0000-01-01T00:00:00Z", false), ("2023-02-29T00:00:00Z", false), ("2024-01-01T24:00:00Z", false),
            ("2024-01-01T23:59:60Z", false), ("2024-01-01T23:59:59", false), ("2024-00-01T00:00:00Z", false),
        ] {
            #expect(copy(Array(text.utf8)).isEmpty != isCopied, "\(text)")
        }
    }

    @Test func `times are shifted around midnight`() throws {
        let time = try #require(TimeOfDay(hour: 0, minute: 30, second: 0, microsecond: 5, offset: 7200))
        #expect(written(time: time.inUTC) == "22:30:00.000005")
        #expect(time.inUTC.offset == nil)
    }
}
