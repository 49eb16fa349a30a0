import JSONText
import SystemIO
import TestSupport
import Testing

/// A stream as its reader sees it.
struct ReadStream {
    let result: ProgramResult
    let messages: [JSONValue]

    init(_ result: ProgramResult) throws {
        self.result = result
        messages = try result.lines.map { try JSONValue(parsing: $0) }
    }

    func all(_ type: String) -> [JSONValue] { messages.filter { $0["type"]?.stringValue == type } }

    var records: [String] { all("RECORD").compactMap { $0["record"]?.serialized() } }
    var end: JSONValue? { messages.last?["type"]?.stringValue == "END" ? messages.last : nil }
    var endStatus: Int? { end?["exit_status"]?.intValue }
    var state: JSONValue? { all("STATE").last?["value"] }
}

func extract(
    _ arguments: String..., in folder: WorkDirectory, stdin: [UInt8] = []
) throws -> ReadStream {
    try ReadStream(
        run(
            argv: [Paths.join(buildFolder, "dlt-extract")] + arguments, stdin: stdin,
            environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path))
}

/// Does what dlt-load does to the state in the end.
func commit(_ stream: ReadStream, in folder: WorkDirectory) throws {
    guard let state = stream.state, let sources = state["sources"],
        let pipeline = stream.messages.first?["pipeline"]?.stringValue
    else { return }
    let document: JSONValue = [
        "_state_version": 1, "_state_engine_version": 4, "pipeline_name": .string(pipeline), "sources": sources,
    ]
    try folder.write("data/spool/\(pipeline)/state.json", document.serialized())
}

struct ExtractFilesTests {
    static let three = ["{\"a\":1}", "{\"a\":2,\"b\":\"x\\ny\"}", "{\"a\":3}"]
    static let layouts: [(name: String, text: String)] = [
        ("t.jsonl", "{\"a\":1}\n{\"a\":2,\"b\":\"x\\ny\"}\n\n{\"a\":3}"),
        ("t.json", "[{\"a\":1},\n {\"a\":2,\n\"b\":\"x\\ny\"},{\"a\":3}]\n"),
        ("t.json", "{\"a\":1}{\"a\":2,\n \"b\":\"x\\ny\"}\r\n{\"a\":3}"),
        ("t.csv", "a,b\n1,\n2,\"x\ny\"\n3,"), ("t.tsv", "a\tb\r\n1\t\r\n2\t\"x\ny\"\r\n3\t\r\n"),
        ("t", "\u{FEFF}{\"a\":1}\n{\"a\":2,\"b\":\"x\\ny\"}\n{\"a\":3}\n"), ("t", "a,b\n1,\n2,\"x\ny\"\n3,\n"),
    ]

    @Test func `two names that differ only in their bytes are two files`() throws {
        let folder = try WorkDirectory()
        let composed = try folder.write("caf\u{E9}.jsonl", "{\"a\":1}\n")
        let decomposed = try folder.write("cafe\u{301}.jsonl", "{\"a\":2}\n")
        let read = try extract("files", composed, decomposed, composed, "--resource", "r", in: folder)
        #expect(read.records == [#"{"a":1}"#, #"{"a":2}"#], "\(read.result)")
    }

    @Test(arguments: layouts, ["", "gzip", "zstd"])
    func `every format is read plain, packed, and from standard input`(
        layout: (name: String, text: String), packer: String
    ) throws {
        let folder = try WorkDirectory()
        var path = try folder.write(layout.name, layout.text)
        if !packer.isEmpty {
            // The name says nothing: the first bytes do.
            let packed = try runShell("\(packer) -c < '\(path)'")
            path = try folder.write("packed/" + layout.name, packed.stdoutBytes)
        }
        let expected =
            layout.text.contains("a,b") || layout.text.contains("a\tb") ? Self.three.map(withNull) : Self.three
        let read = try extract("files", path, in: folder)
        #expect(read.result.status == 0)
        #expect(read.records == expected)
        #expect(read.messages.first?["pipeline"] == "t" && read.messages.first?["source"] == "files")
        #expect(read.end?["records"] == ["t": 3] && read.endStatus == 0 && read.end?["more"] == false)
        let piped = try extract("files", "-", "--resource", "t", in: folder, stdin: try Files.readAll(path))
        #expect(piped.records == expected)
    }

    private func withNull(_ record: String) -> String {
        record.contains("\"b\"") ? record : record.dropLast() + ",\"b\":null}"
    }

