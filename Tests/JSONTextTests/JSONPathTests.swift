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

    /// As jsonpath-ng has them: at the beginning, after a point and in brackets, with either quote.
    @Test(arguments: [
        ("'@odata.nextLink'", ["@odata.nextLink"]), ("\"@odata.nextLink\"", ["@odata.nextLink"]),
        ("$.'a.b'.c", ["a.b", "c"]), ("x.\"a.b\"[\"c.d\"].e", ["x", "a.b", "c.d", "e"]), ("'it\\'s'", ["it's"]),
        ("'a | b'", ["a | b"]), ("'*'", ["*"]), ("''", [""]), ("@odata.nextLink", ["@odata", "nextLink"]),
        ("größe.名-1", ["größe", "名-1"]), ("_id.$date", ["_id", "$date"]), (".jobs", ["jobs"]), ("a:b/c#d", ["a:b/c#d"]),
    ])
    func `names in quotes may stand wherever a name may`(text: String, names: [String]) throws {
        #expect(try JSONPath(text).steps == names.map { .key(Array($0.utf8)) })
    }

    @Test func `positions count from either end`() throws {
        #expect(try JSONPath("data[-1].id").steps == [.key(Array("data".utf8)), .index(-1), .key(Array("id".utf8))])
        #expect(try JSONPath("[0]").steps == [.index(0)])
        #expect(try JSONPath("a[-1]").countsFromEnd && !JSONPath("a[1]").countsFromEnd)
        #expect(try JSONPath("jobs[*]").steps == JSONPath("jobs.*").steps)
    }

    @Test(arguments: [
        "a..b", "a[", "['a", "['a\\']", "a['b'x]", "a[x]", "$a", "'a", "\"a", "'a'b", "a'b'", "a.'b", "a|b", "a | b",
        "a,b", "a & b", "a&b", "`parent`", "a.`parent`", "a where b", "a b", " a", "a ", "a[0:2]", "a[0,1]", "a[:1]",
        "a[-0]",
        "a[+1]", "a[1 ]", "['a','b']", "a[?(@.b)]", "a[99999999999999999999]", "a.", "a]", "a*", "*a", "a.$", "a=b",
        "a<b",
        "a(b)", "a{b}", "'a\\n'", "a\\b", "a~", "!a", "$$",
    ])
    func `what is no path is refused`(text: String) {
        #expect(throws: JSONPath.Malformed.self) { try JSONPath(text) }
    }

    @Test(arguments: [
        "a", "a.b", "it's", "say \"x\"", "both ' and \"", "back\\slash", "", "@odata.nextLink", "$", "*",
        "é\u{301}'\u{301}",
    ])
    func `a name that was written is read again`(name: String) throws {
        #expect(
            try JSONPath(JSONPath.text(of: [name, name])).steps == [.key(Array(name.utf8)), .key(Array(name.utf8))])
        #expect(try JSONPath(JSONPath.quoted(name)).steps == [.key(Array(name.utf8))])
    }
}
