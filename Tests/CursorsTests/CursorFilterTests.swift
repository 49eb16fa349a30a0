import JSONText
import Testing

@testable import Cursors

/// A run of one resource: records in, what passed and what is remembered out.
func pass(
    _ records: [String], _ path: String = "t", remembered: JSONValue? = nil, primaryKey: [String]? = nil,
    _ change: (inout CursorSettings) throws -> Void = { _ in }
) throws -> (passed: [String], memory: JSONValue?) {
    var settings = CursorSettings(path: try JSONPath(path))
    try change(&settings)
    let filter = try CursorFilter(settings, resource: "r", remembered: remembered, primaryKey: primaryKey)
    var passed: [String] = []
    for record in records {
        let bytes = Array(record.utf8)
        switch try bytes.withUnsafeBufferPointer({ try filter.judge($0) }) {
        case .deliver: passed.append(record)
        case .drop: break
        case .end: return (passed, try filter.memory())
        }
    }
    return (passed, try filter.memory())
}

func value(_ text: String) throws -> CursorValue { try #require(CursorValue(argument: text, as: .auto)) }

/// What dlt 1.31 remembered of the same records, seen by running it.
struct CursorFilterTests {
    @Test
    func `the boundary is known by the whole record`() throws {
        let first = try pass([#"{"id":1,"t":1}"#, #"{"id":2,"t":3}"#, #"{"id":4,"t":3}"#])
        #expect(first.passed.count == 3)
        #expect(
            first.memory == [
                "initial_value": .null, "last_value": 3, "unique_hashes": .strings(["HmcaPXSXs+Ia", "KA46+r8ZOcXI"]),
                "start_value": .null,
            ])
        let second = try pass(
            [#"{"id":2,"t":3}"#, #"{"t":3,"id":5}"#, #"{"id":6,"t":1}"#], remembered: first.memory)
        #expect(second.passed == [#"{"t":3,"id":5}"#])
        #expect(
            second.memory?["unique_hashes"] == .strings(["HmcaPXSXs+Ia", "KA46+r8ZOcXI", "zBKYPq7i2cLR"])
                && second.memory?["start_value"] == 3)
        let nothing = try pass([], remembered: second.memory)
        #expect(nothing.memory == second.memory)
        let third = try pass([#"{"id":7,"t":5}"#], remembered: second.memory)
        #expect(third.memory?["unique_hashes"] == .strings(["CWryjqw9UH5Y"]) && third.memory?["start_value"] == 3)
    }

    @Test
    func `the boundary is known by its key, in the length of this dlt and of older ones`() throws {
        let records = [#"{"id":1,"t":1}"#, #"{"id":2,"t":3}"#, #"{"id":4,"t":3}"#]
        let first = try pass(records, primaryKey: ["id"])
        #expect(first.memory?["unique_hashes"] == .strings(["9ydaHrzwo9f8", "Tp44cKMYfAuJ"]))
        let both = try pass([#"{"id":1,"b":"x","t":1}"#], primaryKey: ["id", "b"])
        #expect(both.memory?["unique_hashes"] == .strings(["T2u7rnGEfmXm"]))
        let old: JSONValue = [
            "initial_value": .null, "last_value": 3, "unique_hashes": .strings(["Tp44cKMYfAuJiBfxLAqu"]),
        ]
        let again = try pass([#"{"id":2,"t":3,"x":1}"#, #"{"id":5,"t":3}"#], remembered: old, primaryKey: ["id"])
        #expect(again.passed == [#"{"id":5,"t":3}"#])
        #expect(throws: CursorError.self) { try pass([#"{"t":1}"#], primaryKey: ["id"]) }
        let none = try pass(records, remembered: first.memory) { $0.boundaryKey = [] }
        #expect(none.passed.count == 2 && none.memory?["unique_hashes"] == .array([]))
    }

    @Test
    func `min, open ranges, lag and windows do what dlt does`() throws {
        let down = try pass([#"{"t":5}"#, #"{"t":3}"#]) { $0.function = .min }
        #expect(down.memory?["last_value"] == 3 && down.memory?["unique_hashes"] == .strings(["xGTWXk2p9eOe"]))
        let open = try pass([#"{"t":5}"#, #"{"t":6}"#]) {
            $0.rangeStart = .open
            $0.initial = try value("5")
        }
        #expect(open.passed == [#"{"t":6}"#])
        #expect(
            open.memory == ["initial_value": 5, "last_value": 6, "unique_hashes": .array([]), "start_value": 5])
        let ten: JSONValue = [
            "initial_value": .null, "last_value": 10, "unique_hashes": .array([]), "start_value": .null,
        ]
        let lagged = try pass([#"{"t":7}"#, #"{"t":6}"#, #"{"t":9}"#], remembered: ten) { $0.lag = CursorLag("3") }
        #expect(lagged.passed == [#"{"t":7}"#, #"{"t":9}"#])
        #expect(lagged.memory?["last_value"] == 10 && lagged.memory?["start_value"] == 10)
        let records = (1...10).map { "{\"t\":\($0)}" }
        func window(_ from: String, _ to: String, _ change: (inout CursorSettings) throws -> Void = { _ in }) throws
            -> [String]
        {
            let result = try pass(records, remembered: ten) {
                $0.window = .init(from: try value(from), to: try value(to))
                try change(&$0)
            }
            #expect(result.memory == nil)
            return result.passed
        }
        #expect(try window("5", "7") == [#"{"t":5}"#, #"{"t":6}"#])
        #expect(
            try window("5", "7") {
                $0.rangeStart = .open
                $0.rangeEnd = .closed
            } == [#"{"t":6}"#, #"{"t":7}"#])
        #expect(try window("7", "5") { $0.function = .min } == [#"{"t":6}"#, #"{"t":7}"#])
    }
}