    @Test
    func `a record is passed on as it was written`() throws {
        let folder = try WorkDirectory()
        let record = #"{"big": 12345678901234567890123456789.10, "e":1E400,"s":"\u00e9\/"  ,"d":1,"d":2}"#
        try folder.write("t.jsonl", record + "\nnot JSON\n")
        let lines = try extract("files", "t.jsonl", "--format", "json", in: folder)
        #expect(lines.result.status == 65)
        let result = try run(
            program: "dlt-extract", arguments: ["files", folder.path("t.jsonl")],
            environment: ["DLT_DATA_DIR": folder.path("data")])
        #expect(result.lines.contains(#"{"type":"RECORD","stream":"t","record":\#(record)}"#))
        #expect(result.lines.contains(#"{"type":"RECORD","stream":"t","record":not JSON}"#))
    }

    @Test
    func `folders and patterns become resources`() throws {
        let folder = try WorkDirectory()
        try folder.write("in/b.json", "{\"i\":2}")
        try folder.write("in/a.json", "{\"i\":1}")
        try folder.write("in/deep/c.jsonl", "{\"i\":3}\n")
        try folder.write("in/.hidden.json", "{\"i\":9}")
        try folder.write("in/README.md", "no data")
        try folder.write("movies-1.json", "{\"i\":4}")
        try folder.write("movies-2.json", "{\"i\":5}")
        let one = try extract("files", "in", in: folder)
        #expect(one.records == ["{\"i\":1}", "{\"i\":2}", "{\"i\":3}"])
        #expect(one.all("SCHEMA").compactMap { $0["stream"]?.stringValue } == ["in"])
        let two = try extract("files", "movies-*.json", "in/**/*.jsonl", in: folder)
        #expect(two.all("SCHEMA").compactMap { $0["stream"]?.stringValue } == ["movies", "in"])
        #expect(two.records == ["{\"i\":4}", "{\"i\":5}", "{\"i\":3}"])
        let named = try extract("files", "movies-1.json", "in/a.json", "--resource", "x", in: folder)
        #expect(named.end?["records"] == ["x": 2])
        #expect(named.result.stderr.contains("2 records from 2 files in"))
    }

    @Test
    func `hints travel in the schema`() throws {
        let folder = try WorkDirectory()
        try folder.write("t.json", "{}")
        let read = try extract(
            "files", "t.json", "--write-disposition", "scd2", "--primary-key", "a, b", "--merge-key", "m", "--columns",
            "{\"gone\":{\"hard_delete\":true}}", in: folder)
        let schema = try #require(read.all("SCHEMA").first)
        #expect(schema["key_properties"] == .strings(["a", "b"]))
        #expect(schema["dlt", "write_disposition"] == ["disposition": "merge", "strategy": "scd2"])
        #expect(schema["dlt", "merge_key"] == .strings(["m"]))
        #expect(schema["dlt", "columns", "gone", "hard_delete"] == true)
        #expect(schema["dlt", "complete"] == nil)
        for wrong in [["--write-disposition", "upsrt"], ["--columns", "[1]"], ["--primary-key", "a,,b"]] {
            let result = try run(
                program: "dlt-extract", arguments: ["files", "t.json"] + wrong, currentDirectory: folder.path)
            #expect(result.status == 64, "\(result)")
            // The next programs learn of it, and nothing else.
            let messages = try result.lines.map { try JSONValue(parsing: $0) }
            #expect(messages.map { $0["type"] } == ["END"], "\(result)")
            #expect(messages.last?["exit_status"] == 64, "\(result)")
        }
    }

    // MARK: Limits and state

    @Test
    func `a limit ends well and tells that there is more`() throws {
        let folder = try WorkDirectory()
        try folder.write("t.jsonl", "{\"i\":1}\n{\"i\":2}\n{\"i\":3}\n")
        let two = try extract("files", "t.jsonl", "--limit", "2", in: folder)
        #expect(two.result.status == 0 && two.records.count == 2)
        #expect(two.end?["more"] == true && two.end?["status"] == "ok")
        #expect(two.all("SCHEMA").first?["dlt", "complete"] == false)
        let three = try extract("files", "t.jsonl", "--limit", "3", in: folder)
        #expect(three.records.count == 3 && three.end?["more"] == false)
        let chunk = try extract("files", "--new", "t.jsonl", "--chunk-size", "2", in: folder)
        #expect(chunk.result.status == 10 && chunk.endStatus == 10 && chunk.end?["more"] == true)
        let whole = try extract("files", "--new", "t.jsonl", "--chunk-size", "3", in: folder)
        #expect(whole.result.status == 0 && whole.end?["more"] == false)
    }

