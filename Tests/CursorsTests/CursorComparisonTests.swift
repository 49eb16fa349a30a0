import Failures
import JSONText
import Testing

@testable import Cursors

struct CursorComparisonTests {
    @Test(arguments: [
        ("2024-01-01", "2024-01-01T00:00:00Z", 0), ("2024-01-01T10:00:00+02:00", "2024-01-01T09:00:00Z", -1),
        ("2024-01-01T10:00:00+02:00", "2024-01-01 08:00", 0), ("2024-001", "2024-01-01", 0),
        ("2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.100Z", 0),
        ("2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00.123456788Z", 1),
        ("2024-01-01T00:00:00.1234560Z", "2024-01-01T00:00:00.123456Z", 0), ("2024-01", "2024-01-01", 0),
        ("1704067200", "2024-01-01", 0), ("1704067200000", "2024-01-01", 0), ("1704067200.5", "2024-01-01", 1),
        ("1704067200000000", "2024-01-01", 0), ("2023", "2024-01-01", -1),
        ("10", "9", 1), ("1e3", "1000", 0), ("0.1", "0.10", 0), ("-1", "-2", 1), ("-0", "0", 0),
        ("9007199254740993", "9007199254740992", 1), ("0.30000000000000004", "0.3", 1),
        ("123456789012345678901234567890", "123456789012345678901234567891", -1),
        ("1e999999999999", "1e999999999998", 1),
        ("0.001", "1e-3", 0), ("b", "a", 1), ("Z", "a", -1), ("20240101", "3", 1),
    ])
    func `values compare by what they mean`(left: String, right: String, order: Int) throws {
        let a = try #require(CursorValue(argument: left, as: .auto))
        let b = try #require(CursorValue(argument: right, as: .auto))
        #expect(a.order(to: b) == order && b.order(to: a) == -order)
    }

