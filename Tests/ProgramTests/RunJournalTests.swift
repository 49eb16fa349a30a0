import Glibc
import JSONText
import SystemIO
import TestSupport
import Testing

/// What programs tell of their runs, as `dlt-state` shows it.
@Suite struct RunJournalTests {
    private let pipeline: Pipeline

    init() throws {
        pipeline = try Pipeline()
        try pipeline.folder.write("a.jsonl", "{\"id\":1,\"tags\":[\"x\",\"y\"]}\n{\"id\":2}\n")
    }

    private func objects(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    /// Newest last.
    private func runs(_ options: String = "") throws -> [JSONValue] {
        let result = try pipeline.shell("dlt-state runs --json \(options)")
        #expect(result.status == 0, "\(result)")
        return try objects(result.stdout)
    }

    private func run(_ id: String) throws -> JSONValue {
        let result = try pipeline.shell("dlt-state run \(id) --json")
        #expect(result.status == 0, "\(result)")
        return try JSONValue(parsing: result.stdout)
    }

    private static let pipe = "dlt-extract files a.jsonl --resource t --pipeline p | dlt-normalize | dlt-load $URL"

    // MARK: One run

    @Test func `the programs of a pipe share a run, and tell what they did`() throws {
        #expect(try pipeline.shell(Self.pipe).status == 0)
        let runs = try runs()
        #expect(runs.count == 1)
        let summary = try #require(runs.first)
        #expect(summary["outcome"] == "done" && summary["status"] == 0 && summary["pipeline"] == "p")
        #expect(summary["records"] == 2 && summary["rows"] == 4)
        #expect(summary["stages"] == ["extract", "normalize", "load"])
        let run = try run(summary["run"]?.stringValue ?? "")
        let programs = try #require(run["programs"]?.arrayValue)
        let load = try #require(programs.last)
        #expect(load["packages"]?.arrayValue?.first?["outcome"] == "loaded")
        #expect(load["tables"]?.arrayValue?.map { $0["table"]?.stringValue } == ["t", "t__tags"])
        #expect(load["tables"]?.arrayValue?.allSatisfy { $0["new"] == true } == true)
        let events = programs[1]["notices"]?.arrayValue?.compactMap { $0["event"]?["event"]?.stringValue }
        #expect(events?.contains("table_added") == true)
        #expect(run["next"] == nil)
        #expect(
            run["command"]?.stringValue
                == "dlt-extract files a.jsonl --resource t --pipeline p | dlt-normalize | dlt-load \(pipeline.url)")
    }

    @Test func `lines of JSON carry time, pipeline and run`() throws {
        let json = "--log-format json"
        let result = try pipeline.shell(
            "dlt-extract files a.jsonl --resource t \(json) | dlt-normalize \(json) | dlt-load $URL \(json)")
        let lines = try objects(result.stderr)
        #expect(Set(lines.compactMap { $0["program"]?.stringValue }).count == 3)
        let runs = try runs()
        for line in lines {
            #expect(line["time"]?.stringValue != nil)
            #expect(line["pipeline"] == "t" && line["run"] == runs.first?["run"], "\(line.serialized())")
        }
    }

    @Test func `each run of a loop is a run of its own`() throws {
        try pipeline.folder.write("b.jsonl", "{\"id\":3}\n")
        let result = try pipeline.shell(
            "for i in 1 2; do dlt-extract files --new '*.jsonl' --chunk-size 2 --resource t | dlt-normalize | dlt-load $URL; done"
        )
        #expect(result.status == 0)
        #expect(try runs().map { $0["status"]?.intValue } == [10, 0])
    }

    @Test func `a stream that is read twice is shown as one pipe`() throws {
        let read = "dlt-normalize < stream | dlt-load $URL"
        let result = try pipeline.shell(
            "dlt-extract files a.jsonl --pipeline p > stream; \(read.replacing(" <", with: " -q <")); \(read)")
        #expect(result.status == 0, "\(result)")
        let run = try run(try #require(try runs().last?["run"]?.stringValue))
        #expect(run["programs"]?.arrayValue?.count == 5)
        #expect(
            run["command"]?.stringValue
                == "dlt-extract files a.jsonl --pipeline p | dlt-normalize | dlt-load \(pipeline.url)")
    }