    @Test
    func `new files and changed ones are delivered once`() throws {
        let folder = try WorkDirectory()
        try folder.write("in/a-1.json", "{\"i\":1}")
        try folder.write("in/a-2.json", "{\"i\":2}")
        let first = try extract("files", "--new", "in/a-*.json", in: folder)
        #expect(first.records.count == 2 && first.all("STATE").count == 2)
        #expect(first.all("SCHEMA").first?["dlt", "complete"] == false)
        let files = first.state?["sources", "a", "resources", "a", "files"]?.objectValue
        #expect(files?.keys == [folder.path("in/a-1.json"), folder.path("in/a-2.json")])
        #expect(files?[folder.path("in/a-1.json")]?.arrayValue?.count == 2)
        try commit(first, in: folder)

        let second = try extract("files", "--new", "in/a-*.json", in: folder)
        #expect(second.result.status == 0 && second.records.isEmpty && second.all("STATE").isEmpty)
        #expect(second.all("SCHEMA").count == 1)

        try folder.write("in/a-2.json", "{\"i\":22}")
        try folder.write("in/a-3.json", "{\"i\":3}")
        let third = try extract("files", "--new", "in/a-*.json", in: folder)
        #expect(third.records == ["{\"i\":22}", "{\"i\":3}"])
        // The state is the whole of what the resource remembers.
        #expect(third.state?["sources", "a", "resources", "a", "files"]?.objectValue?.count == 3)
    }

    @Test
    func `what was settled before a damaged file stays settled`() throws {
        let folder = try WorkDirectory()
        try folder.write("a-1.json", "{\"i\":1}")
        try folder.write("a-2.json", "[{\"i\":2},")
        let read = try extract("files", "--new", "a-*.json", in: folder)
        #expect(read.result.status == 65 && read.endStatus == 65 && read.end?["status"] == "failed")
        #expect(read.state?["sources", "a", "resources", "a", "files"]?.objectValue?.count == 1)
        #expect(read.result.stderr.contains("unable to read a-2.json, line 1"))
    }

    @Test(arguments: [1, 3, 4, 1000])
    func `a loop of chunks delivers everything once`(size: Int) throws {
        let folder = try WorkDirectory()
        func row(_ file: Int, _ index: Int) -> String { "{\"f\":\(file),\"i\":\(index)}" }
        try folder.write("in/x-1.json", "[" + (0..<7).map { row(1, $0) }.joined(separator: ",\n") + "]")
        try folder.write("in/x-2.jsonl", (0..<7).map { row(2, $0) + "\n" }.joined())
        try folder.write("in/x-3.csv", "f,i\n" + (0..<7).map { "3,\($0)\n" }.joined())
        try folder.write("in/x-4.json", (0..<5).map { row(4, $0) }.joined(separator: "\n "))
        let packed = try runShell("gzip -c < x-2.jsonl | sed s/x/x/", currentDirectory: folder.path("in"))
        try folder.write("in/x-5.gz", packed.stdoutBytes)
        var all: [String] = []
        var runs = 0
        while runs < 60 {
            runs += 1
            let read = try extract("files", "--new", "--chunk-size", "\(size)", "in/x-*", in: folder)
            all += read.records
            try commit(read, in: folder)
            #expect(read.records.count <= size)
            if read.result.status != 10 {
                #expect(read.result.status == 0)
                break
            }
        }
        let expected = [(1, 7), (2, 7), (3, 7), (4, 5), (2, 7)].flatMap { file, count in
            (0..<count).map { row(file, $0) }
        }
        #expect(all == expected)
        #expect(runs == (expected.count + size - 1) / size)
    }

    @Test
    func `a chunk inside a selection goes on by counting`() throws {
        let folder = try WorkDirectory()
        try folder.write("d.json", "{\"jobs\":[1,2,3,4,5]}")
        var all: [String] = []
        for _ in 0..<10 {
            let read = try extract("files", "--new", "--chunk-size", "2", "d.json", "--select", "jobs", in: folder)
            all += read.records
            try commit(read, in: folder)
            if read.result.status != 10 { break }
        }
        #expect(all == ["1", "2", "3", "4", "5"])
    }

    // MARK: Errors

