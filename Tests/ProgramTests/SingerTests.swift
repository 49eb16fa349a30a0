import JSONText
import SystemIO
import TestSupport
import Testing

/// `dlt-extract singer` with taps of a few lines: what is in the database afterwards.
struct SingerTests {
    private let pipeline: Pipeline

    init() throws { pipeline = try Pipeline() }

    /// A tap that prints lines, and notes its arguments and state in `args` and `given`.
    private func tap(_ lines: [String], status: Int = 0, after: String = "") throws {
        try pipeline.folder.write("lines", lines.map { $0 + "\n" }.joined())
        try pipeline.folder.write(
            "tap.sh",
            """
            echo "$@" > args
            while [ $# -gt 0 ]; do [ "$1" = --state ] && cp "$2" given; shift; done
            cat lines
            \(after)
            exit \(status)
            """)
    }

    private func load(_ options: String = "", normalize: String = "") throws -> ProgramResult {
        try pipeline.shell(
            """
            dlt-extract singer \(options) -- sh tap.sh | dlt-normalize \(normalize) | dlt-load "$URL"
            echo "${PIPESTATUS[@]}"
            """)
    }

    private func schema(
        _ stream: String = "t", key: String = #"["id"]"#, _ properties: String = #""id":{"type":"integer"}"#,
        more: String = ""
    ) -> String {
        #"{"type":"SCHEMA","stream":"\#(stream)","key_properties":\#(key),"schema":{"type":"object","properties":{\#(properties)}}\#(more)}"#
    }

    private func record(_ text: String, _ stream: String = "t", version: Int? = nil) -> String {
        #"{"type":"RECORD","stream":"\#(stream)","record":\#(text),"time_extracted":"2026-01-01T00:00:00Z""#
            + (version.map { ",\"version\":\($0)" } ?? "") + "}"
    }

