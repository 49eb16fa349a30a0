import JSONText
import ProgramSupport
import Testing

@testable import StateInspection

struct StatePathTests {
    @Test(arguments: [
        ("sources.github.page", ["sources", "github", "page"]),
        ("$.sources['my.source'].x", ["sources", "my.source", "x"]),
        ("$['a'][\"b\"]", ["a", "b"]),
        ("$", []),
        ("['it\\'s']", ["it's"]),
    ])
    func `reads names, dotted or quoted`(text: String, names: [String]) throws {
        #expect(try StatePath(text).steps == names.map { .key(Array($0.utf8)) })
    }

    @Test(arguments: ["", ".", "a..b", "a[", "a['b", "a[x]", "a[-1]", "$a", "a['b'x]", "a[*]", "a.*", "a[]", "$."])
    func `refuses what is no path`(text: String) {
        let error = #expect(throws: ProgramError.self) { try StatePath(text) }
        #expect(error?.status == .usage)
    }

    @Test func `finds values in objects and lists`() throws {
        let document: JSONValue = ["a": .array([1, ["b": "c"]])]
        #expect(try StatePath("a[1].b").value(in: document) == "c")
        #expect(try StatePath("a.1.b").value(in: document) == "c")
        #expect(try StatePath("a[2]").value(in: document) == nil)
        #expect(try StatePath("a.b").value(in: document) == nil)
    }

    @Test func `sets a value and makes what leads to it`() throws {
        var document: JSONValue = ["a": ["x": 1]]
        try StatePath("a.b.c").set(true, in: &document)
        #expect(document == ["a": ["x": 1, "b": ["c": true]]])
        document = ["l": .array([1])]
        try StatePath("l[1]").set(2, in: &document)
        #expect(document == ["l": .array([1, 2])])
    }

    @Test func `does not set inside a number or beyond a list`() throws {
        var document: JSONValue = ["a": 1, "l": .array([])]
        #expect(throws: ProgramError.self) { try StatePath("a.b").set(2, in: &document) }
        #expect(throws: ProgramError.self) { try StatePath("l[1]").set(2, in: &document) }
    }
}
