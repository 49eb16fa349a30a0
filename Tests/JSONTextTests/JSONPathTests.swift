import JSONText
import Testing

struct JSONPathTests {
    @Test(arguments: [
        ("a.b", ["a", "b"]), ("$.a['b c']", ["a", "b c"]), ("$", []),
        ("['it\\'s'][\"say \\\"x\\\"\"]", ["it's", "say \"x\""]),
        ("['a\\\\b']", ["a\\b"]), ("['a]b']", ["a]b"]),
    ])
    func `names are plain or in quotes, with backslashes before what would end them`(text: String, names: [String])
        throws
    {
        #expect(try JSONPath(text).steps == names.map { .key(Array($0.utf8)) })
    }

    @Test(arguments: ["a..b", "a[", "['a", "['a\\']", "a['b'x]", "a[x]", "a[-1]", "$a"])
    func `what is no path is refused`(text: String) {
        #expect(throws: JSONPath.Malformed.self) { try JSONPath(text) }
    }
}
