import JSONText
import RecordSources
import SystemIO
import TestSupport
import Testing

@testable import FileConnector

/// Reads a text through a small window that gets it in portions, up to a number of records.
private func records(
    _ text: String, _ reader: any RecordReader, portion: Int = .max, from place: FilePlace? = nil, limit: Int = .max
) throws -> (records: [String], place: FilePlace?) {
    var reader = reader
    let window = ByteWindow(MemorySource(Array(text.utf8), portion: portion), blockBytes: 16)
    var records: [String] = []
    let stop = try reader.read(window, from: place) { record, _ in
        if records.count == limit { return false }
        records.append(String(decoding: record, as: UTF8.self))
        return true
    }
    return (records, stop)
}

private let portions = [1, 2, 3, 7, 16, 1000]

struct RecordReaderTests {
    @Test(arguments: portions)
    func `lines are found wherever the input is cut`(portion: Int) throws {
        let text = "{\"a\":1}\r\n\n  {\"b\":\"some longer text\"}  \n\t\n{\"c\":3}"
        let expected = ["{\"a\":1}", "{\"b\":\"some longer text\"}", "{\"c\":3}"]
        #expect(try records(text, LinesReader(), portion: portion).records == expected)
    }

    @Test(arguments: portions)
    func `each record comes with the line on which it begins`(portion: Int) throws {
        func lines(_ text: String, _ reader: any RecordReader, from place: FilePlace? = nil) throws -> [Int] {
            var reader = reader
            var lines: [Int] = []
            let window = ByteWindow(MemorySource(Array(text.utf8), portion: portion), blockBytes: 16)
            _ = try reader.read(window, from: place) { _, line in
                lines.append(line)
                return true
            }
            return lines
        }
        #expect(try lines("{}\n\n {}\r\n\r\n\n{}", LinesReader()) == [1, 3, 6])
        // Where a run stopped is known with its line, unless an older program stopped there.
        #expect(try lines("{}\n{}\n\n{}", LinesReader(), from: FilePlace(offset: 3, line: 2)) == [2, 4])
        #expect(try lines("{}\n{}\n\n{}", LinesReader(), from: FilePlace(offset: 3)) == [0, 0])
        let csv = "a,b\n\n1,\"x\ny\"\n2,3\r\n4,\"\n\n\"\n5,6\n"
        #expect(try lines(csv, CSVReader(CSVDialect())) == [3, 5, 6, 9])
        #expect(try lines("[{},\n{}]", JSONDocumentReader(path: nil)) == [0, 0])
        #expect(try records("{}\n\n{}\n{}", LinesReader(), portion: portion, limit: 1).place?.line == 3)
    }

    @Test(arguments: portions)
    func `values of any layout are found wherever the input is cut`(portion: Int) throws {
        let text = """
            {"a": "]}\\"\\\\"} {"b":{"c":[1,2,{"d":"}"}]}}
            [{"e":1} , 22,"x", [ ], true ]  {
              "f": null }17
            """
        let expected = [
            "{\"a\": \"]}\\\"\\\\\"}", "{\"b\":{\"c\":[1,2,{\"d\":\"}\"}]}}", "{\"e\":1}", "22", "\"x\"", "[ ]", "true",
            "{\n  \"f\": null }", "17",
        ]
        #expect(try records(text, JSONDocumentReader(path: nil), portion: portion).records == expected)
    }

    static let document = """
        {"meta": {"jobs": [9], "s": "]}\\\\"}, "data": {"jobs": [{"i":1}, {"i":2}], "odd.name": {"k": 1}, "\\u0065x": [3]},
         "a": [{"b": {"i":"x"}}, {"b": [{"i":"y"}, {"i":"z"}]}, {"c": 1}, 5], "empty": [], "last": 1.5e3}
        """

    @Test(arguments: [
        ("data.jobs", ["{\"i\":1}", "{\"i\":2}"]), ("$.data.jobs[*]", ["{\"i\":1}", "{\"i\":2}"]),
        ("$['data'].jobs", ["{\"i\":1}", "{\"i\":2}"]), ("data.jobs[1]", ["{\"i\":2}"]),
        ("a[*].b", ["{\"i\":\"x\"}", "{\"i\":\"y\"}", "{\"i\":\"z\"}"]),
        ("a[1].b", ["{\"i\":\"y\"}", "{\"i\":\"z\"}"]),
        ("$.data['odd.name']", ["{\"k\": 1}"]), ("data.ex", ["3"]), ("empty", []), ("empty[*].x", []),
        ("meta.jobs", ["9"]), ("last", ["1.5e3"]), ("data.*", ["{\"i\":1}", "{\"i\":2}", "{\"k\": 1}", "3"]),
    ])
    func `a path leads to the records`(path: String, expected: [String]) throws {
        for portion in portions {
            let reader = JSONDocumentReader(path: try JSONPath(path))
            #expect(try records(Self.document, reader, portion: portion).records == expected)
        }
    }

    @Test(arguments: ["a..b", "a[", "a[x]", "a['b", "a.", ".[", "$x"])
    func `a malformed path is refused`(path: String) {
        #expect(throws: JSONPath.Malformed.self) { try JSONPath(path) }
    }

