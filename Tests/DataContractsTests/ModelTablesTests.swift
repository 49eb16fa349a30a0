import DataContracts
import Identifiers
import JSONText
import Schemas
import Testing

struct ModelTablesTests {
    private func tables(_ document: JSONValue, table: String? = nil) throws -> [Table] {
        let naming = try Naming(named: "snake_case", maxLength: 63)
        let model = try #require(ModelDocument(document))
        return try model.models(table: table).flatMap { try $0.tables(naming) }
    }

    private func columns(_ table: Table) -> [String] {
        table.columns.map { column in
            var text = "\(column.name) \(column.dataType?.rawValue ?? "?")"
            if !column.isNullable { text += "!" }
            if column.has("primary_key") { text += " key" }
            return text
        }
    }

    private var shop: JSONValue { get throws { try JSONValue(parsing: fixture("shop.schema.json")) } }

    @Test func `a Pydantic model becomes tables, types and nullability, and freezes them`() throws {
        let tables = try tables(shop)
        #expect(tables.map(\.name) == ["order", "order__items", "order__items__tags"])
        #expect(
            columns(tables[0]) == [
                "id bigint!", "reference text!", "status text!", "created_at timestamp!", "delivery_date date",
                "customer_age bigint", "email text!", "address__street text!", "address__zip text!",
                "address__country text", "billing__street text", "billing__zip text", "billing__country text",
                "discount double", "notes json", "extra ?",
            ])
        #expect(columns(tables[1]) == ["sku text!", "quantity bigint!", "price decimal!"])
        #expect(columns(tables[2]) == ["value text!"])
        #expect(tables[1].parent == "order" && tables[2].parent == "order__items")
        #expect(tables[0].properties["schema_contract"] == "freeze")
        #expect(tables[0].properties["description"] == "An order as the shop sends it.")
        #expect(tables[0][column: "email"]?.hints["description"] == "where the receipt goes")
    }

    @Test func `a model that allows more lets columns come`() throws {
        let open: JSONValue = [
            "title": "T", "type": "object", "properties": ["a": ["type": "integer"]], "additionalProperties": true,
        ]
        #expect(
            try tables(open)[0].properties["schema_contract"]
                == ["tables": "evolve", "columns": "evolve", "data_type": "freeze"])
    }

    @Test func `a table's model comes back as it was`() throws {
        var schema = Schema(name: "s")
        for table in try tables(shop) { schema.put(table) }
        let table = try #require(schema[table: "order"])
        #expect(try JSONValue.object(ModelWriter(schema).jsonSchema(of: table)) == shop)
    }

    @Test func `tables without a model are described by their columns`() throws {
        var schema = Schema(name: "s")
        for var table in try tables(shop) {
            table.properties["x-json-schema"] = nil
            table.properties["name"] = .string(table.name)
            schema.put(table)
        }
        let described = ModelWriter(schema).jsonSchema(of: try #require(schema[table: "order"]))
        let again = try tables(.object(described), table: "order")
        #expect(again.map(columns) == (try tables(shop)).map { columns($0).filter { !$0.hasSuffix("?") } })
    }

    @Test func `a Singer stream's schema brings its keys`() throws {
        let message: JSONValue = [
            "type": "SCHEMA", "stream": "Users", "key_properties": .strings(["id"]),
            "schema": [
                "type": "object",
                "properties": [
                    "id": ["type": .strings(["null", "integer"])], "name": ["type": .strings(["null", "string"])],
                    "updatedAt": ["type": .strings(["null", "string"]), "format": "date-time"],
                ],
            ],
        ]
        let made = try tables(message)
        #expect(made.map(\.name) == ["users"])
        #expect(columns(made[0]) == ["id bigint! key", "name text", "updated_at timestamp"])
    }

    @Test func `OpenAPI components become tables with what they refer to`() throws {
        let document: JSONValue = [
            "openapi": "3.0.3",
            "components": [
                "schemas": [
                    "Pet": [
                        "type": "object", "required": .strings(["id"]),
                        "properties": [
                            "id": ["type": "integer", "format": "int64"],
                            "owner": ["$ref": "#/components/schemas/Owner"],
                            "kind": ["$ref": "#/components/schemas/Kind"],
                        ],
                    ],
                    "Owner": ["type": "object", "properties": ["name": ["type": "string", "nullable": true]]],
                    "Kind": ["type": "string", "enum": .strings(["cat", "dog"])],
                    "Other": ["type": "object", "properties": ["x": ["type": "boolean"]]],
                ]
            ],
        ]
        #expect(try tables(document).map(\.name) == ["pet", "owner", "other"])
        let pet = try tables(document, table: "Pet")
        #expect(columns(pet[0]) == ["id bigint!", "owner__name text", "kind text"])
        let kept = try #require(pet[0].properties["x-json-schema"]?["components", "schemas"]?.objectValue)
        #expect(kept.keys == ["Pet", "Owner", "Kind"])
        #expect(
            try findings(pet[0].properties["x-json-schema"] ?? .null, #"{"id":1,"kind":"cow"}"#).map(\.place) == [
                "kind"
            ])
    }

    @Test func `what refers to itself stays JSON`() throws {
        let tree: JSONValue = [
            "title": "node",
            "$defs": [
                "Node": [
                    "type": "object", "properties": ["name": ["type": "string"], "next": ["$ref": "#/$defs/Node"]],
                ]
            ],
            "$ref": "#/$defs/Node",
        ]
        #expect(columns(try tables(tree)[0]) == ["name text", "next json"])
    }

    /// A model with one member.
    private func model(_ member: JSONValue, nesting: Int = .max) throws -> [String] {
        let document: JSONValue = [
            "title": "r", "type": "object", "properties": ["id": ["type": "integer"], "x": member],
            "required": .strings(["id"]),
            "$defs": [
                "N": [
                    "type": "object",
                    "properties": [
                        "n": ["$ref": "#/$defs/N"], "c": ["type": "array", "items": ["$ref": "#/$defs/N"]],
                    ],
                ]
            ],
        ]
        let naming = try Naming(named: "snake_case", maxLength: 63)
        let made = try #require(ModelDocument(document)).models(table: nil)[0].tables(naming, nesting: nesting)
        return made.flatMap { table in columns(table).map { "\(table.name).\($0)" } }.filter { $0 != "r.id bigint!" }
    }

    @Test(arguments: [
        (#"{"type":"array","items":{"type":"object"}}"#, ["r.x json"]),
        (#"{"type":"array","items":{}}"#, ["r.x json"]), (#"{"type":"array"}"#, ["r.x json"]),
        (#"{"type":"array","items":{"type":"object","additionalProperties":{"type":"integer"}}}"#, ["r.x json"]),
        (#"{"type":"array","items":{"type":"array","prefixItems":[{"type":"integer"}]}}"#, ["r.x json"]),
        (#"{"type":"array","items":{"type":"array","items":{}}}"#, ["r.x json"]),
        (#"{"type":"array","items":{"type":"array","items":{"type":"integer"}}}"#, ["r__x__list.value bigint!"]),
        (#"{"type":"array","items":{"anyOf":[{"type":"object"},{"type":"string"}]}}"#, ["r.x json"]),
        (
            #"{"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"array","items":{"type":"object"}}]}"#,
            ["r.x json"]
        ),
        (#"{"anyOf":[{"type":"object"},{"type":"string"}]}"#, ["r.x ?"]),
        (##"{"$ref":"#/$defs/N"}"##, ["r.x__n json", "r.x__c json"]),
        (
            ##"{"type":"object","properties":{"l":{"type":"array","items":{"$ref":"#/$defs/N"}}}}"##,
            ["r__x__l.n json", "r__x__l.c json"]
        ),
    ])
    func `lists of what is kept as JSON are kept as JSON`(member: String, expected: [String]) throws {
        #expect(try model(JSONValue(parsing: member)) == expected)
    }

    @Test func `what is nested deeper than is unpacked is kept as JSON`() throws {
        let member = try JSONValue(
            parsing:
                #"{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}}},"l":{"type":"array","items":{"type":"array","items":{"type":"integer"}}}}}"#
        )
        #expect(try model(member, nesting: 0) == ["r.x json"])
        #expect(try model(member, nesting: 1) == ["r.x__a json", "r.x__l json"])
        #expect(try model(member, nesting: 2) == ["r.x__a__b bigint", "r__x__l.list json"])
        #expect(try model(member, nesting: 3) == ["r.x__a__b bigint", "r__x__l__list.value bigint!"])
    }

    @Test func `a key that the model lets be null stays nullable`() throws {
        let document: JSONValue = [
            "title": "r", "type": "object", "x-primary-key": .strings(["a", "b"]),
            "properties": ["a": ["type": "integer"], "b": ["type": .strings(["integer", "null"])]],
        ]
        #expect(columns(try tables(document)[0]) == ["a bigint! key", "b bigint key"])
    }

    private var contract: JSONValue {
        [
            "apiVersion": "v3.1.0", "kind": "DataContract", "id": "orders-1", "version": "2.0.0", "status": "active",
            "name": "Orders",
            "schema": .array([
                [
                    "name": "orders", "physicalName": "orders", "logicalType": "object", "physicalType": "table",
                    "properties": .array([
                        [
                            "name": "id", "logicalType": "integer", "required": true, "primaryKey": true,
                            "primaryKeyPosition": 1,
                        ],
                        [
                            "name": "state", "logicalType": "string", "logicalTypeOptions": ["maxLength": 5],
                            "quality": .array([
                                [
                                    "type": "library", "metric": "invalidValues", "mustBe": 0,
                                    "arguments": ["validValues": .strings(["new", "paid"])],
                                ]
                            ]),
                        ],
                        ["name": "at", "logicalType": "timestamp", "required": true],
                        [
                            "name": "lines", "logicalType": "array",
                            "items": [
                                "logicalType": "object",
                                "properties": .array([["name": "sku", "logicalType": "string", "required": true]]),
                            ],
                        ],
                    ]),
                    "quality": .array([["type": "library", "metric": "rowCount", "mustBeGreaterThan": 1]]),
                ]
            ]),
        ]
    }

    @Test func `a data contract becomes tables`() throws {
        let made = try tables(contract)
        #expect(made.map(\.name) == ["orders", "orders__lines"])
        #expect(columns(made[0]) == ["id bigint! key", "state text", "at timestamp!"])
        #expect(columns(made[1]) == ["sku text!"])
        #expect(made[0].properties["x-quality"]?.arrayValue?.count == 2)
    }

    @Test func `a data contract comes back with what was in it`() throws {
        var schema = Schema(name: "s")
        for table in try tables(contract) { schema.put(table) }
        let document = JSONValue.object(ODCSWriter(schema).document(of: [try #require(schema[table: "orders"])]))
        #expect(document == contract)
    }

    private func meter(_ rules: [JSONValue], _ records: [String]) throws -> [String] {
        var meter = try QualityMeter(.array(rules))
        let tape = JSONTape()
        for record in records {
            try Array(record.utf8).withUnsafeBufferPointer { text in
                try tape.scan(text)
                meter.count(record: 0, tape: tape, text: text)
            }
        }
        return meter.findings.map { "\($0.metric) \($0.property ?? "-"): expected \($0.expected), got \($0.got)" }
    }

    @Test func `metrics count what they are named for`() throws {
        let records = [
            #"{"a":1,"b":"x","o":{"c":1}}"#, #"{"a":1.0,"b":"N/A","o":{"c":2}}"#, #"{"a":null,"b":"y"}"#,
            #"{"b":"zz","o":{"c":1}}"#,
        ]
        func rule(_ metric: String, _ more: JSONObject) -> JSONValue {
            var rule: JSONObject = ["metric": .string(metric)]
            rule.merge(more)
            return .object(rule)
        }
        let a: JSONValue = .strings(["a"])
        let b: JSONValue = .strings(["b"])
        let found = try meter(
            [
                rule("rowCount", ["mustBe": 4]), rule("rowCount", ["mustBeGreaterThan": 4]),
                rule("nullValues", ["path": a, "mustBe": 0]),
                rule("nullValues", ["path": a, "mustBeLessThan": 50, "unit": "percent"]),
                rule("missingValues", ["path": b, "mustBe": 0, "arguments": ["missingValues": .strings(["N/A"])]]),
                rule("invalidValues", ["path": b, "mustBeLessOrEqualTo": 1, "arguments": ["pattern": "^.$"]]),
                rule("duplicateValues", ["path": a, "mustBe": 0]),
                rule("duplicateValues", ["mustBe": 0, "arguments": ["properties": .strings(["a", "b"])]]),
                rule("duplicateValues", ["path": .strings(["o", "c"]), "mustBeBetween": .array([2, 3])]),
            ], records)
        #expect(
            found == [
                "rowCount -: expected more than 4, got 4", "nullValues a: expected 0, got 2",
                "nullValues a: expected less than 50 percent, got 50 percent", "missingValues b: expected 0, got 1",
                "invalidValues b: expected at most 1, got 2", "duplicateValues a: expected 0, got 1",
                "duplicateValues o.c: expected 2 to 3, got 1",
            ])
    }

    @Test func `metrics that mean nothing are refused`() throws {
        for rule: JSONValue in [
            ["metric": "sum", "mustBe": 0], ["metric": "rowCount"], ["metric": "nullValues", "mustBe": 0],
            ["metric": "rowCount", "mustBeBetween": 5],
            ["metric": "invalidValues", "path": .strings(["a"]), "mustBe": 0],
        ] {
            #expect(throws: ModelError.self) { try QualityMeter(.array([rule])) }
        }
    }
}
