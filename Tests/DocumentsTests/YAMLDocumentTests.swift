import Documents
import JSONText
import Testing

struct YAMLDocumentTests {
    private func read(_ text: String) throws(DocumentError) -> LocatedDocument {
        LocatedDocument(try YAMLDocument.read(Array(text.utf8)))
    }

    @Test(arguments: [
        ("yes", JSONValue.bool(true)), ("Off", .bool(false)), ("~", .null), ("0x1F", 31), ("010", 8), ("1_000", 1000),
        ("+3", 3), ("-1.50", .number("-1.5")), ("1e5", "1e5"), ("2024-01-01", "2024-01-01"), ("'1'", "1"),
        ("!!str 1", "1"), ("1.", .number("1.0")), ("1.2.3", "1.2.3"),
    ])
    func `takes plain scalars as YAML 1.1 does`(text: String, value: JSONValue) throws {
        #expect(try read("k: \(text)").value["k"] == value)
    }

    @Test func `takes keys for names, whatever they look like`() throws {
        #expect(try read("on: 1\n2: 2").value == ["on": 1, "2": 2])
    }

    @Test func `follows anchors and merges`() throws {
        let text = "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3"
        #expect(try read(text).value["b"] == ["p": 1, "q": 3])
    }

    @Test func `gives up on aliases that stand for billions`() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let inner = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(inner)]\n"
        }
        #expect(throws: DocumentError.self) { try read(text) }
    }

    @Test func `says where a mistake is`() {
        let error = #expect(throws: DocumentError.self) { try read("a: 1\nb: [1\nc: 2\n") }
        #expect(error?.line == 3)
    }

    @Test func `knows the line of each member, and of what has none`() throws {
        let document = try read("tables:\n  users:\n    columns:\n      id: {x: 1}\n")
        #expect(document.line(of: "tables.users") == 2)
        #expect(document.line(of: "tables.users.columns.id.x") == 4)
        #expect(document.line(of: "tables.users.columns.name") == 3)
        #expect(document.line(of: "settings") == nil)
    }
}