    @Test func `a load of what waits is a run of its own`() throws {
        let result = try pipeline.shell(
            "dlt-extract files a.jsonl --resource t | dlt-normalize > /dev/null; dlt-load $URL --pending")
        #expect(result.status == 0, "\(result)")
        #expect(try runs().map { $0["stages"] } == [["extract", "normalize"], ["load"]])
    }

    @Test func `of packages of two pipelines each journal counts its own, and no message names the other`() throws {
        try pipeline.folder.write("b.jsonl", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n")
        let result = try pipeline.shell(
            """
            path() { dlt-normalize -q | sed -n 's/.*"path":"\\([^"]*\\)".*/\\1/p'; }
            p=$(dlt-extract files a.jsonl -q --pipeline p | path); q=$(dlt-extract files b.jsonl -q --pipeline q | path)
            dlt-load $URL $p $q --log-format json
            """)
        #expect(result.status == 0, "\(result)")
        #expect(try runs("--pipeline p").last?["rows"] == 4)
        #expect(try runs("--pipeline q").last?["rows"] == 3)
        let summary = try #require(try objects(result.stderr).last)
        #expect(summary["rows"] == 7 && summary["pipeline"] == nil, "\(result)")
    }

    @Test func `what a contract leaves out of many records keeps no warning out of the journal`() throws {
        #expect(try pipeline.shell(Self.pipe).status == 0)
        let records = (0..<1200).map { "{\"id\":\"x\($0)\"}\n" }.joined()
        try pipeline.folder.write("a.jsonl", records)
        let contract = "--schema-contract '{\"data_type\":\"discard_row\"}'"
        #expect(try pipeline.shell(Self.pipe.replacing("normalize", with: "normalize \(contract)")).status == 3)
        let run = try run(try #require(try runs().last?["run"]?.stringValue))
        let normalize = try #require(run["programs"]?.arrayValue?[1])
        let notices = try #require(normalize["notices"]?.arrayValue)
        #expect(notices.count { $0["event"]?["event"] == "contract_violated" } == 20)
        #expect(notices.contains { $0["message"]?.stringValue?.hasPrefix("1,200 rows left out") == true })
        #expect(normalize["end"]?["notices_left_out"] == 1180)
    }

    /// A loader that was killed after its answer leaves it.
    @Test func `an answer to an earlier reading of a stream is not taken for one to this`() throws {
        let load = "dlt-normalize < stream | dlt-load $URL"
        let result = try pipeline.shell(
            """
            dlt-extract files a.jsonl --resource t > stream; \(load)
            dlt-extract files a.jsonl --resource t > stream
            touch data/spool/t/locks/refused.$(sed -n '1s/.*"extract_id":"\\([^"]*\\)".*/\\1/p' stream)
            \(load)
            """)
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 4)
    }

    // MARK: Failures

    @Test func `a run that failed says why, in which program, and how to go on`() throws {
        try pipeline.folder.write("bad.jsonl", "{\"id\":1}\n{\"id\":oops}\n")
        #expect(try pipeline.shell(Self.pipe).status == 0)
        #expect(
            try pipeline.shell("dlt-extract files bad.jsonl --pipeline p | dlt-normalize | dlt-load $URL").status == 65)
        let failed = try runs("--failed")
        #expect(failed.count == 1)
        let run = try #require(failed.first)
        #expect(run["outcome"] == "failed" && run["status"] == 65 && run["stage"] == "normalize")
        #expect(run["error"]?.stringValue?.contains("unable to read bad.jsonl, line 2: not JSON") == true)
        #expect(run["hint"]?.stringValue?.isEmpty == false)
        let id = try #require(run["run"]?.stringValue)
        let shown = try pipeline.shell("dlt-state run \(id.suffix(6))")
        for words in ["failed in", "dlt-normalize", "not JSON", "hint", "dlt-extract files bad.jsonl"] {
            #expect(shown.stdout.contains(words), "\(words): \(shown)")
        }
        let listed = try pipeline.shell("dlt-state runs")
        #expect(
            listed.stdout.contains("\n\(id.suffix(6)): dlt-normalize failed: unable to read bad.jsonl"), "\(listed)")
    }

    @Test func `a load that failed names the command that loads what waits`() throws {
        let result = try pipeline.shell(
            "mkdir d; dlt-extract files a.jsonl --pipeline p | dlt-normalize | dlt-load sqlite:///d 2>&1")
        #expect(result.status != 0)
        let run = try #require(try runs("--failed").last)
        #expect(run["stage"] == "load")
        let next = try self.run(run["run"]?.stringValue ?? "")["next"]?.stringValue
        #expect(next == "dlt-load sqlite:///d --pending --pipeline p")
    }

    @Test func `a command that was cut or hides a secret is not named as the one that goes on`() throws {
        let names = (0..<200).map { "a-file-with-quite-a-long-name-\($0).jsonl" }
        for name in names { try pipeline.folder.write(name, "{\"id\":1}\n") }
        try pipeline.folder.write(names[150], "oops\n")
        #expect(
            try pipeline.shell("dlt-extract files a-file-* --pipeline p | dlt-normalize | dlt-load $URL").status == 65)
        let cut = try run(try #require(try runs().last?["run"]?.stringValue))
        #expect(cut["command"]?.stringValue?.contains("…") == true && cut["next"] == nil, "\(cut.serialized())")
        let secret = "--columns '{\"api_key\":{\"data_type\":\"text\"}}'"
        let command = "dlt-extract files \(names[150]) --pipeline q \(secret) | dlt-normalize | dlt-load $URL"
        #expect(try pipeline.shell(command).status == 65)
        #expect(try run(try #require(try runs("--pipeline q").last?["run"]?.stringValue))["next"] == nil)
    }

    @Test func `a failure before the pipeline is known is kept in the data directory, if there is one`() throws {
        let command = "dlt-extract files none.jsonl 2> /dev/null | dlt-normalize | dlt-load $URL"
        #expect(try pipeline.shell(command).status == 66)
        #expect(!Files.exists(pipeline.folder.path("data")))
        #expect(try pipeline.shell("mkdir data; \(command)").status == 66)
        let runs = try runs()
        #expect(runs.count == 1)
        #expect(runs.first?["pipeline"] == .null)
        #expect(runs.first?["error"]?.stringValue?.contains("none.jsonl") == true)
    }

    @Test func `a name under which nothing but a failure came is not a pipeline`() throws {
        _ = try pipeline.shell("dlt-extract files none.jsonl --pipeline tried | dlt-normalize | dlt-load $URL")
        #expect(try pipeline.shell("dlt-state pipelines --json").stdout.isEmpty)
        #expect(try pipeline.shell("dlt-state show --pipeline tried").status == 66)
        #expect(try runs("--pipeline tried").count == 1)
    }

    // MARK: Ends by force

    @Test(arguments: [("TERM", 143), ("INT", 130)])
    func `a run that was stopped by a signal has an end`(signal: (name: String, status: Int)) throws {
        _ = try pipeline.shell(
            """
            set -m
            dlt-extract exec --pipeline p --resource t -- sh -c 'echo "{\\"id\\":1}"; touch here; sleep 30' | dlt-normalize | dlt-load $URL &
            while [ ! -e here ] || ! ls data/spool/p/runs/*/normalize.ndjson 2> /dev/null; do sleep 0.05; done
            kill -\(signal.name) -$!
            wait
            """)
        let run = try run(try #require(try runs().last?["run"]?.stringValue))
        #expect(run["outcome"] == "interrupted", "\(run.serialized())")
        let extract = run["programs"]?.arrayValue?.first
        #expect(extract?["end"]?["status"]?.intValue == signal.status)
        #expect(extract?["end"]?["error"]?.stringValue == "stopped by SIG\(signal.name)")
    }

    @Test func `a run is running while it runs, and interrupted when it was killed`() throws {
        let result = try pipeline.shell(
            """
            dlt-extract exec --pipeline p --resource t -- sh -c 'echo "{\\"id\\":1}"; exec sleep 30' | dlt-normalize | dlt-load $URL &
            while ! ls data/spool/p/runs/*/normalize.ndjson 2> /dev/null; do sleep 0.05; done
            dlt-state runs --json
            kill -KILL $(jobs -p) $(pgrep -g 0 dlt-)
            wait
            pkill -KILL -g 0 sleep
            """)
        #expect(result.stdout.contains("\"outcome\":\"running\""), "\(result)")
        let run = try #require(try runs().last)
        #expect(run["outcome"] == "interrupted" && run["status"] == .null)
        let shown = try pipeline.shell("dlt-state run \(run["run"]?.stringValue ?? "")")
        #expect(shown.status == 0 && shown.stdout.contains("interrupted"))
    }

    // MARK: Without a journal

    @Test func `nothing is kept where nobody wants it, and of what changes nothing`() throws {
        let never = ["DLT_JOURNAL": "never"]
        #expect(try pipeline.shell(Self.pipe, environment: never).status == 0)
        #expect(try runs().isEmpty)
        let looking = try pipeline.shell(
            """
            dlt-extract files a.jsonl --resource t --pipeline p > stream
            dlt-normalize --check < stream
            p=$(dlt-normalize < stream | sed -n 's/.*"path":"\\([^"]*\\)".*/\\1/p')
            dlt-load $URL --dry-run $p && dlt-load $URL --sql $p > /dev/null
            """)
        #expect(looking.status == 0, "\(looking)")
        #expect(try runs().map { $0["stages"] } == [["extract", "normalize"]])
    }

    /// Root may write where others may not: a file in the place of the folder stops both.
    @Test func `a journal that cannot be written is given up with one note`() throws {
        #expect(try pipeline.shell(Self.pipe, environment: ["DLT_JOURNAL": "never"]).status == 0)
        try pipeline.folder.write("data/spool/p/runs", "")
        let result = try pipeline.shell(Self.pipe.replacing("dlt-load", with: "dlt-load --lock-timeout 5"))
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.integer("SELECT count(*) FROM t") == 4)
        for program in ["dlt-extract", "dlt-normalize", "dlt-load"] {
            let notes = result.stderr.split(separator: "\n").filter {
                $0.hasPrefix("\(program): this run keeps no journal")
            }
            #expect(notes.count == 1, "\(result)")
        }
    }

    // MARK: Changes by hand

    @Test func `a change by hand is a run of its own kind`() throws {
        #expect(try pipeline.shell(Self.pipe).status == 0)
        #expect(try pipeline.shell("dlt-state set sources.p.resources.t.page 7").status == 0)
        #expect(try pipeline.shell("dlt-state set sources.p.resources.t.page 8 --if-equals 1").status == 75)
        #expect(try pipeline.shell("dlt-state show; dlt-state packages; dlt-state runs").status == 0)
        let runs = try runs()
        #expect(runs.map { $0["stages"] }.suffix(2) == [["change"], ["change"]])
        #expect(runs.map { $0["outcome"] } == ["done", "done", "failed"])
    }

    // MARK: Looking

    @Test func `a journal with times and numbers of nobody's is shown like others`() throws {
        #expect(try pipeline.shell(Self.pipe).status == 0)
        let run = "20261201-000000000-aaaaaa"
        try pipeline.folder.write(
            "data/spool/p/runs/\(run)/load.ndjson",
            """
            {"t":"start","at":"0001-01-01T00:00:00Z","program":"dlt-load","pid":99999999999}
            {"t":"table","at":"0001-01-01T00:00:00Z","table":"t","rows":-1,"seconds":1e300}
            {"t":"end","at":"9999-12-31T00:00:00Z","status":65,"outcome":"failed","seconds":1e300,"cpu":-1e300,"rss":-1}

            """)
        #expect(try runs().contains { $0["run"]?.stringValue == run && $0["outcome"] == "failed" })
        #expect(try pipeline.shell("dlt-state runs && dlt-state run \(run)").status == 0)
    }

    @Test func `runs are found by a piece of their id, and what is wrong is said`() throws {
        #expect(try pipeline.shell("dlt-state runs").stderr.contains("there are no runs"))
        #expect(try pipeline.shell("dlt-state run 20260101").status == 66)
        #expect(try pipeline.shell("\(Self.pipe); \(Self.pipe)").status == 0)
        let ids = try runs().compactMap { $0["run"]?.stringValue }
        #expect(try run(String(ids[0].suffix(6)))["run"]?.stringValue == ids[0])
        #expect(try pipeline.shell("dlt-state run \(ids[0].prefix(4))").status == 64)
        #expect(try runs("--limit 1").compactMap { $0["run"]?.stringValue } == [ids[1]])
        #expect(try pipeline.shell("dlt-state runs --limit 0").status == 64)
        #expect(try pipeline.shell("dlt-state runs --pipeline q").status == 66)
    }
}