    @Test
    func `a path that leads nowhere tells what there is`() throws {
        let error = try #require(throws: FileSyntaxError.self) {
            try records(Self.document, JSONDocumentReader(path: try JSONPath("nope")))
        }
        #expect(error.hint == "the document has `meta`, `data`, `a`, `empty`, `last`")
    }

    @Test(arguments: [
        "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{\"a\":1", "{\"a\":01}", "[{\"a\":1}", "]", "{\"a\" 1}", "[\"a\nb\"]",
        "nul",
        "[1]]", "{\"a\":1}}", "\"abc", "[tru]",
    ])
    func `what is not JSON is an error`(text: String) {
        for portion in [1, 5, 100] {
            #expect(throws: FileSyntaxError.self) {
                try records(text, JSONDocumentReader(path: nil), portion: portion)
            }
        }
    }

    @Test(arguments: portions)
    func `rows of a table become objects`(portion: Int) throws {
        let text =
            "id,n\"o,,flag\r\n1,\"a \"\"q\"\", ü\",x,true\r\n\r\n2,\"two\r\nlines\",,false\n\"3\",007,\"\",1e5\n-0.5\n+1, 2,a\\b,null"
        let expected = [
            #"{"id":1,"n\"o":"a \"q\", ü","column_3":"x","flag":true}"#,
            #"{"id":2,"n\"o":"two\r\nlines","column_3":null,"flag":false}"#,
            #"{"id":"3","n\"o":"007","column_3":"","flag":1e5}"#,
            #"{"id":-0.5,"n\"o":null,"column_3":null,"flag":null}"#,
            #"{"id":"+1","n\"o":" 2","column_3":"a\\b","flag":"null"}"#,
        ]
        let read = try records(text, CSVReader(CSVDialect()), portion: portion).records
        #expect(read == expected)
        for record in read { _ = try JSONValue(parsing: record) }
    }

    @Test(arguments: [
        ("a,b\n1,2,3\n", 2), ("a,b\n1,2\n\"x\n", 3), ("a,b\n\"1\"x,2\n", 2), ("a\n\n\"1\n2\"\n3,4\n", 5),
    ])
    func `a damaged table tells the line`(text: String, line: Int) throws {
        for portion in [1, 100] {
            let error = try #require(throws: FileSyntaxError.self) {
                try records(text, CSVReader(CSVDialect()), portion: portion)
            }
            guard case .line(line) = error.place else {
                Issue.record("expected line \(line), got \(error.place)")
                return
            }
        }
    }

    @Test
    func `control characters are escaped and other bytes checked`() throws {
        let text = "a\n\"\u{1}\u{1F}\t\"\n"
        #expect(try records(text, CSVReader(CSVDialect())).records == [#"{"a":"\u0001\u001f\t"}"#])
        var reader = CSVReader(CSVDialect())
        let latin = ByteWindow(MemorySource([0x61, 0x0A, 0xE9, 0x0A]))
        #expect(throws: FileSyntaxError.self) { try reader.read(latin, from: nil) { _, _ in true } }
    }

    /// Every format, cut after every number of records and taken up again, gives what it gives at once.
    @Test(arguments: [1, 2, 5])
    func `reading goes on where it stopped`(step: Int) throws {
        let array = "[" + (0..<11).map { "{\"i\": \($0)}" }.joined(separator: ",\n") + "] {\"i\":11}\n[{\"i\":12}]"
        let lines = (0..<13).map { "{\"i\": \($0)}\n" }.joined()
        let table = "i,t\n" + (0..<13).map { "\($0),\"a\nb\"\n" }.joined()
        let sources: [(String, () throws -> any RecordReader)] = [
            (array, { JSONDocumentReader(path: nil) }), (lines, { LinesReader() }),
            (table, { CSVReader(CSVDialect()) }),
            ("{\"x\": \(array.prefix { $0 != "]" })]}", { JSONDocumentReader(path: try JSONPath("x")) }),
        ]
        for (text, reader) in sources {
            let whole = try records(text, try reader()).records
            var pieces: [String] = []
            var place: FilePlace?
            repeat {
                let part = try records(text, try reader(), portion: 9, from: place, limit: step)
                pieces += part.records
                place = part.place
                place?.records = pieces.count
            } while place != nil && pieces.count < 100
            #expect(pieces == whole)
            #expect(whole.count >= 11)
        }
    }
}

struct NamingTests {
    @Test(arguments: [
        ("movies.json", "movies"), ("data/movies.json.gz", "movies"), ("2015-01-01-15.jsonl.zst", "2015-01-01-15"),
        ("a.b.csv", "a.b"), ("movies-*.json.gz", "movies"), ("x/y_[0-9].csv", "y"), ("data/*.json", "data"),
        ("data/*/events.json", "events"), ("logs/**/*.json", "logs"), ("a{b,c}.json", "a"), ("plain", "plain"),
    ])
    func `a resource is named by its path`(path: String, name: String) throws {
        #expect(try FilePlan.name(of: path) == name)
    }

    @Test
    func `alternatives in braces are expanded`() {
        #expect(ShellPattern.alternatives("a{b,c}d{e,}") == ["abde", "abd", "acde", "acd"])
        #expect(ShellPattern.matches("x.json", "*.{json,csv}"))
        #expect(!ShellPattern.matches("x.txt", "*.{json,csv}"))
    }
}
