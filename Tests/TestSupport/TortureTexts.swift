/// One JSON value, or what only looks like one, and what has to come of it.
package struct TortureText: Sendable, CustomStringConvertible {
    package enum Verdict: Sendable {
        /// What SQLite holds after the value was loaded into a column of its own.
        case integer(Int64), real(Double), text([UInt8]), null
        /// An object or a list: a `json` column holds the same value.
        case container
        case rejected
    }

    package let name: String
    package let bytes: [UInt8]
    package let verdict: Verdict

    package var description: String { name }

    package var isRejected: Bool { if case .rejected = verdict { true } else { false } }

    init(_ name: String, _ bytes: [UInt8], _ verdict: Verdict) {
        self.name = name
        self.bytes = bytes
        self.verdict = verdict
    }

    init(_ name: String, _ text: String, _ verdict: Verdict) { self.init(name, Array(text.utf8), verdict) }
}

/// Every class of the JSON parsing test suites (`y_`, `n_`, `i_`), written anew for this project.
///
/// RFC 8259 leaves open how large numbers, deep nesting, lone surrogates and duplicate names are treated; here large
/// numbers keep their digits, 100,000 levels are taken, lone surrogates are refused because UTF-8 cannot hold them, and
/// the last of duplicate names counts.
package enum TortureTexts {
    package static let values: [TortureText] = numbers + strings + literals + structures

    // MARK: Numbers

    private static func repeated(_ digit: Character, _ count: Int) -> String { String(repeating: digit, count: count) }

    private static let int256 = "57896044618658097711785492504343953926634992332820282019728792003956564819967"
    private static let int256Minimum = "-57896044618658097711785492504343953926634992332820282019728792003956564819968"

    package static let numbers: [TortureText] = {
        let integers: [(String, Int64)] = [
            ("0", 0), ("-0", 0), ("1", 1), ("-1", -1), ("9007199254740993", 9_007_199_254_740_993),
            ("999999999999999999", 999_999_999_999_999_999), ("1000000000000000000", 1_000_000_000_000_000_000),
            ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ]
        // Beyond 64 bits: every digit stays.
        let long = [
            "9223372036854775808", "-9223372036854775809", "18446744073709551616",
            "1" + repeated("0", 76), int256, int256Minimum,
            String(int256.dropLast()) + "8", String(int256Minimum.dropLast()) + "9", "1" + repeated("7", 399),
            "-9" + repeated("3", 399), "1" + repeated("0", 5000),
        ]
        let reals = [
            "0.0", "-0.0", "1.0", "1.5", "-1.5", "0.1", "1e5", "1E5", "1e+5", "1E-5", "1.5e300", "1e0", "0e0", "0E+0",
            "-0e-0", "0.0e10", "1e0000000000000001", "1e-00001", "9007199254740993.0", "1.7976931348623157e308",
            "2.2250738585072014e-308", "5e-324", "1e-400", "123456789012345678901234567890.5",
            "0." + repeated("1", 400), "1." + repeated("0", 400) + "1", repeated("9", 200) + ".5",
            "0e" + repeated("9", 400), "3.141592653589793238462643383279502884197",
        ]
        // No double holds these, so their characters are kept.
        let beyond = [
            "1e309", "-1e309", "1e400", "-1.5E+400", "1e99999999999999999999", "9" + repeated("9", 400) + ".5",
            "1e" + repeated("9", 400),
        ]
        let rejected = [
            "+1", "++1", "--1", "-", "+", ".", ".5", "-.5", "1.", "-1.", "01", "-01", "00", "-00", "007", "1.e5", ".e1",
            "1e", "1E", "1e+", "1E-", "1e1.5", "1e1e1", "1.2.3", "0.-1", "1-", "1+1", "0x1F", "0X1f", "0b1", "0o7",
            "1_000", "1 000", "1f", "1L", "1n", "NaN", "nan", "-NaN", "Infinity", "-Infinity", "inf", "∞", "１", "٣",
            "½",
            "1,5", "1'000", "$1", "1%", "1 2", "- 1", "1 .5", "1. 5",
        ]
        return integers.map { TortureText("number \($0.0)", $0.0, .integer($0.1)) }
            + long.map { TortureText("integer of \($0.utf8.count) digits", $0, .text(Array($0.utf8))) }
            + reals.map { TortureText("real \($0.prefix(40))", $0, .real(Double($0) ?? .nan)) }
            + beyond.map { TortureText("beyond a double \($0.prefix(40))", $0, .text(Array($0.utf8))) }
            + rejected.map { TortureText("no number \($0)", $0, .rejected) }
    }()

    // MARK: Strings

    // Noncharacters are characters of UTF-8, but Swift takes no literals of them.
    private static func scalar(_ value: UInt32) -> String { Unicode.Scalar(value).map { String($0) } ?? "" }
    private static let uFDD0 = scalar(0xFDD0)
    private static let uFFFE = scalar(0xFFFE)
    private static let uFFFF = scalar(0xFFFF)
    private static let u1FFFF = scalar(0x1FFFF)
    private static let u10FFFF = scalar(0x10FFFF)

    private static func quoted(_ inside: [UInt8]) -> [UInt8] { [0x22] + inside + [0x22] }

    package static let strings: [TortureText] = {
        // The inside as written, and the characters it stands for.
        let accepted: [(String, String)] = [
            ("", ""), ("a", "a"), ("a b", "a b"), (#"\""#, "\""), (#"\\"#, "\\"), (#"\/"#, "/"), ("/", "/"),
            (#"\b\f\n\r\t"#, "\u{8}\u{C}\n\r\t"), (#"\u0041\u005a"#, "AZ"), (#"\u00e9\u00E9"#, "éé"), ("é€😀", "é€😀"),
            (#"\u0000"#, "\u{0}"), (#"a\u0000b"#, "a\u{0}b"), (#"\u0001\u001f\u007f"#, "\u{1}\u{1F}\u{7F}"),
            ("\u{7F}", "\u{7F}"), ("\u{80}\u{9F}", "\u{80}\u{9F}"), (#"\ud83d\ude00"#, "😀"), (#"\uD834\uDD1E"#, "𝄞"),
            (#"\uD83d\uDE00x"#, "😀x"), (#"\ud800\udc00\udbff\udfff"#, "\u{10000}\(u10FFFF)"),
            ("\u{10000}\(u10FFFF)", "\u{10000}\(u10FFFF)"),
            ("\u{7FF}\u{800}\u{D7FF}\u{E000}\(uFFFF)", "\u{7FF}\u{800}\u{D7FF}\u{E000}\(uFFFF)"),
            (#"\ud7ff\ue000\uffff\ufffe\ufdd0"#, "\u{D7FF}\u{E000}\(uFFFF)\(uFFFE)\(uFDD0)"),
            ("\(uFDD0)\(uFFFE)\(u1FFFF)", "\(uFDD0)\(uFFFE)\(u1FFFF)"), ("\u{FEFF}x", "\u{FEFF}x"),
            ("\u{2028}\u{2029}\u{85}", "\u{2028}\u{2029}\u{85}"), (#"\\u0000"#, "\\u0000"), (#"\\\""#, "\\\""),
            (#"\\\\"#, "\\\\"), (#"\\n"#, "\\n"), ("e\u{301}", "e\u{301}"), ("\u{E9}", "\u{E9}"), ("123", "123"),
            ("1e400", "1e400"), ("true", "true"), ("null", "null"), ("{\\\"a\\\":1}", "{\"a\":1}"), ("'", "'"),
            (" ", " "),
            ("/*no comment*/", "/*no comment*/"), ("\u{202E}abc", "\u{202E}abc"), ("مرحبا שלום", "مرحبا שלום"),
            (String(repeating: "x", count: 1_000_000), String(repeating: "x", count: 1_000_000)),
            (String(repeating: #"\u00e9"#, count: 50_000), String(repeating: "é", count: 50_000)),
        ]
        let badBytes: [(String, [UInt8])] = [
            ("a continuation byte alone", [0x80]), ("the last continuation byte alone", [0xBF]),
            ("overlong NUL", [0xC0, 0x80]), ("overlong DEL", [0xC1, 0xBF]), ("overlong slash", [0xC0, 0xAF]),
            ("two bytes cut", [0xC2]), ("two bytes with a letter", [0xC3, 0x28]),
            ("overlong of three", [0xE0, 0x80, 0x80]),
            ("the greatest overlong of three", [0xE0, 0x9F, 0xBF]), ("three bytes cut after one", [0xE2]),
            ("three bytes cut after two", [0xE2, 0x82]), ("three bytes with a letter", [0xE2, 0x28, 0xA1]),
            ("a high surrogate", [0xED, 0xA0, 0x80]), ("a low surrogate", [0xED, 0xBF, 0xBF]),
            ("a pair of surrogates", [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]),
            ("overlong of four", [0xF0, 0x80, 0x80, 0x80]),
            ("the greatest overlong of four", [0xF0, 0x8F, 0xBF, 0xBF]), ("four bytes cut", [0xF0, 0x9F, 0x98]),
            ("four bytes with a letter", [0xF0, 0x9F, 0x28, 0x80]), ("beyond U+10FFFF", [0xF4, 0x90, 0x80, 0x80]),
            ("lead byte F5", [0xF5, 0x80, 0x80, 0x80]), ("five bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]),
            ("six bytes", [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]), ("FE", [0xFE]), ("FF", [0xFF]),
            ("Latin-1", Array("caf".utf8) + [0xE9]), ("after eight letters", Array("abcdefgh".utf8) + [0xFF]),
            ("before a long tail", [0xFF] + Array("abcdefghijklmnop".utf8)),
        ]
        let badInside: [(String, [UInt8])] =
            [UInt8](0..<0x20).filter { $0 != 0x0A }.map { ("control character \($0)", Array("ab".utf8) + [$0]) }
            + [
                #"\a"#, #"\x41"#, #"\'"#, #"\0"#, #"\ "#, #"\U0041"#, #"\u"#, #"\u1"#, #"\u12"#, #"\u123"#, #"\u12G4"#,
                #"\u+123"#, #"\u 123"#, #"\uD83D\uDE0"#, #"\v"#, #"\e"#, #"\é"#, #"\1"#,
            ].map { ("escape \($0)", Array($0.utf8)) }
            + [
                #"\ud800"#, #"\udbff"#, #"\udc00"#, #"\udfff"#, #"\ude00\ud83d"#, #"\ud800x"#, #"\ud800\n"#,
                #"\ud800\u0041"#, #"\ud800\ud800"#, #"\ud800\ud83d\ude00"#, #"\ud83d\ude00\ud83d"#, #"x\udc00x"#,
                #"\ud800\\udc00"#, #"\ud83d😀"#,
            ].map { ("lone surrogate \($0)", Array($0.utf8)) }
        let unquoted: [(String, String)] = [
            ("unclosed", #""abc"#), ("closed by an escaped quote", #""abc\""#), ("single quotes", "'abc'"),
            ("no quotes", "abc"), ("no opening quote", #"abc""#), ("curly quotes", "“abc”"),
            ("two strings", #""a" "b""#),
            ("sum of strings", #""a"+"b""#), ("only a quote", "\""), ("backquotes", "`abc`"),
            ("escape outside", #"\u0061"#),
        ]
        return accepted.map { TortureText("string \($0.prefix(30))", quoted(Array($0.utf8)), .text(Array($1.utf8))) }
            + badBytes.map { TortureText("UTF-8: \($0)", quoted($1), .rejected) }
            + badInside.map { TortureText("string with \($0)", quoted($1), .rejected) }
            + unquoted.map { TortureText("string \($0)", $1, .rejected) }
    }()

    // MARK: Literals

    package static let literals: [TortureText] =
        [
            TortureText("true", "true", .integer(1)), TortureText("false", "false", .integer(0)),
            TortureText("null", "null", .null),
        ]
        + ["True", "FALSE", "nul", "nulll", "truee", "tru", "fals", "undefined", "None", "yes", "t", "n", "true false"]
        .map {
            TortureText("no literal \($0)", $0, .rejected)
        }

    // MARK: Structures

    package static let structures: [TortureText] = {
        func nested(_ open: String, _ inside: String, _ close: String, _ depth: Int) -> String {
            String(repeating: open, count: depth) + inside + String(repeating: close, count: depth)
        }
        let accepted: [(String, String)] = [
            ("empty object", "{}"), ("empty list", "[]"), ("white space in empty ones", "[ { \t } , [ \r ] ]"),
            ("list", "[1,2.50,\"x\",null,true,false]"), ("list of nulls", "[null,null]"),
            ("object", "{\"b\":1,\"a\":[{}]}"),
            ("empty key", "{\"\":0}"), ("keys of white space", "{\" \":1,\"\\t\":2}"),
            ("key with NUL", "{\"a\\u0000b\":1}"),
            ("escaped key", "{\"\\u0061\\\"\":1}"), ("key that needs no escape", "{\"\\u00e9\":1,\"😀\":2}"),
            ("keys that are normalized differently", "{\"\\u00e9\":1,\"e\\u0301\":2}"),
            ("numbers kept", "[1E400,-0,1.0,1e0,12345678901234567890123]"),
            ("surrogates", "[\"\\ud83d\\ude00\"]"), ("1,000 lists", nested("[", "", "]", 1000)),
            ("1,000 objects", nested("{\"a\":", "1", "}", 1000)), ("99,990 lists", nested("[", "", "]", 99_990)),
            ("99,990 objects", nested("{\"a\":", "null", "}", 99_990)),
            ("49,990 of both", nested("[{\"k\":", "0", "}]", 49_990)),
            ("long list", "[" + String(repeating: "0,", count: 50_000) + "0]"),
        ]
        let rejected: [(String, String)] = [
            ("trailing comma in a list", "[1,]"), ("trailing comma in an object", "{\"a\":1,}"),
            ("leading comma", "[,1]"),
            ("leading comma in an object", "{,\"a\":1}"), ("two commas", "[1,,2]"), ("only a comma", "[,]"),
            ("comma in an empty object", "{,}"), ("no comma", "[1 2]"), ("no comma in an object", "{\"a\":1 \"b\":2}"),
            ("semicolon", "[1;2]"), ("no colon", "{\"a\" 1}"), ("two colons", "{\"a\"::1}"), ("no value", "{\"a\":}"),
            ("no key", "{:1}"), ("only a key", "{\"a\"}"), ("number as key", "{1:1}"), ("bare key", "{a:1}"),
            ("key in single quotes", "{'a':1}"), ("null as key", "{null:1}"), ("list as key", "{[]:1}"),
            ("equals sign", "{\"a\"=1}"),
            ("unclosed list", "[1"), ("unclosed list after a comma", "[1,"), ("unclosed object", "{\"a\":1"),
            ("unclosed object after its key", "{\"a\""), ("unclosed after its colon", "{\"a\":"),
            ("unclosed bracket", "["),
            ("unclosed brace", "{"), ("closed twice", "[1]]"), ("object closed twice", "{\"a\":1}}"),
            ("closed by a brace", "[1}"),
            ("closed by a bracket", "{\"a\":1]"), ("crossed", "[{\"a\":1]}"), ("only closed", "]"),
            ("comment", "[1/*one*/]"),
            ("line comment", "[1//one\u{20}]"), ("hash comment", "[1#one\u{20}]"), ("two values", "{} {}"),
            ("two lists", "[][]"),
            ("nothing", ""), ("form feed", "[\u{C}1]"), ("vertical tab", "[\u{B}1]"), ("no-break space", "[\u{A0}1]"),
            ("byte order mark", "\u{FEFF}[1]"), ("word joiner", "[\u{2060}1]"), ("NUL after the value", "[1]\u{0}"),
            ("NUL in between", "[1,\u{0}2]"), ("parentheses", "(1)"), ("angle brackets", "<x>1</x>"),
            ("ellipsis", "[1,...]"),
            ("asterisk", "*"), ("100,010 lists", nested("[", "", "]", 100_010)),
            ("100,010 objects", nested("{\"a\":", "1", "}", 100_010)),
            ("100,010 unclosed lists", nested("[", "", "", 100_010)),
            ("50,000 unclosed objects", nested("[{\"a\":", "", "", 25_000)),
        ]
        return accepted.map { TortureText($0, $1, .container) } + rejected.map { TortureText($0, $1, .rejected) }
            + [
                TortureText("invalid UTF-8 in a key", [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], .rejected),
                TortureText("invalid UTF-8 outside", [0x5B, 0xE5, 0x5D], .rejected),
                TortureText("UTF-16", [0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00], .rejected),
                TortureText("lone surrogate in a key", "{\"\\ud800\":1}", .rejected),
                TortureText("control character in a key", "{\"a\tb\":1}", .rejected),
            ]
    }()

    // MARK: Lines

    /// Lines of a file of records that are refused; as values inside of a record most of them would be fine.
    package static let rejectedLines: [TortureText] =
        [
            ("a list", "[{\"a\":1}]"), ("a number", "1"), ("a string", "\"x\""), ("null", "null"), ("true", "true"),
            ("two records", "{\"a\":1}{\"a\":2}"), ("two records and a space", "{\"a\":1} {\"a\":2}"),
            ("a record and a comma", "{\"a\":1},"), ("a record and a comment", "{\"a\":1} // one"),
            ("a comment", "# one"), ("a number before the record", "1 {\"a\":1}"), ("half a record", "{\"a\":"),
            ("the other half", "1}"), ("a record separator", "\u{1E}{\"a\":1}"), ("NUL bytes", "\u{0}\u{0}\u{0}"),
            ("a byte order mark in the middle", "\u{FEFF}{\"a\":1}"), ("a header of CSV", "a,b,c"),
            ("HTML", "<html></html>"),
        ].map { TortureText("line: \($0)", $1, .rejected) }
}
