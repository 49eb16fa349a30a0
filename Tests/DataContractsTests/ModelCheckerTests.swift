import DataContracts
import JSONText
import SystemIO
import Testing

/// Files of Tests/Models.
func fixture(_ name: String) throws -> [UInt8] {
    try Files.readAll(Paths.join(Paths.parent(Paths.parent(#filePath)), "Models", name))
}

/// What a model finds wrong with a record.
func findings(_ schema: JSONValue, _ record: String) throws -> [ModelFinding] {
    let tape = JSONTape()
    let checker = try ModelChecker(schema, tape: tape)
    return try Array(record.utf8).withUnsafeBufferPointer { text in
        try tape.scan(text)
        return checker.check(record: 0, of: text)
    }
}

extension ModelFinding {
    var place: String {
        path.map { step in
            switch step {
            case .key(let key): key
            case .index(let index): "\(index)"
            }
        }.joined(separator: ".")
    }

    var text: String { "\(place): expected \(expected), got \(got)" }
}

struct ModelCheckerTests {
    /// What Python's jsonschema says of generated documents (Tests/Models/make-vectors.py). `DLT_MODEL_VECTORS` names a larger file.
    @Test func `records are judged as Python's jsonschema judges them`() throws {
        let bytes = try Environment.get("DLT_MODEL_VECTORS").map { try Files.readAll($0) } ?? fixture("vectors.jsonl")
        var judged = 0
        for line in bytes.split(separator: 0x0A) {
            let vector = try JSONValue(parsing: Array(line))
            let schema = try #require(vector["schema"])
            for (key, isGood) in [("good", true), ("bad", false)] {
                for document in vector[key]?.arrayValue ?? [] {
                    let found = try findings(schema, document.serialized())
                    judged += 1
                    #expect(
                        found.isEmpty == isGood,
                        "\(schema.serialized()) of \(document.serialized()): \(found.map(\.text))")
                }
            }
        }
        #expect(judged > 2000)
    }

    @Test func `each keyword says what it expected and what it got`() throws {
        let cases: [(JSONValue, String, String)] = [
            (["type": "integer"], #""7""#, #": expected integer, got string "7""#),
            (["type": .strings(["integer", "null"])], "1.5", ": expected integer or null, got number 1.5"),
            (["enum": .strings(["a", "b"])], #""c""#, #": expected one of "a", "b", got string "c""#),
            (["const": 1], "2", ": expected 1, got integer 2"),
            (["minimum": 18], "17", ": expected at least 18, got integer 17"),
            (["maximum": 18], "18.5", ": expected at most 18, got number 18.5"),
            (["exclusiveMinimum": 0], "0", ": expected more than 0, got integer 0"),
            (["exclusiveMaximum": 9], "9", ": expected less than 9, got integer 9"),
            (["multipleOf": .number("0.01")], "1.005", ": expected a multiple of 0.01, got number 1.005"),
            (["minLength": 2], #""é""#, #": expected at least 2 characters, got string "é""#),
            (["maxLength": 1], #""ab""#, #": expected at most 1 characters, got string "ab""#),
            (["pattern": "^a"], #""ba""#, #": expected a match of the pattern ^a, got string "ba""#),
            (["format": "uuid"], #""x""#, #": expected the format uuid, got string "x""#),
            (["minItems": 1], "[]", ": expected at least 1 elements, got 0"),
            (["maxItems": 1], "[1,2]", ": expected at most 1 elements, got 2"),
            (["uniqueItems": true], "[1,1.0]", "1: expected elements that differ from each other, got number 1.0"),
            (["required": .strings(["id"])], "{}", "id: expected a value, got nothing"),
            (["additionalProperties": false], #"{"x":1}"#, "x: expected no such member, got integer 1"),
            (
                ["properties": ["o": ["items": ["type": "string"]]]], #"{"o":["a",5]}"#,
                "o.1: expected string, got integer 5"
            ),
            (
                ["anyOf": .array([["type": "integer", "minimum": 5], ["type": "null"]])], "3",
                ": expected at least 5, got integer 3"
            ),
        ]
        for (schema, record, expected) in cases {
            let found = try findings(schema, record).map(\.text)
            #expect(found == [expected])
        }
    }

    @Test func `numbers are compared by their digits`() throws {
        let limit: JSONValue = ["maximum": .number("9007199254740992")]
        #expect(try findings(limit, "9007199254740993").count == 1)
        #expect(try findings(limit, "9007199254740992.0").isEmpty)
        #expect(try findings(["multipleOf": .number("0.1")], "0.3").isEmpty)
        #expect(try findings(["multipleOf": .number("0.1")], "1e20").isEmpty)
        #expect(try findings(["multipleOf": .number("7")], "700000000000000000000000000000001").count == 1)
        #expect(try findings(["multipleOf": .number("7")], "7e30").isEmpty)
    }

    @Test(arguments: [
        ("date-time", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123+02:00"], ["2026-01-02", "yesterday", ""]),
        ("date", ["2026-01-02", "2024-02-29"], ["2026-02-29", "2026", "20260102", "2026-01-02T00:00:00Z"]),
        ("time", ["10:00:00", "10:00:00Z"], ["25:00:00", "2026-01-02"]),
        (
            "uuid", ["123e4567-e89b-12d3-a456-426614174000"],
            ["123e4567e89b12d3a456426614174000", "g23e4567-e89b-12d3-a456-426614174000"]
        ),
        ("email", ["a@b.ch", "\"a@b\"@c"], ["a", "@b", "a@", "a b@c", "a@b@c"]),
        ("uri", ["https://a.b/c?d#e", "urn:x:y"], ["/a", "a b:c", "1a:b", "http://é"]),
        ("ipv4", ["127.0.0.1"], ["1.2.3", "256.1.1.1"]), ("ipv6", ["::1"], ["1.2.3.4", ":::"]),
    ])
    func `formats are checked`(format: String, good: [String], bad: [String]) throws {
        for text in good {
            #expect(try findings(["format": .string(format)], JSONValue.string(text).serialized()).isEmpty)
        }
        for text in bad {
            #expect(
                try findings(["format": .string(format)], JSONValue.string(text).serialized()).count == 1, "\(text)")
        }
        // A format is about texts and nothing else.
        #expect(try findings(["format": .string(format)], "5").isEmpty)
    }

    @Test func `patterns mean what they mean in ECMA 262`() throws {
        func matches(_ pattern: String, _ text: String) throws -> Bool {
            try findings(["pattern": .string(pattern)], JSONValue.string(text).serialized()).isEmpty
        }
        #expect(try !matches("b$", "ab\n"))
        #expect(try !matches("\\d", "٣"))
        #expect(try !matches("^\\w$", "é"))
        #expect(try matches("^.$", "𝒳"))
        #expect(try !matches("^.$", "e\u{301}"))
        #expect(try matches("[$]", "a$"))
        #expect(try matches("a\\$", "a$"))
        #expect(try matches("^(?!x)[a-z]+$", "abc"))
    }

    @Test func `what only describes is passed over`() throws {
        for word in [
            "contentSchema", "contentMediaType", "contentEncoding", "title", "examples", "deprecated", "$comment",
            "readOnly",
        ] {
            let model: JSONValue = ["type": "object", "properties": ["a": ["type": "string", "\(word)": [:]]]]
            _ = try findings(model, #"{"a":"{}"}"#)
        }
    }

    @Test func `what cannot be checked is refused`() throws {
        let cases: [(JSONValue, String)] = [
            (["properties": ["a": ["$ref": "other.json#/x"]]], "#/properties/a/$ref"),
            (["$ref": "#/$defs/none"], "#/$ref"), (["pattern": "("], "#/pattern"),
            (["unevaluatedProperties": false], "#/unevaluatedProperties"), (["type": "int"], "#/type"),
            (["minimum": "x"], "#/minimum"), (["multipleOf": 0], "#/multipleOf"), (["allOf": 1], "#/allOf"),
            (["items": 5], "#/items"),
        ]
        for (schema, place) in cases {
            let error = #expect(throws: ModelError.self) { try findings(schema, "1") }
            #expect(error?.place == place)
        }
    }

    private static let cat: JSONValue = [
        "title": "Cat", "type": "object", "required": ["kind", "lives"],
        "properties": ["kind": ["const": "cat", "type": "string"], "lives": ["type": "integer", "minimum": 0]],
    ]
    private static let dog: JSONValue = [
        "title": "Dog", "type": "object", "required": ["kind", "name"],
        "properties": ["kind": ["enum": ["dog", "hound"], "type": "string"], "name": ["type": "string"]],
    ]

    @Test(arguments: [
        (#"{"p":{"kind":"cat","lives":-1}}"#, ["p.lives: expected at least 0, got integer -1"]),
        (#"{"p":{"kind":"hound"}}"#, ["p.name: expected a value, got nothing"]),
        (#"{"p":{"kind":"cow"}}"#, [#"p.kind: expected one of "cat", one of "dog", "hound", got string "cow""#]),
        (#"{"p":{"lives":1}}"#, ["p.kind: expected a value, got nothing"]),
        (#"{"p":5}"#, ["p: expected object, got integer 5"]),
    ])
    func `of a tagged union the one that is meant is told`(record: String, texts: [String]) throws {
        for (key, discriminator) in [("anyOf", false), ("oneOf", false), ("oneOf", true)] {
            var union: JSONObject = [key: .array([["$ref": "#/$defs/Cat"], ["$ref": "#/$defs/Dog"]])]
            if discriminator {
                union["discriminator"] = [
                    "propertyName": "kind",
                    "mapping": ["cat": "#/$defs/Cat", "dog": "#/$defs/Dog", "hound": "#/$defs/Dog"],
                ]
            }
            let schema: JSONValue = [
                "properties": ["p": .object(union)], "$defs": ["Cat": Self.cat, "Dog": Self.dog],
            ]
            let found = try findings(schema, record).map(\.text)
            if discriminator, record.contains("cow") {
                #expect(found == [#"p.kind: expected one of "cat", "dog", "hound", got string "cow""#])
            } else {
                #expect(found == texts)
            }
        }
    }

    @Test func `of other unions the nearest alternative is told, or each type once`() throws {
        let number: JSONValue = [
            "anyOf": .array([
                ["title": "A", "type": "object", "required": ["a", "b", "c"]],
                ["title": "B", "type": "object", "properties": ["x": ["type": "integer"]]],
            ])
        ]
        #expect(
            try findings(number, #"{"x":"y"}"#).map(\.text) == [
                #"x: expected integer (according to B, the nearest of 2 alternatives), got string "y""#
            ])
        #expect(try findings(number, "1").map(\.text) == [": expected object, got integer 1"])
        let times: JSONValue = [
            "anyOf": .array([["type": "string", "format": "date"], ["type": "string", "format": "date-time"]])
        ]
        #expect(
            try findings(times, #""soon""#).map(\.expected) == ["the format date or the format date-time"])
    }

    @Test func `references that only lead to each other end`() throws {
        let loop: JSONValue = ["$ref": "#/$defs/a", "$defs": ["a": ["$ref": "#/$defs/b"], "b": ["$ref": "#/$defs/a"]]]
        #expect(try !findings(loop, "1").isEmpty)
        let tree: JSONValue = [
            "$defs": ["t": ["properties": ["t": ["$ref": "#/$defs/t"]], "type": "object"]], "$ref": "#/$defs/t",
        ]
        #expect(try findings(tree, #"{"t":{"t":{"t":{}}}}"#).isEmpty)
        #expect(try findings(tree, #"{"t":{"t":{"t":1}}}"#).map(\.text) == ["t.t.t: expected object, got integer 1"])
        #expect(
            try findings(tree, String(repeating: #"{"t":"#, count: 5000) + "1" + String(repeating: "}", count: 5000))
                .count == 1)
    }

    @Test func `OpenAPI 3_0 says nullable and exclusive in its own way`() throws {
        let schema: JSONValue = ["type": "integer", "nullable": true, "minimum": 0, "exclusiveMinimum": true]
        #expect(try findings(schema, "null").isEmpty)
        #expect(try findings(schema, "0").map(\.expected) == ["more than 0"])
    }
}
