import Patterns
import SystemIO
import Testing

@Suite struct PatternTests {
    @Test(arguments: [
        ("abc", "xabcx", true), ("^abc$", "xabc", false), ("a|b|", "", true), ("^(a|bc)+$", "abcbca", true),
        ("^(a|bc)+$", "abcb", false), ("^a{2,3}$", "aa", true), ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aa", true),
        ("^a{2,}$", "a", false), ("^a{,2}$", "a{,2}", true), ("^{}$", "{}", true), ("a.c", "a\nc", false),
        ("a.c", "aéc", true), ("(?s)a.c", "a\nc", true), ("^[a-c]+$", "abc", true), ("^[^a-c]+$", "xyz", true),
        ("^[^a-c]+$", "xbz", false), ("^[\\w.-]+@x\\.de$", "a.b-c@x.de", true), ("[]", "a", false),
        ("[^]", "\n", true), ("^\\d{4}-\\d{2}$", "2024-01", true), ("^\\d$", "٣", false), ("^\\w$", "é", false),
        ("\\bfoo\\b", "a foo.", true), ("\\bfoo\\b", "afoo", false), ("\\Boo", "foo", true),
        ("(?i)straße", "STRAßE", true),
        ("(?i:a)b", "Ab", true), ("(?i:a)b", "AB", false), ("^\\u0041\\x42\\u{1F600}$", "AB😀", true),
        ("^\\uD83D\\uDE00$", "😀", true), ("^\\p{Lu}\\p{L}*$", "Élan", true), ("^\\P{L}$", "1", true),
        ("^a+?$", "aaa", true),
        ("^(?=.*\\d)(?=.*[a-z]).{4,}$", "abc1", true), ("^(?=.*\\d)(?=.*[a-z]).{4,}$", "abcd", false),
        ("^(?!.*x)[a-z]+$", "abc", true), ("^(?!.*x)[a-z]+$", "abxc", false), ("(?<=a)b", "ab", true),
        ("(?<=a)b", "cb", false), ("(?<!a)b", "ab", false), ("(?<!a)b", "cb", true), ("(?<n>a)\\-\\/", "a-/", true),
        ("a$", "a\n", false), ("(?m)^b$", "a\nb\nc", true), ("^(?:(?=b(?!c))b|c)+$", "bc", false),
        ("^(?:(?=b(?!c))b|c)+$", "cbb", true), ("(a*)*b", "aaab", true), ("^\\s$", "\u{A0}", true),
        ("\\$\\^", "$^", true),
    ])
    func `what ECMA 262 means is found`(text: String, subject: String, expected: Bool) throws {
        #expect(try Pattern(text).isFound(in: subject) == expected)
    }

    @Test(arguments: [
        ("a$", "a\n", true), ("a$", "a\n\n", false), ("a\\Z", "a\n", false), ("^\\d$", "٣", true), ("^\\w$", "é", true),
        ("^[]a]$", "]", true), ("^a{,2}$", "aa", true), ("\\Afoo", "xfoo", false), ("(?P<n>x)", "x", true),
        ("a.c", "a\rc", true), ("_dlt_.*_id$", "_dlt_parent_id", true), ("(?<=a$)\n", "a\n", true),
    ])
    func `what Python's re means is found`(text: String, subject: String, expected: Bool) throws {
        #expect(try Pattern(text, .python).isFound(in: subject) == expected)
    }

    @Test(arguments: [
        "(", ")", "[a", "a**", "*a", "\\", "a{3,2}", "[b-a]", "(a)\\1", "\\k<n>", "(?>a)", "a++", "\\p{Klingon}",
        "\\u12",
        "(?z)a", "((((((a{9999}){9999}){9999}){9999}){9999}){9999})", "(?<>a)", "\\u{zz}", "\\uD83D\\u0041", "a{10001}",
    ])
    func `what is malformed or not supported is refused with a reason`(text: String) throws {
        let error = #expect(throws: Pattern.Malformed.self) { try Pattern(text) }
        #expect(error?.description.isEmpty == false)
    }

    @Test func `groups may not be nested without end`() {
        #expect(throws: Pattern.Malformed.self) { try Pattern(String(repeating: "(", count: 100_000)) }
    }

    @Test(arguments: ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*(.*)*(.*)*x", "^(?=(a+)+$)", "a?{0}", "(a?){50}a{50}b"])
    func `no expression takes more than the text's length in time`(text: String) throws {
        guard let pattern = try? Pattern(text) else { return }
        func seconds(_ count: Int) -> Double {
            let subject = String(repeating: "a", count: count) + "b"
            let began = Clock.processorNanoseconds()
            _ = pattern.isFound(in: subject)
            return Double(Clock.processorNanoseconds() - began) / 1e9
        }
        // A search that tries all ways would not end in the lifetime of the sun.
        #expect(seconds(10_000) < 20)
    }

    /// The standard library tries one way after the other, so small texts only; it is another reading of the same rules.
    @Test func `random expressions find what the standard library finds`() throws {
        var random = FastRandom(seed: (1, 2, 3, 4))
        func pick(_ items: [String]) -> String { items.randomElement(using: &random) ?? "" }
        func expression(_ depth: Int) -> String {
            if depth == 0 {
                return pick(["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\b", "^", "$", "(?=b)", "(?!a)"])
            }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: return "(?:" + expression(depth - 1) + "|" + expression(depth - 1) + ")"
            case 1: return "(" + expression(depth - 1) + ")" + pick(["*", "+", "?", "{2}", "{1,2}", "{0,1}", "*?"])
            default: return expression(depth - 1) + expression(depth - 1)
            }
        }
        var found = 0
        for _ in 0..<2000 {
            let text = expression(3)
            let other = try Regex(text.replacing("$", with: "\\z")).matchingSemantics(.unicodeScalar)
                .wordBoundaryKind(.simple)
            let pattern = try Pattern(text)
            for _ in 0..<5 {
                let subject = (0..<Int.random(in: 0...6, using: &random)).map { _ in pick(["a", "b", "c", " "]) }
                    .joined()
                let expected = try other.firstMatch(in: subject) != nil
                if expected { found += 1 }
                #expect(pattern.isFound(in: subject) == expected, "\(text) in \(subject)")
            }
        }
        #expect(found > 1000)
    }
}