    struct Failure: CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let failures = [
        Failure(arguments: ["missing.json"], status: 66, says: "unable to find missing.json"),
        Failure(arguments: ["x-*.json"], status: 66, says: "no file matches"),
        Failure(arguments: ["empty"], status: 66, says: "no file has a known extension"),
        Failure(arguments: ["-"], status: 64, says: "hint: add --resource"),
        Failure(arguments: [], status: 64, says: "dlt-extract files --help"),
        Failure(arguments: ["good.json", "--nope"], status: 64, says: "--nope"),
        Failure(arguments: ["-", "--resource", "x", "--new"], status: 64, says: "--new"),
        Failure(arguments: ["good.json", "--limit", "0"], status: 64, says: "--limit"),
        Failure(arguments: ["good.json", "--select", "a..b"], status: 64, says: "`..`"),
        Failure(arguments: ["good.json", "--select", "nope"], status: 65, says: "the document has `a`"),
        Failure(arguments: ["good.json", "--pipeline", "../x"], status: 64, says: "pipeline name"),
        Failure(arguments: ["cut.json.gz"], status: 65, says: "unable to read cut.json.gz: "),
        Failure(arguments: ["cut.json.zst"], status: 65, says: "unable to read cut.json.zst: "),
        Failure(arguments: ["bad.json"], status: 65, says: "unable to read bad.json, line 3: malformed number"),
        Failure(arguments: ["bad.csv"], status: 65, says: "unable to read bad.csv, line 3: the row has 3 fields"),
        Failure(arguments: ["page.txt"], status: 65, says: "neither JSON nor CSV (`<html>"),
        Failure(arguments: ["utf16.json"], status: 65, says: "UTF-16"),
        Failure(
            arguments: ["wide.csv"], status: 65,
            says: "hint: iconv -f utf-16le -t utf-8 wide.csv | dlt-extract files - --resource wide"),
        Failure(arguments: ["latin.csv"], status: 65, says: "file -i latin.csv"),
        Failure(
            arguments: ["packed.csv"], status: 65,
            says: "unable to read packed.csv: Truncated ZIP"),
        Failure(
            arguments: ["in/*.json"], status: 66,
            says: "unable to read in/gone.json: it is a link to a file that does not exist"),
        Failure(
            arguments: ["-", "--resource", "x"], status: 65, says: "hint: did the program before dlt-extract fail?"),
        Failure(arguments: ["good.json", "--chunk-size", "1"], status: 64, says: "without '--new' or '--cursor'"),
        Failure(arguments: ["good.json", "--quote", "xy"], status: 64, says: "--quote"),
        Failure(arguments: ["app.log"], status: 65, says: "neither JSON nor CSV"),
    ]