    private func state(_ value: Int) -> String { #"{"type":"STATE","value":{"at":\#(value)}}"# }

    @Test func `the state of a tap comes back in the next run, and its rows are merged by their key`() throws {
        try tap([schema(), record(#"{"id":1,"a":"x"}"#), state(1), record(#"{"id":2,"a":"y"}"#), state(2)])
        let first = try load()
        #expect(first.lines.last == "0 0 0", "\(first)")
        #expect(try pipeline.folder.text("args") == "\n")
        try tap([schema(), record(#"{"id":2,"a":"z"}"#), state(3)])
        let second = try load()
        #expect(second.lines.last == "0 0 0", "\(second)")
        #expect(try JSONValue(parsing: pipeline.folder.text("given")) == ["at": 2])
        #expect(try pipeline.lines(of: "SELECT id, a FROM t ORDER BY id") == ["1|x", "2|z"])
        // What was loaded last, not what was sent last.
        try tap([schema(), state(4)], status: 1)
        _ = try load()
        try tap([schema()])
        let third = try load()
        #expect(third.lines.last == "0 0 0", "\(third)")
        #expect(try JSONValue(parsing: pipeline.folder.text("given")) == ["at": 4])
        let asked = try pipeline.shell("dlt-state get sources.tap.singer_state --pipeline tap --json")
        #expect(asked.stdout.contains("4"), "\(asked)")
    }

    @Test func `declared types make columns, also without a value`() throws {
        try tap([
            schema(
                "t",
                #""id":{"type":"integer"},"price":{"type":["null","number"],"multipleOf":0.01},"x":{"type":"number"},"at":{"type":"string","format":"date-time"},"none":{"type":["null","string"]}"#
            ), record(#"{"id":1,"price":3,"x":1,"at":"2026-01-02T03:04:05Z","none":null}"#),
            record(#"{"id":2,"x":1.5,"new":true}"#),
        ])
        #expect(try load().lines.last == "0 0 0")
        let types = try pipeline.shell("dlt-schema export --pipeline tap --format json")
        let schema = try JSONValue(parsing: types.stdout)
        let columns = schema["tables", "t", "columns"]
        let kinds = ["id", "price", "x", "at", "none", "new"].map { columns?[$0, "data_type"]?.stringValue }
        #expect(kinds == ["bigint", "decimal", "double", "timestamp", "text", "bool"], "\(types)")
        #expect(try pipeline.lines(of: "SELECT id, x FROM t ORDER BY id") == ["1|1.0", "2|1.5"])
    }

    @Test func `a tap that dies without STATE loads nothing`() throws {
        try tap([schema(), record(#"{"id":1}"#)], status: 3)
        let result = try load()
        #expect(result.lines.last == "69 69 69", "\(result)")
        #expect(result.stderr.contains("unable to read all of tap: it ended with status 3"), "\(result)")
        #expect(result.stderr.contains("nothing of it is loaded"), "\(result)")
        #expect(try pipeline.contents().isEmpty)
    }

    @Test func `a tap that dies loads what its last STATE covers, and goes on there`() throws {
        try tap([schema(key: "[]"), record(#"{"id":1}"#), state(1), record(#"{"id":2}"#)], status: 1)
        let result = try load()
        #expect(result.lines.last?.hasPrefix("69") == true, "\(result)")
        #expect(try pipeline.lines(of: "SELECT id FROM t") == ["1"])
        try tap([schema(key: "[]"), record(#"{"id":2}"#), record(#"{"id":3}"#), state(3)])
        #expect(try load().lines.last == "0 0 0")
        #expect(try JSONValue(parsing: pipeline.folder.text("given")) == ["at": 1])
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == [1, 2, 3])
    }

    @Test func `a version replaces the table, and a part of it does not`() throws {
        let activate = { (_ version: Int) -> String in
            #"{"type":"ACTIVATE_VERSION","stream":"t","version":\#(version)}"#
        }
        try tap([
            schema(key: "[]"), activate(1), record(#"{"id":1}"#, version: 1), record(#"{"id":2}"#, version: 1),
            activate(1),
            state(1),
        ])
        #expect(try load().lines.last == "0 0 0")
        try tap([schema(key: "[]"), record(#"{"id":3}"#, version: 2), activate(2), state(2)])
        #expect(try load().lines.last == "0 0 0")
        #expect(try pipeline.integers("SELECT id FROM t") == [3])
        // It was complete, and a STATE says so: another stream's failure does not matter.
        try tap(
            [
                schema(key: "[]"), record(#"{"id":4}"#, version: 3), activate(3), state(3), schema("u"),
                record("{}", "u"),
            ],
            status: 1)
        _ = try load()
        #expect(try pipeline.integers("SELECT id FROM t") == [4])
        // No STATE: whether it was complete is not known to the next run.
        try tap([schema(key: "[]"), record(#"{"id":5}"#, version: 4), activate(4)], status: 1)
        let failed = try load()
        #expect(failed.lines.last?.hasPrefix("69") == true, "\(failed)")
        #expect(try pipeline.integers("SELECT id FROM t") == [4])
    }

    /// A catalog in which the tap reads a stream in full, and another by a bookmark.
    private func catalog() throws -> String {
        let streams: [JSONValue] = [
            [
                "tap_stream_id": "t", "stream": "t", "selected": true, "replication_method": "FULL_TABLE",
                "metadata": [["breadcrumb": [], "metadata": ["forced-replication-method": ""]]],
            ],
            ["tap_stream_id": "u", "stream": "u", "selected": true, "replication_method": "INCREMENTAL"],
        ]
        let catalog: JSONValue = ["streams": .array(streams)]
        try pipeline.folder.write("c.json", catalog.serialized())
        return "--catalog c.json"
    }

    @Test func `a stream that is read in full and has no key replaces its table, and a part of it does not`() throws {
        let options = try catalog()
        let rest = [schema("u"), record(#"{"id":1}"#, "u")]
        try tap([schema(key: "[]"), record(#"{"id":1}"#), record(#"{"id":2}"#)] + rest + [state(1)])
        #expect(try load(options).lines.last == "0 0 0")
        try tap([schema(key: "[]"), record(#"{"id":3}"#)] + rest + [state(2)])
        let second = try load(options)
        #expect(second.lines.last == "0 0 0" && !second.stderr.contains("warning"), "\(second)")
        #expect(try pipeline.integers("SELECT id FROM t") == [3])
        #expect(try pipeline.integers("SELECT id FROM u") == [1])
        // A tap that dies, and one that is stopped: a part must not pass for the whole.
        try tap([schema(key: "[]"), record(#"{"id":4}"#), state(3), record(#"{"id":5}"#)], status: 1)
        let dead = try load(options)
        #expect(dead.lines.last == "69 65 65" && dead.stderr.contains("nothing of it is loaded"), "\(dead)")
        #expect(try pipeline.integers("SELECT id FROM t") == [3])
        try tap([schema(key: "[]")] + rest + [state(4)])
        #expect(try load(options).lines.last == "0 0 0")
        #expect(try JSONValue(parsing: pipeline.folder.text("given")) == ["at": 2])
        #expect(try pipeline.integers("SELECT id FROM t").isEmpty)
    }

    @Test func `a stream that a tap reads in full from the middle on is appended, with a warning`() throws {
        let options = try catalog()
        let position = { (at: String) -> String in
            #"{"type":"STATE","value":{"bookmarks":{"t":{"version":1,"xmin":\#(at)}}}}"#
        }
        try tap([schema(key: "[]"), record(#"{"id":1}"#), position("7")])
        #expect(try load(options).lines.last == "0 0 0")
        try tap([schema(key: "[]"), record(#"{"id":2}"#), position("null")])
        let second = try load(options)
        #expect(second.lines.last == "0 0 0" && second.stderr.contains("goes on in the middle of it"), "\(second)")
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == [1, 2])
        try tap([schema(key: "[]"), record(#"{"id":9}"#), position("null")])
        #expect(try load(options).lines.last == "0 0 0")
        #expect(try pipeline.integers("SELECT id FROM t") == [9])
    }

    @Test func `a run that starts over forgets the streams that it reads, and no others`() throws {
        let streams: [JSONValue] = ["t", "u"].map { ["tap_stream_id": .string($0), "stream": .string($0)] }
        let catalog: JSONValue = ["streams": .array(streams)]
        try pipeline.folder.write("c.json", catalog.serialized())
        let both = #"{"type":"STATE","value":{"bookmarks":{"t":{"at":1},"u":{"at":2}},"currently_syncing":"t"}}"#
        try tap([schema(), record(#"{"id":1}"#), schema("u"), record(#"{"id":1}"#, "u"), both])
        #expect(try load("--catalog c.json --select t --select u").lines.last == "0 0 0")
        // The tap sends no STATE: what was forgotten stays so.
        try tap([schema(), record(#"{"id":2}"#)])
        let again = try load("--catalog c.json --select t --refresh drop-resources")
        #expect(again.lines.last == "0 0 0", "\(again)")
        #expect(try JSONValue(parsing: pipeline.folder.text("given")) == ["bookmarks": ["u": ["at": 2]]])
        #expect(try pipeline.integers("SELECT id FROM t") == [2])
        #expect(try pipeline.integers("SELECT id FROM u") == [1])
        try Files.remove(pipeline.folder.path("given"))
        try tap([schema("u"), both])
        #expect(try load("--catalog c.json --select u").lines.last == "0 0 0")
        #expect(try JSONValue(parsing: pipeline.folder.text("given")) == ["bookmarks": ["u": ["at": 2]]])
        // Without a catalog it reads all.
        try Files.remove(pipeline.folder.path("given"))
        try tap([schema(), record(#"{"id":5}"#)])
        #expect(try load("--refresh drop-data").lines.last == "0 0 0")
        #expect(!Files.exists(pipeline.folder.path("given")))
        #expect(try load().lines.last == "0 0 0")
        #expect(!Files.exists(pipeline.folder.path("given")))
    }

    @Test(
        arguments: [#"{"bookmarks":{"t":{"at":1}}}"#, #"{"at":1}"#, #"{"bookmarks":{"owner/name":{"t":{"at":1}}}}"#],
        ["", "--catalog c.json"])
    func `a run that starts over forgets a state of any form, even if a limit ends it`(value: String, options: String)
        throws
    {
        let metadata: JSONValue = ["breadcrumb": [], "metadata": ["selected-by-default": true]]
        let stream: JSONValue = ["tap_stream_id": "t", "stream": "t", "metadata": [metadata]]
        let catalog: JSONValue = ["streams": [stream]]
        try pipeline.folder.write("c.json", catalog.serialized())
        let end = #"{"type":"STATE","value":\#(value)}"#
        try tap([schema(), record(#"{"id":1}"#), record(#"{"id":2}"#), end])
        #expect(try load(options).lines.last == "0 0 0")
        let part = try load(options + " --refresh drop-data --limit 1")
        #expect(part.lines.last == "0 0 0", "\(part)")
        #expect(try pipeline.integers("SELECT id FROM t") == [1])
        #expect(try load(options).lines.last == "0 0 0")
        #expect(!Files.exists(pipeline.folder.path("given")))
        #expect(try pipeline.integers("SELECT id FROM t") == [1, 2])
    }

    @Test func `a run that starts over refuses the rest of a stream that it does not select`() throws {
        let streams: [JSONValue] = ["t", "u"].map { ["tap_stream_id": .string($0), "stream": .string($0)] }
        let catalog: JSONValue = ["streams": .array(streams)]
        try pipeline.folder.write("c.json", catalog.serialized())
        let both = #"{"type":"STATE","value":{"bookmarks":{"t":{"at":1},"u":{"at":2}}}}"#
        try tap([schema(), record(#"{"id":1}"#), schema("u"), record(#"{"id":1}"#, "u"), both])
        #expect(try load("--catalog c.json --select t --select u").lines.last == "0 0 0")
        try tap([schema(), record(#"{"id":2}"#), schema("u"), record(#"{"id":2}"#, "u"), both])
        let refused = try load("--catalog c.json --select t --refresh drop-data")
        #expect(refused.lines.last?.hasPrefix("64 ") == true, "\(refused)")
        #expect(refused.stderr.contains("the tap sends stream u, which the catalog does not select"), "\(refused)")
        #expect(try pipeline.integers("SELECT id FROM t") == [1])
        #expect(try pipeline.integers("SELECT id FROM u") == [1])
    }

    @Test(arguments: ["", "--catalog c.json"])
    func `the rest of a stream replaces no table`(options: String) throws {
        _ = try catalog()
        let place = #"{"type":"STATE","value":{"bookmarks":{"t":{"since":7}}}}"#
        try tap([schema(), record(#"{"id":1}"#), place])
        #expect(try load(options + " --write-disposition replace").lines.last == "0 0 0")
        try tap([schema(), record(#"{"id":2}"#), place])
        let rest = try load(options + " --write-disposition replace")
        #expect(rest.lines.last?.hasSuffix(" 65 65") == true, "\(rest)")
        #expect(rest.stderr.contains("unable to replace table t with a part of its rows"), "\(rest)")
        #expect(try pipeline.integers("SELECT id FROM t") == [1])
    }

    @Test(arguments: ["[]", #"["id"]"#])
    func `a run that starts over forgets the versions of rows, too`(key: String) throws {
        let end = { (version: Int) -> [String] in
            [
                #"{"type":"ACTIVATE_VERSION","stream":"t","version":\#(version)}"#,
                #"{"type":"STATE","value":{"bookmarks":{"t":{"version":\#(version)}}}}"#,
            ]
        }
        for version in 1...2 {
            try tap([schema(key: key), record(#"{"id":9}"#, version: version)] + end(version))
            #expect(try load().lines.last == "0 0 0")
        }
        let place = #"{"type":"STATE","value":{"bookmarks":{"t":{"version":3,"xmin":5}}}}"#
        try tap([schema(key: key), record(#"{"id":1}"#, version: 3), place], status: 1)
        let dead = try load("--refresh drop-data")
        #expect(dead.lines.last == "69 69 69", "\(dead)")
        #expect(dead.stderr.contains("give the next run --refresh, too"), "\(dead)")
        #expect(try pipeline.integers("SELECT id FROM t") == [1])
        try tap([schema(key: key), record(#"{"id":2}"#, version: 3)] + end(3))
        let rest = try load()
        #expect(rest.lines.last == "0 0 0", "\(rest)")
        #expect(try pipeline.integers("SELECT id FROM t ORDER BY id") == [1, 2])
    }

    @Test func `a stream that is read in full in partitions replaces its table`() throws {
        let options = try catalog()
        let partitions =
            #"{"type":"STATE","value":{"bookmarks":{"t":{"partitions":[{"context":{"of":"x"},"starting_replication_value":null}]}}}}"#
        for id: Int64 in 1...2 {
            try tap([schema(key: "[]"), record("{\"id\":\(id)}"), partitions])
            let result = try load(options)
            #expect(result.lines.last == "0 0 0" && !result.stderr.contains("warning"), "\(result)")
            #expect(try pipeline.integers("SELECT id FROM t") == [id])
        }
    }

    @Test func `a pipeline that only dlt-normalize knows is named as the reason why the second run has another state`()
        throws
    {
        try tap([schema(), record(#"{"id":1}"#), state(1)])
        #expect(try load(normalize: "--pipeline other").lines.last == "0 0 0")
        let second = try load(normalize: "--pipeline other")
        #expect(second.lines.last == "0 64 64", "\(second)")
        #expect(second.stderr.contains("went on from the state of pipeline tap"), "\(second)")
        #expect(second.stderr.contains("give --pipeline other to dlt-extract, too"), "\(second)")
        #expect(try load("--pipeline other", normalize: "--pipeline other").lines.last == "0 0 0")
    }

    @Test func `a SCHEMA may change between the records`() throws {
        try tap([
            schema(), record(#"{"id":1}"#), schema(), record(#"{"id":2}"#),
            schema("t", #""id":{"type":"integer"},"sum":{"type":"number"}"#), record(#"{"id":3,"sum":4}"#),
        ])
        #expect(try load().lines.last == "0 0 0")
        #expect(try pipeline.lines(of: "SELECT id, sum FROM t ORDER BY id") == ["1|", "2|", "3|4.0"])
    }

    @Test func `a tap that never ends stops in time, and what its STATE covers is loaded`() throws {
        try tap(
            [schema(key: "[]"), record(#"{"id":1}"#), state(1), record(#"{"id":2}"#)],
            after: "trap 'touch gone; exit 0' TERM; while :; do sleep 0.05; done")
        let result = try load("--max-duration 2s")
        #expect(result.lines.last == "10 10 10", "\(result)")
        #expect(try pipeline.integers("SELECT id FROM t") == [1])
        #expect(Files.exists(pipeline.folder.path("gone")))
        try tap([schema("u"), record(#"{"id":2}"#, "u")], after: "while :; do sleep 0.05; done")
        let without = try load("--max-duration 1s")
        #expect(without.lines.last?.hasPrefix("75") == true, "\(without)")
        #expect(without.stderr.contains("it sent no STATE within 1s"), "\(without)")
    }

    @Test func `a part never replaces the table of a stream that the catalog calls incremental`() throws {
        let catalog = #"{"streams":[{"stream":"t","tap_stream_id":"t","replication_method":"INCREMENTAL"}]}"#
        try pipeline.folder.write("c.json", catalog)
        try tap([schema(), record(#"{"id":1}"#), state(1)])
        let options = "--catalog c.json --write-disposition replace"
        #expect(try load(options).lines.last == "0 0 0")
        try tap([schema(), record(#"{"id":2}"#), state(2)])
        let second = try load(options)
        #expect(second.stderr.contains("with a part of its rows"), "\(second)")
        #expect(try pipeline.integers("SELECT id FROM t") == [1])
    }

    @Test func `a limit delivers a part and leaves the state alone`() throws {
        try tap([schema(), record(#"{"id":1}"#), record(#"{"id":2}"#), state(2)])
        #expect(try load("--limit 1").lines.last == "0 0 0")
        #expect(try pipeline.integers("SELECT id FROM t") == [1])
        #expect(try load().lines.last == "0 0 0")
        #expect(!Files.exists(pipeline.folder.path("given")))
        #expect(try pipeline.integers("SELECT id FROM t") == [1, 2])
    }

    @Test(arguments: [
        ("nonsense", "unable to read line 1 of tap"), ("[1]", "not a message"), ("{}", "it has no type"),
        (#"{"type":"RECORD","stream":"t","record":{}}"#, "a RECORD of stream t precedes its SCHEMA"),
        (#"{"type":"RECORD","record":{}}"#, "a RECORD needs a stream"),
        (#"{"type":"SCHEMA","stream":"t"}"#, "a SCHEMA needs a stream and a schema"),
        (#"{"type":"STATE"}"#, "a STATE needs a value"),
        (#"{"type":"ACTIVATE_VERSION","version":1}"#, "an ACTIVATE_VERSION needs a stream"),
        (#"{"type":"BATCH","stream":"t"}"#, "a BATCH of stream t precedes its SCHEMA"),
    ])
    func `a mistake of a tap is named with its line`(line: String, reason: String) throws {
        try tap([line])
        let result = try load()
        #expect(result.lines.last?.hasPrefix("65") == true, "\(result)")
        #expect(result.stderr.contains(reason), "\(result)")
        #expect(try pipeline.contents().isEmpty)
    }

    @Test func `a catalog is asked for, selected from and handed over`() throws {
        try pipeline.folder.write(
            "tap.sh",
            """
            case "$*" in *--discover*) cat catalog.json; exit 0;; esac
            while [ $# -gt 0 ]; do [ "$1" = --catalog ] && cp "$2" chosen; shift; done
            cat lines
            """)
        try pipeline.folder.write("lines", schema("users") + "\n" + record(#"{"id":1}"#, "users") + "\n")
        let stream = { (name: String) -> JSONValue in
            [
                "tap_stream_id": .string(name), "stream": .string(name),
                "schema": ["type": "object", "properties": ["id": ["type": "integer"], "secret": ["type": "string"]]],
                "metadata": [["breadcrumb": [], "metadata": ["table-key-properties": ["id"]]]],
            ]
        }
        let catalog: JSONValue = ["streams": [stream("users"), stream("logs")]]
        try pipeline.folder.write("catalog.json", catalog.serialized())
        let listed = try pipeline.shell("dlt-extract singer --list -- sh tap.sh")
        #expect(listed.lines.dropFirst().map { $0.prefix(5) } == ["users", "logs "], "\(listed)")
        let result = try load(
            "--select users --select '!users.secret' --replication users=INCREMENTAL:id")
        #expect(result.lines.last == "0 0 0", "\(result)")
        let chosen = try JSONValue(parsing: pipeline.folder.text("chosen"))["streams"]?.arrayValue ?? []
        #expect(chosen.map { $0["selected"] } == [true, false])
        let metadata = chosen.first?["metadata"]?.arrayValue ?? []
        #expect(metadata.first?["metadata", "replication-key"] == "id")
        #expect(metadata.compactMap { $0["metadata", "selected"]?.boolValue } == [true, true, false])
        // A rule about a column selects its stream, and of this no other column.
        #expect(try load("--select users.id").lines.last == "0 0 0")
        let narrowed = try JSONValue(parsing: pipeline.folder.text("chosen"))["streams"]?.arrayValue ?? []
        #expect(narrowed.map { $0["selected"] } == [true, false])
        let columns = narrowed.first?["metadata"]?.arrayValue?.dropFirst() ?? []
        #expect(columns.compactMap { $0["metadata", "selected"]?.boolValue } == [true, false])
        let misspelled = try load("--select users.id --select userz")
        #expect(misspelled.stderr.contains("unable to select userz"), "\(misspelled)")
        let unknown = try load("--select userz")
        #expect(unknown.lines.last?.hasPrefix("64") == true, "\(unknown)")
        #expect(unknown.stderr.contains("it offers users, logs"), "\(unknown)")
        for words in [
            "--cursor id -- sh tap.sh", "-- sh tap.sh --state s", "", "--max-duration x -- tap",
            "--max-duration 9999999d -- tap",
        ] {
            let usage = try pipeline.shell("dlt-extract singer \(words)")
            #expect(usage.status == 64, "\(words): \(usage)")
        }
    }
}