    @Test
    func `what does not compare is an error that names record, cursor, expected and got`() throws {
        let cases: [(records: [String], words: [String])] = [
            ([#"{"t":1}"#, #"{"t":"x"}"#], ["record 2", "cursor t", "a number, as 1 is", "the text x"]),
            ([#"{"t":"2024-01-01"}"#, #"{"t":"soon"}"#], ["a time, as 2024-01-01 is", "the text soon"]),
            ([#"{"t":"soon"}"#, #"{"t":5}"#], ["a text, as soon is", "the number 5"]),
            ([#"{"t":[1]}"#], ["a number, a time or a text", "got [1]"]), ([#"{"t":true}"#], ["got true"]),
            ([#"{"x":1}"#], ["record 1", "no such field"]), ([#"{"t":null}"#], ["it is null"]),
        ]
        for (records, words) in cases {
            let error = try #require(throws: CursorError.self) { try pass(records) }
            #expect(error.kind == .data && error.hint != nil)
            for word in words { #expect(error.message.contains(word), "\(error.message)") }
        }
        // Where texts are texts, one that looks like a time is one.
        #expect(try pass([#"{"t":"a"}"#, #"{"t":"2024-01-01"}"#]).memory?["last_value"] == "a")
        #expect(try pass([#"{"t":"10"}"#, #"{"t":"9"}"#]) { $0.type = .number }.memory?["last_value"] == "10")
        #expect(try pass([#"{"t":"10"}"#, #"{"t":"9"}"#]).memory?["last_value"] == "9")
        #expect(
            try pass([#"{"t":"20240131"}"#, #"{"t":1704067200}"#]) { $0.type = .time }.memory?["last_value"]
                == "20240131")
    }

    /// Values of each kind, two of them in their order.
    private static let kinds: [[String]] = [
        ["7", "8.5"], [#""2024-02-01""#, #""2024-02-01T10:00:00Z""#], [#""b""#, #""c""#],
    ]

    @Test(arguments: kinds, kinds)
    func `the kind that the first value has holds within a run and across runs`(old: [String], new: [String]) throws {
        func record(_ value: String) -> String { "{\"t\":\(value)}" }
        let before = try pass([record(old[0])])
        // Where texts are texts, one of the form of a time is one as well.
        let isSame = old == new || old == Self.kinds[2] && new == Self.kinds[1]
        let kind = old == Self.kinds[0] ? "number" : old == Self.kinds[1] ? "time" : "text"
        for value in new {
            let both = Result { try pass([record(old[0]), record(value)]) }
            let later = Result { try pass([record(value)], remembered: before.memory) }
            for result in [both, later] {
                switch result {
                case .success(let found):
                    #expect(isSame, "\(old) \(value)")
                    #expect(found.memory?["last_value"]?.serialized() == max(value, old[0]))
                case .failure(let error as CursorError):
                    #expect(!isSame, "\(old) \(value)")
                    #expect(error.kind == .data && error.message.contains("a \(kind), as "), "\(error.message)")
                case .failure(let error): throw error
                }
            }
        }
    }

    @Test func `a start that a person wrote does not fix the kind, the first record does`() throws {
        let epochs = [#"{"t":1704067200}"#, #"{"t":1704067201}"#]
        let first = try pass(epochs) { $0.initial = try value("2024-01-01") }
        #expect(first.passed == epochs && first.memory?["last_value"] == 1_704_067_201)
        let nothing = try pass([]) { $0.initial = try value("2024-01-01") }
        #expect(try pass(epochs, remembered: nothing.memory).passed == epochs)
        #expect(throws: CursorError.self) { try pass([#"{"t":"2025-01-01"}"#], remembered: first.memory) }
        #expect(throws: CursorError.self) { try pass([#"{"t":true}"#], remembered: first.memory) }
        // Said outright, numbers are times.
        #expect(
            try pass([#"{"t":"2025-01-01"}"#, #"{"t":1704067200}"#], remembered: first.memory) { $0.type = .time }
                .passed.count == 1)
    }

    @Test
    func `records without a value pass, stay out, or end the run`() throws {
        let records = [#"{"x":1}"#, #"{"t":null}"#, #"{"t":1}"#]
        #expect(try pass(records) { $0.onMissing = .include }.passed == records)
        #expect(try pass(records) { $0.onMissing = .exclude }.passed == [records[2]])
        // What is no record is the next stage's to report.
        #expect(try pass(["nonsense", "[1]", #"{"t":1}"#]).passed.count == 3)
    }

    @Test(arguments: [
        ("t", #"{"t":5}"#), ("a.b", #"{"a":{"b":5}}"#), ("$.a.b", #"{"a":{"b":5}}"#),
        ("a[0].b", #"{"a":[{"b":5},{"b":6}]}"#),
        ("a[*].b", #"{"a":[{"c":1},{"b":5},{"b":6}]}"#), ("$['odd name']", #"{"odd name":5}"#), ("é", #"{"\u00e9":5}"#),
        ("t", #"{"t":4,"t":5}"#),
    ])
    func `a path leads to its first value`(path: String, record: String) throws {
        #expect(try pass([record], path).memory?["last_value"] == 5)
    }

    @Test
    func `an order that is kept ends the reading early, one that is not is an error`() throws {
        let five: JSONValue = ["last_value": 5, "unique_hashes": .array([])]
        let down = [#"{"t":9}"#, #"{"t":7}"#, #"{"t":5}"#, #"{"t":4}"#, #"{"t":8}"#]
        let newest = try pass(down, remembered: five) { $0.rowOrder = .desc }
        #expect(newest.passed == Array(down.prefix(3)))
        let up = (1...9).map { "{\"t\":\($0)}" } + [#"{"t":6}"#]
        let window = try pass(up) {
            $0.window = .init(from: try value("5"), to: try value("7"))
            $0.rowOrder = .asc
        }
        #expect(window.passed == [#"{"t":5}"#, #"{"t":6}"#])
        let error = try #require(throws: CursorError.self) { try pass(up) { $0.rowOrder = .asc } }
        #expect(error.kind == .data && error.message.contains("record 10") && error.message.contains("6 follows 9"))
        #expect(throws: CursorError.self) { try pass([#"{"t":1}"#, #"{"t":2}"#]) { $0.rowOrder = .desc } }
    }

    @Test
    func `lag goes back by seconds, days, numbers and durations, not past the initial value`() throws {
        func start(_ last: JSONValue, _ lag: String, _ function: LastValueFunction = .max, initial: String? = nil)
            throws -> String?
        {
            var settings = CursorSettings(path: try JSONPath("t"))
            settings.lag = CursorLag(lag)
            settings.function = function
            settings.initial = initial.flatMap { CursorValue(argument: $0, as: .auto) }
            return try CursorFilter(settings, resource: "r", remembered: ["last_value": last], primaryKey: nil).range
                .start
        }
        #expect(try start("2024-01-05T00:00:00Z", "3600") == "2024-01-04T23:00:00Z")
        #expect(try start("2024-01-05T00:00:00+02:00", "1.5") == "2024-01-04T21:59:58.500000Z")
        #expect(try start("2024-01-05", "2") == "2024-01-03")
        #expect(try start("2024-03-01", "1d") == "2024-02-29")
        #expect(try start("2024-01-05", "6h") == "2024-01-04T18:00:00Z")
        #expect(try start("\u{F028}2024-01-05", "2") == "2024-01-03")
        #expect(try start(10, "3") == "7")
        #expect(try start(.number("10.05"), "0.1") == "9.95")
        #expect(try start(10, "3", .min) == "13")
        #expect(try start(10, "8", initial: "5") == "5")
        #expect(throws: CursorError.self) { try start("abc", "3") }
        #expect(CursorLag("-1") == nil && CursorLag("x") == nil && CursorLag("") == nil && CursorLag("3y") == nil)
    }

    @Test
    func `datetimes of Python stay datetimes`() throws {
        let remembered: JSONValue = [
            "initial_value": .null, "last_value": "\u{F027}2024-01-05T10:00:00+00:00", "unique_hashes": .array([]),
        ]
        let result = try pass([#"{"t":"2024-01-06T12:00:00+02:00"}"#, #"{"t":"2024-01-04"}"#], remembered: remembered)
        #expect(result.passed.count == 1)
        #expect(result.memory?["last_value"] == "\u{F027}2024-01-06T10:00:00+00:00")
        #expect(result.memory?["start_value"] == "\u{F027}2024-01-05T10:00:00+00:00")
        let decimal = try pass([#"{"t":1.51}"#], remembered: ["last_value": "\u{F026}1.50"])
        #expect(decimal.passed.count == 1 && decimal.memory?["last_value"] == "\u{F026}1.51")
    }

    @Test
    func `a last value that cannot be continued is an error, not a new beginning`() throws {
        for value: JSONValue in [true, .array([1]), [:], "\u{F02D}10:00"] {
            let error = try #require(throws: CursorError.self) {
                try pass([#"{"t":1}"#], remembered: ["last_value": value])
            }
            #expect(error.message.contains("last_value") && error.hint?.contains("dlt-state reset") == true)
        }
    }

    @Test
    func `a crowd at the last value is known again one by one`() throws {
        // More bytes than are held before they are hashed.
        let pad = String(repeating: "x", count: 1000)
        let crowd = (0..<700).map { "{\"t\":1,\"id\":\($0),\"p\":\"\(pad)\"}" }
        let first = try pass(crowd)
        #expect(first.memory?["unique_hashes"]?.arrayValue?.count == 700)
        let more = crowd + [#"{"t":1,"id":700}"#]
        #expect(try pass(more.shuffled(), remembered: first.memory).passed == [#"{"t":1,"id":700}"#])
        let on = try pass(more + [#"{"t":2}"#], remembered: first.memory)
        #expect(on.memory?["unique_hashes"]?.arrayValue?.count == 1)
    }
}
