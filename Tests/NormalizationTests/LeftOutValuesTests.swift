import DataContracts
import JSONText
import LoadPackages
import Normalization
import SystemIO
import TestSupport
import Testing

/// What `discard_value` leaves out of values that are kept as JSON: dictionaries, tuples, and all that is nested when nothing is
/// unpacked.
struct LeftOutValuesTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    /// A schema and values that it describes, or now and then nearly.
    private struct Maker {
        var random: SystemRandomNumberGenerator = SystemRandomNumberGenerator()
        var mistakes: Double

        mutating func schema(_ level: Int) -> JSONObject {
            switch Int.random(in: 0..<(level > 0 ? 8 : 4)) {
            case 0: return ["type": "integer", "minimum": 0]
            case 1: return ["type": "string", "minLength": 1]
            case 2: return ["type": "boolean"]
            case 3: return ["type": "number", "maximum": 100]
            case 4:
                return [
                    "type": "array", "items": .object(schema(level - 1)), "minItems": .integer(Int.random(in: 0...1)),
                ]
            case 5:
                return [
                    "type": "array", "prefixItems": .array([.object(schema(0)), .object(schema(level - 1))]),
                    "items": .object(schema(0)),
                ]
            case 6: return ["type": "object", "additionalProperties": .object(schema(level - 1))]
            default:
                return [
                    "type": "object", "properties": ["p": .object(schema(level - 1)), "q": .object(schema(level - 1))],
                    "required": Bool.random() ? .strings(["p"]) : .array([]), "additionalProperties": false,
                ]
            }
        }

        mutating func value(_ schema: JSONValue) -> JSONValue {
            if Double.random(in: 0..<1) < mistakes {
                return [JSONValue.string(""), .integer(-1), .null, .array([]), ["zz": 1], .string("warm"), 1000]
                    .randomElement() ?? .null
            }
            switch schema["type"]?.stringValue {
            case "integer": return .integer(Int.random(in: 0...50))
            case "string": return .string(["a", "\"b\\", "é", "{}"].randomElement() ?? "")
            case "boolean": return .bool(.random())
            case "number": return .number(["1.5", "-2", "1e1"].randomElement() ?? "0")
            case "array":
                let first = schema["prefixItems"]?.arrayValue ?? []
                let count = Int.random(in: Swift.max(1, first.count)...4)
                return .array((0..<count).map { value($0 < first.count ? first[$0] : schema["items"] ?? true) })
            default:
                var object = JSONObject()
                for (name, inner) in schema["properties"]?.objectValue?.members ?? [] where Int.random(in: 0..<5) > 0 {
                    object[name] = value(inner)
                }
                if let others = schema["additionalProperties"], others.objectValue != nil {
                    for name in ["a", "b", "c"].prefix(Int.random(in: 0...3)) { object[name] = value(others) }
                } else if Double.random(in: 0..<1) < mistakes {
                    object["stray"] = 1
                }
                return .object(object)
            }
        }
    }

    private func findings(_ model: JSONValue, _ text: String) throws -> [ModelFinding] {
        let tape = JSONTape()
        let checker = try ModelChecker(model, tape: tape)
        return try Array(text.utf8).withUnsafeBufferPointer { bytes in
            try tape.scan(bytes)
            return checker.check(record: 0, of: bytes)
        }
    }

    private func rows(_ result: Fixture.Result) throws -> [JSONObject] {
        let package = try fixture.package(result)
        var rows: [JSONObject] = []
        for job in package.manifest.jobs where job.table == "r" {
            let reader = try package.rows(of: job)
            while let row = try reader.next() {
                var object = try #require(JSONValue(parsing: row.text).objectValue)
                for key in object.keys where key.hasPrefix("_dlt") { object[key] = nil }
                rows.append(object)
            }
        }
        return rows
    }

    @Test(arguments: 1...30)
    func `what is loaded keeps the model, and whoever kept it is loaded whole`(seed: Int) throws {
        var maker = Maker(mistakes: 0.15)
        let properties: JSONObject = [
            "id": ["type": "integer"], "x": .object(maker.schema(3)), "y": .object(maker.schema(2)),
        ]
        let model: JSONValue = [
            "title": "r", "type": "object", "properties": .object(properties), "additionalProperties": false,
            "required": seed % 2 == 0 ? .strings(["id", "x"]) : .strings(["id"]),
        ]
        let records = (0..<40).map { id -> JSONValue in
            maker.mistakes = id % 3 == 0 ? 0 : 0.15
            var record = maker.value(["type": "object", "properties": .object(properties)]).objectValue ?? [:]
            record["id"] = .integer(id)
            return .object(record)
        }
        var request = fixture.request(.table("r"))
        request.overlay = model
        request.hints.contract = "discard_value"
        request.hints.maximumNesting = 0
        let result = try fixture.normalize(records.map { $0.serialized() + "\n" }.joined(), request)
        let rows = try rows(result)
        for row in rows {
            let found = try findings(model, JSONValue.object(row).serialized())
            #expect(found.isEmpty, "\(row) \(found) \(model.serialized())")
        }
        let loaded = Dictionary(rows.map { ($0["id"]?.intValue ?? -1, $0) }) { $1 }
        var leftOut = 0
        for (id, record) in records.enumerated() {
            if try findings(model, record.serialized()).isEmpty {
                #expect(loaded[id].map { JSONValue.object($0) } == record, "\(record)")
            } else {
                leftOut += 1
            }
        }
        // Each of the others is told of: a value, or the row.
        let told = Set(
            zip(result.events, result.places).compactMap { event, place -> Int? in
                guard case .contractViolated = event else { return nil }
                return place?.line
            })
        #expect(told.count == leftOut)
    }

    private func load(_ model: JSONValue, _ records: [String], nesting: Int? = nil) throws -> Fixture.Result {
        var request = fixture.request(.table("r"))
        request.overlay = model
        request.hints.contract = "discard_value"
        request.hints.maximumNesting = nesting
        return try fixture.normalize(records.map { $0 + "\n" }.joined(), request)
    }

    @Test func `a member of a dictionary, an element of a list and a place of a tuple are left out`() throws {
        let model: JSONValue = [
            "title": "r", "type": "object",
            "properties": [
                "id": ["type": "integer"], "m": ["type": "object", "additionalProperties": ["type": "number"]],
                "tags": ["type": "array", "items": ["type": "string", "minLength": 1]],
                "pair": [
                    "type": "array", "prefixItems": .array([["type": "string"], ["type": "integer"]]),
                    "items": ["type": "string"],
                ],
            ],
        ]
        let result = try load(
            model,
            [
                #"{"id":1,"m":{"a":1.5,"b":"warm"},"tags":["a",""],"pair":["k",1,"x",2]}"#,
                #"{"id":2,"pair":["k","one"]}"#, #"{"id":3,"m":{"b":"warm"},"tags":[""]}"#,
            ])
        #expect(
            try rows(result) == [
                ["id": 1, "m": ["a": .number("1.5")], "pair": .array(["k", 1, "x"])], ["id": 3, "m": [:]],
            ])
        #expect(try fixture.values("value", of: "r__tags", in: result) == [#""a""#])
        let reasons = zip(result.events, result.places).compactMap { event, place -> String? in
            guard case .contractViolated(let violation, let text, let isRow) = event else { return nil }
            _ = text
            return "\(place?.line ?? 0) \(isRow ? "row" : "value") \(violation.expected)"
        }
        #expect(
            reasons == [
                "1 value number", "1 value at least 1 characters", "1 value string", "2 row integer", "3 value number",
                "3 value at least 1 characters",
            ])
    }
}
