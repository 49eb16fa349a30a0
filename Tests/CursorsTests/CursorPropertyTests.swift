import JSONText
import Testing

@testable import Cursors

/// The filter against a plain statement of what it is for: over any number of runs, each record that is not behind the last value
/// arrives, and arrives once.
struct CursorPropertyTests {
    enum Spelling: CaseIterable { case numbers, times, texts }

    /// One value in one of the ways to write it.
    static func text(_ value: Int, _ spelling: Spelling, _ random: inout some RandomNumberGenerator) -> String {
        switch spelling {
        case .numbers:
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return "\(value)"
            case 1: return "\(value).0"
            case 2: return "\(value * 10)e-1"
            case 3: return "\(value).000e+0"
            default: return value == 0 ? "-0" : "\(value)E0"
            }
        case .times:
            // Steps of 20 minutes, at any hour of UTC and in any zone.
            let offset = [0, 60, -90, 120, 330].randomElement(using: &random) ?? 0
            let minutes = 1_000_000 + value * 20 + offset
            let (day, minute) = (minutes / 1440, minutes % 1440)
            let (year, dayOfYear) = (2000 + day / 365, day % 365 + 1)
            let zone =
                offset == 0
                ? ["Z", "+00:00", "-00:00"].randomElement(using: &random) ?? "Z"
                : (offset < 0 ? "-" : "+") + two(abs(offset) / 60) + ":" + two(abs(offset) % 60)
            let seconds = ["", ":00", ":00.000"].randomElement(using: &random) ?? ""
            let separator = Bool.random(using: &random) ? "T" : " "
            return "\"\(year)-\(three(dayOfYear))\(separator)\(two(minute / 60)):\(two(minute % 60))\(seconds)\(zone)\""
        case .texts:
            // Order of code points, whatever stands behind an escape.
            let text = ["", "a b", "a", "b", "ba", "é", "日", "😀"][value % 8] + three(value / 8)
            return Bool.random(using: &random) ? "\"\(text)\"" : "\"\(text)\"".replacing("a", with: "\\u0061")
        }
    }

    static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    static func three(_ number: Int) -> String { number < 100 ? "0" + two(number) : "\(number)" }

    /// Where a value stands among the others of its spelling.
    static func rank(_ value: Int, _ spelling: Spelling) -> Int {
        switch spelling {
        case .numbers: value
        // Years of 365 days are not those of the calendar, but their days follow one another all the same.
        case .times: value
        case .texts: value % 8 * 1000 + value / 8
        }
    }

    @Test(arguments: 0..<300)
    func `over many runs each record arrives once`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        let spelling = Spelling.allCases[seed % 3]
        let function = LastValueFunction.allCases[seed / 3 % 2]
        let sign = function == .max ? 1 : -1
        let isOpen = Int.random(in: 0..<4, using: &random) == 0
        let key: [String]? = Bool.random(using: &random) ? ["id"] : nil
        // Few values, so that many records share one.
        let range = Int.random(in: 1...12, using: &random)
        let isSorted = !isOpen && Bool.random(using: &random)

        var source: [(record: String, rank: Int)] = []
        var arrived: [String: Int] = [:]
        var memory: JSONValue?
        var last: Int?
        for run in 0..<5 {
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let value = Int.random(in: 0...range, using: &random) + run * Int.random(in: 0...2, using: &random)
                let text = Self.text(value, spelling, &random)
                source.append(("{\"id\":\(source.count),\"t\":\(text)}", Self.rank(value, spelling)))
            }
            if isSorted { source.sort { $0.rank * sign < $1.rank * sign } } else { source.shuffle(using: &random) }
            let expected = source.filter { row in
                guard let last else { return true }
                let place = (row.rank - last) * sign
                return place > 0 || (place == 0 && !isOpen && arrived[row.record] == nil)
            }
            let result = try pass(source.map(\.record), remembered: memory, primaryKey: key) {
                $0.function = function
                $0.rangeStart = isOpen ? .open : .closed
                $0.rowOrder = isSorted ? .asc : nil
            }
            #expect(result.passed == expected.map(\.record), "run \(run)")
            for record in result.passed { arrived[record, default: 0] += 1 }
            if let reached = source.map({ $0.rank * sign }).max() {
                last = max(last.map { $0 * sign } ?? reached, reached) * sign
            }
            memory = try result.memory.map { try JSONValue(parsing: $0.serialized()) }
        }
        #expect(arrived.values.allSatisfy { $0 == 1 })
    }

    @Test(arguments: 0..<100)
    func `windows that follow one another divide the records`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed) &+ 5000)
        let spelling = seed % 2 == 0 ? Spelling.numbers : .times
        let rows = (0..<40).map { id in
            "{\"id\":\(id),\"t\":\(Self.text(Int.random(in: 0..<30, using: &random), spelling, &random))}"
        }
        var found: [String] = []
        let ends = [0, 7, 8, 20, 30]
        for (from, to) in zip(ends, ends.dropFirst()) {
            func value(_ number: Int) throws -> CursorValue {
                let text = Self.text(number, spelling, &random).filter { $0 != "\"" }
                return try #require(CursorValue(argument: text, as: .auto))
            }
            let window = CursorSettings.Window(from: try value(from), to: try value(to))
            found += try pass(rows) { $0.window = window }.passed
        }
        #expect(found.sorted() == rows.sorted())
    }

    @Test(arguments: 0..<200)
    func `numbers compare by their digits`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed) &+ 9000)
        func number() -> (text: String, units: Int128) {
            let places = Int.random(in: 0...6, using: &random)
            let units =
                Int128(Int64.random(in: -2_000_000...2_000_000, using: &random))
                * (Bool.random(using: &random) ? 1 : 10_000_000_000_000)
            var scaled = units
            for _ in places..<6 { scaled *= 10 }
            let digits = String(units.magnitude)
            let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
            let plain =
                (units < 0 ? "-" : "") + (places == 0 ? padded : padded.dropLast(places) + "." + padded.suffix(places))
            return (Bool.random(using: &random) ? plain : "\(units)e-\(places)", scaled)
        }
        for _ in 0..<50 {
            let (a, b) = (number(), number())
            let left = try #require(CursorValue(argument: a.text, as: .number))
            let right = try #require(CursorValue(argument: b.text, as: .number))
            #expect(
                left.order(to: right) == (a.units < b.units ? -1 : a.units > b.units ? 1 : 0), "\(a.text) \(b.text)")
            let difference = try #require(DecimalText.difference(a.text, b.text))
            let sum = try #require(CursorValue(argument: difference, as: .number))
            let back = try #require(
                CursorValue(argument: DecimalText.difference(difference, a.text) ?? "", as: .number))
            let negated = try #require(
                CursorValue(argument: b.text.hasPrefix("-") ? String(b.text.dropFirst()) : "-" + b.text, as: .number))
            #expect(back.order(to: negated) == 0, "\(a.text) - \(b.text) = \(sum.text)")
        }
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