    @Test(arguments: failures)
    func `an error has its status, its place and an end`(failure: Failure) throws {
        let folder = try WorkDirectory()
        try folder.write("good.json", "{\"a\":1}")
        try folder.write("bad.json", "[\n{\"a\":1},\n{\"a\":01}]")
        try folder.write("bad.csv", "a,b\n1,2\n1,2,3\n")
        try folder.write("page.txt", "<html></html>")
        try folder.write("utf16.json", [0xFF, 0xFE, 0x7B, 0x00])
        try folder.write("wide.csv", "id,name\n1,x\n".utf8.flatMap { [$0, 0] })
        try folder.write("latin.csv", Array("id,name\n1,".utf8) + [0xE9, 0x0A])
        try folder.write("packed.csv", [0x50, 0x4B, 0x03, 0x04, 0x14, 0, 0, 0, 8, 0])
        try folder.write("app.log", "2024-01-15 10:00:00,123 a\n2024-01-15 10:00:01,456 b\n")
        try folder.write("in/a.json", "{}")
        _ = try runShell("ln -s nothing in/gone.json", currentDirectory: folder.path)
        try Files.makeDirectory(folder.path("empty"))
        let text = (0..<500).map { "{\"i\":\($0 * 7919 % 1000)}\n" }.joined()
        try folder.write("whole", text)
        for (packer, name) in [("gzip", "cut.json.gz"), ("zstd", "cut.json.zst")] {
            let packed = try runShell("\(packer) -c < whole", currentDirectory: folder.path).stdoutBytes
            try folder.write(name, Array(packed.prefix(packed.count * 2 / 3)))
        }
        let result = try run(
            program: "dlt-extract", arguments: ["files"] + failure.arguments,
            environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        #expect(result.status == failure.status, "\(result)")
        #expect(result.stderr.contains(failure.says), "\(result.stderr)")
        if !result.stdout.isEmpty {
            let read = try ReadStream(result)
            #expect(read.endStatus == Int(failure.status) && read.end?["status"] == "failed")
        }
    }

    @Test
    func `a null at a path is no record`() throws {
        let folder = try WorkDirectory()
        try folder.write("t.json", #"{"items":null} {"items":[null,{"a":1},null]} {"items":{"a":2}}"#)
        let read = try extract("files", "t.json", "--select", "items", in: folder)
        #expect(read.result.status == 0 && read.records == ["{\"a\":1}", "{\"a\":2}"], "\(read.result)")
        let each = try extract("files", "t.json", "--select", "items[*].a", in: folder)
        #expect(each.records == ["1"])
    }

    @Test
    func `an empty pipe is no records only if that is said`() throws {
        let folder = try WorkDirectory()
        let read = try extract("files", "-", "--resource", "x", "--allow-empty", in: folder)
        #expect(read.result.status == 0 && read.endStatus == 0 && read.end?["records"] == ["x": 0])
        try folder.write("empty.csv", "")
        #expect(try extract("files", "empty.csv", in: folder).result.status == 0)
    }

    @Test
    func `zstd files with long windows are read`() throws {
        let folder = try WorkDirectory()
        let packed = try runShell(
            "printf '{\"a\":1}\\n{\"a\":2}\\n' | zstd -q --long=31 -c", currentDirectory: folder.path)
        try folder.write("t.jsonl.zst", packed.stdoutBytes)
        let read = try extract("files", "t.jsonl.zst", in: folder)
        #expect(read.result.status == 0 && read.records.count == 2, "\(read.result)")
    }

    @Test(arguments: [
        ("gzip -c", "gzip -dc FILE | dlt-normalize"), ("zstd -qc", "zstd -dc FILE | dlt-normalize"),
        ("iconv -t utf-16", "iconv -f utf-16 -t utf-8 FILE | dlt-normalize"),
        ("iconv -t utf-16le", "iconv -f utf-16le -t utf-8 FILE | dlt-normalize"),
    ])
    func `rows that are no text are named`(packer: String, hint: String) throws {
        let result = try runShell("printf '{\"a\":1}\\n' | \(packer) | dlt-normalize --table t")
        #expect(result.status == 65 && result.stderr.contains("hint: \(hint)"), "\(result)")
    }

    @Test
    func `a file that may not be read is denied`() throws {
        // Root may read everything, so the test looks at the words of the other case only when it is not root.
        guard !Environment.isRoot else { return }
        let folder = try WorkDirectory()
        let path = try folder.write("secret.json", "{}")
        _ = try runShell("chmod 000 '\(path)'")
        #expect(try extract("files", path, in: folder).result.status == 77)
    }

    // MARK: Signals and pipes

    @Test(arguments: [("", "{\"a\":1}\\n{\"a\":2}\\n"), ("--look-ahead 0", "a,b\\n1,2\\n")])
    func `what a slow pipe has brought is passed on`(options: String, text: String) throws {
        let folder = try WorkDirectory()
        let result = try runShell(
            """
            mkfifo in
            dlt-extract files -q \(options) - --resource x < in | grep -m1 RECORD > out &
            exec 3> in
            printf '\(text)' >&3
            for i in {1..200}; do [ -s out ] && break; sleep 0.05; done
            cat out
            exec 3>&-
            wait
            """, currentDirectory: folder.path)
        #expect(result.lines.count == 1 && result.stdout.contains("\"a\":1"), "\(result)")
    }

    @Test
    func `a reader that goes away ends it quietly`() throws {
        let result = try runShell(
            "yes '{}' | dlt-extract files - --resource x | head -n 2 > /dev/null; echo ${PIPESTATUS[1]}")
        #expect(result.lines == ["141"] && result.stderr.isEmpty, "\(result)")
    }

    @Test
    func `a request to stop closes the stream as failed`() throws {
        let result = try runShell(
            """
            mkfifo "$TMP/in"
            dlt-extract files - --resource x < "$TMP/in" & child=$!
            exec 3> "$TMP/in"
            echo '{"i":1}' >&3
            \(untilStoppable)
            kill -TERM $child
            wait $child
            echo "status $?"
            """, environment: ["TMP": try Scratch.shared.get().path])
        #expect(result.lines.last == "status 143", "\(result)")
        #expect(result.lines.contains { $0.contains("\"END\"") && $0.contains("\"failed\"") && $0.contains("143") })
    }

    /// Kept for the life of the tests: a FIFO needs a folder that is there while the script runs.
    private enum Scratch {
        static let shared = Result { try WorkDirectory() }
    }
}
