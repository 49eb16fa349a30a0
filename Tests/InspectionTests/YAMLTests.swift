import Documents
import JSONText
import SystemIO
import Testing

@testable import SchemaInspection

struct YAMLTests {
    @Test func `writes every kind of text as PyYAML does`() throws {
        let document = try JSONValue(parsing: Files.readAll(Fixture.path("scalars.json")))
        #expect(YAMLWriter.text(document) == (try Fixture.text("scalars.yaml")))
    }

    @Test func `reads back what PyYAML wrote`() throws {
        let document = try YAMLReader.document(try Fixture.text("scalars.yaml")).value
        #expect(document == (try JSONValue(parsing: Files.readAll(Fixture.path("scalars.json")))))
    }

    @Test(arguments: [
        ("yes", JSONValue.bool(true)), ("Off", .bool(false)), ("~", .null), ("0x1F", 31), ("010", 8), ("1_000", 1000),
        ("+3", 3), ("-1.50", .number("-1.5")), ("1e5", "1e5"), ("2024-01-01", "2024-01-01"), ("'1'", "1"),
        ("!!str 1", "1"), ("1.", .number("1.0")), ("1.2.3", "1.2.3"),
    ])
    func `takes plain scalars as YAML 1.1 does`(text: String, value: JSONValue) throws {
        #expect(try YAMLReader.document("k: \(text)").value["k"] == value)
    }

    @Test func `takes keys for names, whatever they look like`() throws {
        #expect(try YAMLReader.document("on: 1\n2: 2").value == ["on": 1, "2": 2])
    }

    @Test func `follows anchors and merges`() throws {
        let text = "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3"
        #expect(try YAMLReader.document(text).value["b"] == ["p": 1, "q": 3])
    }

    @Test func `gives up on aliases that stand for billions`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let inner = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(inner)]\n"
        }
        #expect(throws: DocumentError.self) { try YAMLReader.document(text) }
    }

    @Test func `says where a mistake is`() {
        let error = #expect(throws: DocumentError.self) { try YAMLReader.document("a: 1\nb: [1\nc: 2\n") }
        #expect(error?.line == 3)
    }

    @Test func `knows the line of each member`() throws {
        let lines = try YAMLReader.document("tables:\n  users:\n    columns:\n      id: {x: 1}\n").lines
        #expect(lines["tables.users"] == 2)
        #expect(lines["tables.users.columns.id.x"] == 4)
    }
}
