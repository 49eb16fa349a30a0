import Documents
import JSONText
import Testing

struct DocumentTests {
    private func toml(_ text: String) throws -> JSONValue { try TOMLDocument.read(Array(text.utf8)).json }

    @Test func `reads TOML's tables, lists, texts and numbers`() throws {
        let text = """
            title = "a\\tb \\u00e9" # comment
            'odd key' = 'raw\\n'
            n = -1_000
            x = 0xFF
            f = 6.5e-3
            when = 2024-01-02T03:04:05Z
            [sources.github]
            api_key = "k"
            nested.deep = true
            [[resources]]
            name = "a"
            list = [1, [2, 3],
              # inside
              4, ]
            [resources.endpoint]
            path = "/a"
            [[resources]]
            name = "b"
            inline = { a = 1, b.c = "d" }
            long = \"""
            one
            two \\
               joined ""\"""
            """
        let expected = """
            {"title": "a\\tb é", "odd key": "raw\\\\n", "n": -1000, "x": 255, "f": 6.5e-3,
             "when": "2024-01-02T03:04:05Z",
             "sources": {"github": {"api_key": "k", "nested": {"deep": true}}},
             "resources": [{"name": "a", "list": [1, [2, 3], 4], "endpoint": {"path": "/a"}},
              {"name": "b", "inline": {"a": 1, "b": {"c": "d"}}, "long": "one\\ntwo joined \\"\\""}]}
            """
        #expect(try toml(text) == JSONValue(parsing: expected))
    }

    @Test(arguments: [
        ("a = 1\nb = \n", 2), ("a = 1\na = 2", 2), ("[t]\n[t]", 2), ("a = 01", 1), ("a = yes", 1), ("a 1", 1),
        ("x = \"abc\ny = 1", 1), ("a = 1 2", 1), ("a = \"\\q\"", 1), ("[a\nb = 1", 1), ("a = [1\nb = 2", 2),
        ("a = {x = 1}\n[a.b]", 2), ("a = 1_", 1), ("\n\na.b = 1\n[a]", 4),
    ])
    func `says where TOML is wrong`(text: String, line: Int) {
        let error = #expect(throws: DocumentError.self) { try TOMLDocument.read(Array(text.utf8)) }
        #expect(error?.line == line)
    }

    @Test func `knows the lines of every format`() throws {
        let texts: [(DocumentFormat, String)] = [
            (.json, "{\n \"a\": {\n  \"b\": [1,\n 2]}}"), (.yaml, "\na:\n  b:\n  - 1\n"), (.toml, "\n[a]\nb = 1"),
        ]
        for (format, text) in texts {
            let root = try format.read(Array(text.utf8))
            #expect(root.members?.first?.line == 2)
            #expect(root["a"]?.members?.first?.line == 3)
        }
    }

    @Test func `refuses the same key twice`() {
        #expect(throws: DocumentError.self) { try DocumentFormat.json.read(Array("{\"a\": 1, \"a\": 2}".utf8)) }
        #expect(throws: DocumentError.self) { try DocumentFormat.yaml.read(Array("a: 1\na: 2".utf8)) }
    }

    @Test func `reads what JSON escapes`() throws {
        #expect(try DocumentFormat.json.read(Array(#"{"a": "é\n"}"#.utf8)).json == ["a": "é\n"])
        let error = #expect(throws: DocumentError.self) { try DocumentFormat.json.read(Array("{\"a\": 1,\n x}".utf8)) }
        #expect(error?.line == 2)
    }
}
