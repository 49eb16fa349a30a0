import JSONText
import LoadPackages
import RecordStreams
import SystemIO
import TestSupport
import Testing

/// What the program says on stdout and stderr, and how it ends.
struct ProgramLinesTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func types(_ result: ProgramResult) throws -> [String] {
        try result.lines.map { try JSONValue(parsing: $0)["type"]?.stringValue ?? "" }
    }

    private func endStatus(_ result: ProgramResult) throws -> Int? {
        guard let last = result.lines.last else { return nil }
        return try JSONValue(parsing: last)["exit_status"]?.intValue
    }

    @Test func `a run says RUN, PACKAGE, END`() throws {
        let result = try fixture.program(["--table", "t"], stdin: "{\"i\":1}\n")
        #expect(result.status == 0)
        #expect(try types(result) == ["RUN", "PACKAGE", "END"])
        #expect(try endStatus(result) == 0)
        let other = try fixture.program(["--table", "t"], stdin: "{\"i\":1}\n")
        #expect(result.lines.first != other.lines.first)
    }

    @Test(arguments: [
        ("{\"a\":1}\n", [], 64), ("{\n", ["--table", "t"], 65), ("", [], 75), ("{}", ["--schema", "/absent.json"], 66),
        ("{}", ["--columns", "{"], 64), ("{}", ["--events", "/absent/folder/file"], 73),
        ("{}", ["--table", "t", "--pipeline", ".."], 64),
    ])
    func `a run that fails says END with its status`(input: String, arguments: [String], status: Int) throws {
        let result = try fixture.program(arguments, stdin: input)
        #expect(Int(result.status) == status, "\(result)")
        #expect(try types(result) == ["RUN", "END"])
        #expect(try endStatus(result) == status)
        #expect(try fixture.waiting("t").isEmpty)
    }

    @Test func `an empty input of plain rows is no load`() throws {
        // The first run of a pipeline has its schema to tell, as in dlt; from then on nothing is nothing.
        let first = try fixture.program(["--table", "t"], stdin: "")
        #expect(first.status == 0 && first.stdout.contains("\"rows\":0"), "\(first)")
        let named = try fixture.program(["--table", "t"], stdin: "")
        #expect(named.status == 0 && !named.stdout.contains("PACKAGE"), "\(named)")
        let byField = try fixture.program(["--table-from", "kind"], stdin: "\n \n")
        #expect(byField.status == 0 && !byField.stdout.contains("PACKAGE"), "\(byField)")
        let empty = header() + "\n" + end([:], schemas: 0) + "\n"
        _ = try fixture.program([], stdin: empty)
        let header = try fixture.program([], stdin: empty)
        #expect(header.status == 0 && !header.stdout.contains("PACKAGE"), "\(header)")
    }

    @Test func `when nobody reads the names the package is published all the same`() throws {
        let result = try fixture.shell(
            "{ sleep 0.2; echo '{\"i\":1}'; } | { dlt-normalize --table t; echo \"status $?\" >&2; } | true")
        #expect(result.stderr.contains("status 74"), "\(result)")
        let package = try #require(try fixture.waiting("t").first)
        #expect(
            result.stderr.contains("a package waits: dlt-load URL \(try fixture.spool("t").path)/packages/\(package)"))
        let closed = try fixture.shell("echo '{\"i\":1}' | dlt-normalize --table t >&-")
        #expect(closed.status == 74)
        #expect(try fixture.waiting("t").count == 2)
    }

    @Test func `a line that a pipe could tear is not written`() throws {
        // Long, but short enough for the files inside.
        var folder = fixture.folder.path
        while folder.utf8.count < 3990 {
            folder += "/" + String(repeating: "x", count: max(1, min(200, 3990 - folder.utf8.count - 1)))
        }
        try Files.makeDirectory(folder, intermediates: true)
        let result = try fixture.program(["--table", "t", "--data-dir", folder], stdin: "{\"i\":1}\n")
        #expect(result.status == 74, "\(result.status) \(result.stderr.prefix(300))")
        #expect(
            result.stderr.contains("longer than 4096 bytes")
                && result.stderr.contains("a package waits: dlt-load URL \(folder)"))
        #expect(try types(result) == ["RUN"])
    }

    // MARK: Signals

    @Test(arguments: [("INT", 130), ("TERM", 143), ("HUP", 129)], [false, true])
    func `a signal ends the input and nothing is published`(signal: (String, Int), isBusy: Bool) throws {
        let feed = isBusy ? "yes '{\"i\":1}'" : "{ echo '{\"i\":1}'; sleep 20; }"
        // Job control, because a shell has its background children ignore INT.
        let result = try fixture.shell(
            """
            set -m
            mkfifo feed
            \(feed) > feed 2>/dev/null & feeder=$!
            dlt-normalize --table t < feed > out & child=$!
            # Its first line tells that it has begun.
            until [ -s out ]; do sleep 0.05; done
            kill -\(signal.0) $child
            wait $child
            status=$?
            kill -- -$feeder 2>/dev/null
            cat out
            echo "status $status"
            """)
        #expect(result.lines.last == "status \(signal.1)", "\(result)")
        #expect(result.stderr.contains("stopped by SIG\(signal.0)"))
        #expect(result.stdout.contains("{\"type\":\"END\",\"exit_status\":\(signal.1),\"program\":\"dlt-normalize\""))
        #expect(try fixture.waiting("t").isEmpty)
    }

    @Test func `a filter that is no expression is refused, because it would let in what it is to keep out`() throws {
        let result = try fixture.shell(
            #"""
            echo '{"secret":1}' | dlt-normalize --table t --pipeline t -q > /dev/null
            sed 's/"name":"t",/&"filters":{"excludes":["re:("]},/g' "$DLT_DATA_DIR"/spool/t/packages/*/schema.json > s.json
            grep -q filters s.json || exit 1
            echo '{"secret":1}' | dlt-normalize --table t --pipeline u --schema s.json
            """#)
        #expect(result.status == 65 && result.stderr.contains("tables.t.filters.excludes"), "\(result)")
        #expect(try fixture.waiting("u").isEmpty)
    }

    @Test func `the end of a writer that the same signal ended is no end of the data`() throws {
        let result = try fixture.shell(
            """
            set -m
            { { echo '{"i":1}'; sleep 20; } | dlt-normalize --table t > out; } & group=$!
            until [ -s out ]; do sleep 0.05; done
            kill -INT -- -$group
            wait $group
            """)
        #expect(result.status == 130, "\(result)")
        #expect(try fixture.waiting("t").isEmpty)
    }

    // MARK: Warnings, notes, events

    @Test func `records that went missing are reported`() throws {
        let lines = [header(), schema()] + records(1...2) + [end(["t": 3])]
        let result = try fixture.program([], stdin: lines.map { $0 + "\n" }.joined())
        #expect(result.status == 0)
        #expect(result.stderr.contains("stream t: 3 records were sent, but 2 arrived"))
    }

    @Test func `the status of the source becomes that of the run`() throws {
        let lines = [header(), schema()] + records(1...2) + [end(["t": 2], more: true)]
        let result = try fixture.program([], stdin: lines.map { $0 + "\n" }.joined())
        #expect(result.status == 10)
        #expect(try types(result) == ["RUN", "PACKAGE", "END"])
        #expect(try endStatus(result) == 10)
        let broken = try fixture.program([], stdin: lines.dropLast().map { $0 + "\n" }.joined())
        #expect(broken.status == 75 && broken.stderr.contains("nothing was published"))
        #expect(try endStatus(broken) == 75)
    }

    @Test func `a strange type of a tap is mentioned once`() throws {
        let lines = [schema(), "{\"type\":\"LOG\"}", "{\"type\":\"LOG\"}", "{\"type\":\"METRIC\"}"] + records(1...1)
        let result = try fixture.program(["--pipeline", "p"], stdin: lines.map { $0 + "\n" }.joined())
        #expect(result.status == 0)
        let warnings = result.stderr.split(separator: "\n").filter { $0.contains("skipped messages") }
        #expect(warnings.count == 2, "\(result)")
        #expect(warnings.first?.contains("line 2 of standard input: skipped messages of type LOG") == true)
        let versions = [schema()] + records(1...1, version: 1) + records(2...4, version: 2)
        let mixed = try fixture.program(["--pipeline", "q"], stdin: versions.map { $0 + "\n" }.joined())
        #expect(mixed.stderr.split(separator: "\n").filter { $0.contains("with version 2") }.count == 1, "\(mixed)")
    }

    @Test(arguments: ["events.ndjson", "fd:7"])
    func `changes of the schema are told as events`(target: String) throws {
        let result = try fixture.shell(
            "dlt-normalize --table t --events \(target) 7> fd.ndjson && cat *.ndjson >&2",
            stdin: "{\"i\":1,\"list\":[{\"x\":1}]}\n{\"i\":\"one\"}\n")
        #expect(result.status == 0)
        let events = try result.stderr.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            try JSONValue(parsing: String($0))
        }
        #expect(events.contains { $0["event"] == "table_added" && $0["table"] == "t__list" })
        let variant = events.first { $0["event"] == "variant_added" }
        #expect(variant?["column"] == "i__v_text" && variant?["line"] == 2 && variant?["value"] == "\"one\"")
        #expect(events.contains { $0["event"] == "column_added" && $0["column"] == "i" && $0["data_type"] == "bigint" })
    }

    @Test func `a broken target of events is told`() throws {
        #expect(try fixture.program(["--table", "t", "--events", "fd:x"], stdin: "{}").status == 64)
        let absent = try fixture.shell("echo '{}' | dlt-normalize --table t --events fd:9 9>&-")
        #expect(absent.status == 74 && absent.stderr.contains("unable to use fd:9"), "\(absent)")
        // Where it breaks later, the rows are safe and the next program is told.
        let full = try fixture.program(["--table", "t", "--events", "/dev/full"], stdin: "{\"i\":1}\n")
        #expect(full.status == 74)
        #expect(try types(full) == ["RUN", "PACKAGE", "END"])
    }

    @Test func `a type is explained by the line that fixed it`() throws {
        let result = try fixture.program(
            ["--table", "t", "--explain", "i", "--explain", "t.s", "--explain", "absent", "-q"],
            stdin: "{\"i\":1}\n{\"i\":\"x\",\"s\":true}\n")
        #expect(!result.stderr.contains("because"), "notes are quiet")
        let told = try fixture.program(
            ["--table", "u", "--explain", "i", "--explain", "u.s", "--explain", "absent"],
            stdin: "{\"i\":1}\n{\"i\":\"x\",\"s\":true}\n")
        #expect(
            told.stderr.contains("u.i is bigint because of line 1 of standard input, key \"i\", value 1"), "\(told)")
        #expect(told.stderr.contains("u.i__v_text is text because of line 2 of standard input, key \"i\", value \"x\""))
        #expect(told.stderr.contains("u.s is bool because of line 2"))
        #expect(told.stderr.contains("absent: nothing in this input fixed the type"))
    }

    @Test func `lines that cannot be read are set aside`() throws {
        let result = try fixture.program(
            ["--table", "t", "--rejects", "bad.ndjson"], stdin: "{\"i\":1}\nnonsense\n[1]\n{\"i\":2}\n")
        #expect(result.status == 3)
        #expect(try endStatus(result) == 3)
        let rejects = try fixture.folder.text("bad.ndjson").split(separator: "\n").map {
            try JSONValue(parsing: String($0))
        }
        #expect(rejects.compactMap { $0["line"]?.intValue } == [2, 3])
        #expect(rejects.first?["text"] == "nonsense" && rejects.last?["reason"] == "not a JSON object")
        #expect(result.stdout.contains("\"rows\":2"))
        let lines = [header(), schema()] + records(1...1) + ["{", end(["t": 1])]
        let native = try fixture.program(
            ["--rejects", "native.ndjson"], stdin: lines.map { $0 + "\n" }.joined())
        #expect(native.status == 3)
        #expect(try fixture.folder.text("native.ndjson").contains("\"line\":4,\"place\":\"line 4 of standard input\","))
    }

    @Test func `keys that become one column are reported`() throws {
        let result = try fixture.program(["--table", "t"], stdin: "{\"userId\":1,\"user_id\":2}\n")
        #expect(
            result.stderr.contains(
                "line 1 of standard input: table t: keys \"userId\" and \"user_id\" both become column user_id"))
    }

    @Test func `rows go to the tables that they name`() throws {
        let result = try fixture.program(
            ["--table-from", "kind", "--pipeline", "p", "--rejects", "bad"],
            stdin: "{\"kind\":\"a\",\"i\":1}\n{\"kind\":\"b\",\"i\":2}\n{\"kind\":\"a\",\"i\":3}\n{\"i\":4}\n")
        #expect(result.status == 3)
        let path = try JSONValue(parsing: result.lines[1])["path"]?.stringValue ?? ""
        let jobs = try PackageReader(path).manifest.jobs
        #expect(jobs.map(\.table) == ["a", "b"] && jobs.map(\.rows) == [2, 1])
    }
}
