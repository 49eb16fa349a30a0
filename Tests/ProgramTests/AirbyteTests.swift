import JSONText
import SystemIO
import TestSupport
import Testing

/// `dlt-extract airbyte` with sources of a few lines: what is in the database afterwards.
struct AirbyteTests {
    private let pipeline: Pipeline

    init() throws {
        pipeline = try Pipeline()
        try pipeline.folder.write("config.json", #"{"token":"old"}"#)
        try catalog()
    }

    /// A source that prints lines for `read`, and notes the state and configuration that it was given.
    private func source(_ lines: [String], status: Int = 0) throws {
        try pipeline.folder.write("lines", lines.map { $0 + "\n" }.joined())
        try pipeline.folder.write(
            "source.sh",
            """
            echo "$@" >> args
            command=$1
            while [ $# -gt 0 ]; do
              case $1 in --state) cp "$2" given;; --config) cp "$2" configured;; --catalog) cp "$2" chosen;; esac
              shift
            done
            if [ $command = discover ]; then cat catalog; exit 0; fi
            cat lines
            exit \(status)
            """)
    }

    private func catalog() throws {
        let properties: JSONValue = [
            "id": ["type": "integer"], "sum": ["type": ["null", "number"]], "none": ["type": "string"],
        ]
        let schema: JSONValue = ["type": "object", "properties": properties]
        let users: JSONValue = [
            "name": "users", "json_schema": schema, "supported_sync_modes": ["full_refresh", "incremental"],
            "source_defined_cursor": true, "source_defined_primary_key": [["id"]],
        ]
        let kinds: JSONValue = ["name": "kinds", "json_schema": schema, "supported_sync_modes": ["full_refresh"]]
        let message: JSONValue = ["type": "CATALOG", "catalog": ["streams": [users, kinds]]]
        try pipeline.folder.write("catalog", "starting\n" + message.serialized() + "\n")
    }

    private func load(_ options: String = "--config config.json") throws -> ProgramResult {
        try pipeline.shell(
            """
            dlt-extract airbyte \(options) -- sh source.sh | dlt-normalize | dlt-load "$URL"
            echo "${PIPESTATUS[@]}"
            """)
    }

    private func record(_ data: String, _ stream: String = "users") -> String {
        #"{"type":"RECORD","record":{"stream":"\#(stream)","data":\#(data),"emitted_at":1}}"#
    }

    private func state(_ at: Int, _ stream: String = "users", count: String = "1.0") -> String {
        #"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"\#(stream)"},"stream_state":{"at":\#(at)}},"sourceStats":{"recordCount":\#(count)}}}"#
    }

    private func status(_ status: String, _ stream: String = "users") -> String {
        #"{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"\#(stream)"},"status":"\#(status)"}}}"#
    }

    private func failure(_ type: String) -> String {
        #"{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"the token\nis wrong","failure_type":"\#(type)"}}}"#
    }

    @Test func `streams are discovered, states come back, and a full refresh replaces`() throws {
        try source([
            #"{"type":"LOG","log":{"level":"INFO","message":"hello\nworld"}}"#, "not json",
            record(#"{"id":1,"sum":3}"#), state(1), record(#"{"id":1}"#, "kinds"), record(#"{"id":2}"#, "kinds"),
            status("COMPLETE"), state(9, "kinds", count: "2"), status("COMPLETE", "kinds"),
        ])
        let first = try load()
        #expect(first.lines.last == "0 0 0", "\(first)")
        #expect(first.stderr.contains("source: hello; world") && first.stderr.contains("source: not json"), "\(first)")
        #expect(try pipeline.lines(of: "SELECT id, sum, none FROM users") == ["1|3.0|"])
        #expect(!Files.exists(pipeline.folder.path("given")))
        let chosen = try JSONValue(parsing: pipeline.folder.text("chosen"))["streams"]?.arrayValue
        #expect(chosen?.map { $0["sync_mode"] } == ["incremental", "full_refresh"])
        try source([record(#"{"id":1,"sum":4.5}"#), state(2), record(#"{"id":3}"#, "kinds")])
        let second = try load()
        #expect(second.lines.last == "0 0 0", "\(second)")
        // A state of the stream that is read in full would make the source deliver nothing of it.
        let given = try JSONValue(parsing: pipeline.folder.text("given"))
        #expect(
            given == [
                [
                    "type": "STREAM",
                    "stream": ["stream_descriptor": ["name": "users"], "stream_state": ["at": 1]],
                ]
            ])
        #expect(try pipeline.lines(of: "SELECT id, sum FROM users") == ["1|4.5"])
        #expect(try pipeline.lines(of: "SELECT id FROM kinds") == ["3"])
    }

    @Test func `a selection changes no names, and shares the states of streams`() throws {
        let stream = { (namespace: String) -> JSONValue in
            [
                "name": "users", "namespace": .string(namespace), "json_schema": [:],
                "supported_sync_modes": ["incremental"], "source_defined_cursor": true,
                "source_defined_primary_key": [["id"]],
            ]
        }
        let message: JSONValue = ["type": "CATALOG", "catalog": ["streams": [stream("public"), stream("audit")]]]
        try pipeline.folder.write("catalog", message.serialized() + "\n")
        let lines = { (id: Int, namespace: String) -> [String] in
            [
                #"{"type":"RECORD","record":{"stream":"users","namespace":"\#(namespace)","data":{"id":\#(id)},"emitted_at":1}}"#,
                #"{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users","namespace":"\#(namespace)"},"stream_state":{"at":\#(id)}}}}"#,
            ]
        }
        try source(lines(1, "public") + lines(2, "audit"))
        #expect(try load("").lines.last == "0 0 0")
        try source(lines(3, "public"))
        let chosen = try load("--select public.users")
        #expect(chosen.lines.last == "0 0 0", "\(chosen)")
        let given = try JSONValue(parsing: pipeline.folder.text("given")).arrayValue ?? []
        #expect(given.map { $0["stream", "stream_state", "at"]?.intValue } == [1])
        #expect(try pipeline.integers("SELECT id FROM public_users ORDER BY id") == [1, 3])
        #expect(try pipeline.integers("SELECT id FROM audit_users") == [2])
    }

    @Test func `a run that starts over forgets the streams that it reads, and no others`() throws {
        try pipeline.folder.write(
            "catalog",
            pipeline.folder.text("catalog").replacing(
                "[\"full_refresh\"]", with: "[\"incremental\"],\"source_defined_cursor\":true"))
        try source([record(#"{"id":1}"#), state(1), record(#"{"id":1}"#, "kinds"), state(2, "kinds")])
        #expect(try load("").lines.last == "0 0 0")
        // Its state is the same as before: the run has forgotten that one, and remembers this one.
        try source([record(#"{"id":5}"#), state(1)])
        let again = try load("--select users --refresh drop-resources")
        #expect(again.lines.last == "0 0 0", "\(again)")
        #expect(!Files.exists(pipeline.folder.path("given")))
        #expect(try pipeline.integers("SELECT id FROM users") == [5])
        #expect(try pipeline.integers("SELECT id FROM kinds") == [1])
        try source([])
        #expect(try load("").lines.last == "0 0 0")
        let given = try JSONValue(parsing: pipeline.folder.text("given")).arrayValue ?? []
        #expect(given.map { $0["stream", "stream_state", "at"]?.intValue } == [1, 2])
    }

    @Test func `a run that starts over leaves the other streams in a state of all`() throws {
        let global =
            #"{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{"lsn":7},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"at":1}},{"stream_descriptor":{"name":"other"},"stream_state":{"at":2}}]}}}"#
        try source([record(#"{"id":1}"#), global])
        #expect(try load("--select users").lines.last == "0 0 0")
        for _ in 1...2 {
            try source([record(#"{"id":2}"#)])
            let again = try load("--select users --refresh drop-data")
            #expect(again.lines.last == "0 0 0", "\(again)")
            let given = try JSONValue(parsing: pipeline.folder.text("given")).arrayValue?.first
            #expect(given?["global", "shared_state", "lsn"]?.intValue == 7)
            let names = given?["global", "stream_states"]?.arrayValue?.map { $0["stream_descriptor", "name"] }
            #expect(names == ["other"])
        }
        #expect(try pipeline.integers("SELECT id FROM users") == [2])
    }

    @Test func `a limit does not hide what a run forgets that starts over`() throws {
        let global =
            #"{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{"lsn":7},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"at":1}},{"stream_descriptor":{"name":"other"},"stream_state":{"at":2}}]}}}"#
        try source([record(#"{"id":1}"#), record(#"{"id":2}"#), global])
        #expect(try load("--select users").lines.last == "0 0 0")
        for options in ["--refresh drop-data --limit 1", ""] {
            let result = try load("--select users " + options)
            #expect(result.lines.last == "0 0 0", "\(result)")
            let given = try JSONValue(parsing: pipeline.folder.text("given")).arrayValue?.first
            let names = given?["global", "stream_states"]?.arrayValue?.map { $0["stream_descriptor", "name"] }
            #expect(names == ["other"], "\(options)")
        }
        #expect(try pipeline.integers("SELECT id FROM users ORDER BY id") == [1, 2])
    }

    @Test(arguments: [("config_error", 78), ("transient_error", 75), ("system_error", 65)])
    func `the type of a failure is the exit status`(type: String, expected: Int) throws {
        try source([record(#"{"id":1}"#), failure(type)], status: 1)
        let result = try load("--config config.json --select users")
        #expect(result.lines.last?.hasPrefix("\(expected) ") == true, "\(result)")
        #expect(result.stderr.contains("unable to read all of source: the token is wrong"), "\(result)")
        #expect(try pipeline.contents().isEmpty)
    }

    @Test func `a stream that stays incomplete keeps what its state covers`() throws {
        try source([record(#"{"id":1}"#), state(1), record(#"{"id":2}"#), status("INCOMPLETE")])
        let result = try load("--config config.json --select users")
        #expect(result.lines.last?.hasPrefix("69 ") == true, "\(result)")
        #expect(result.stderr.contains("its stream users ended as INCOMPLETE"), "\(result)")
        #expect(try pipeline.lines(of: "SELECT id FROM users") == ["1"])
        // A part of a stream that is read in full would replace all of it.
        try source([record(#"{"id":1}"#), state(2), record(#"{"id":2}"#, "kinds")], status: 1)
        let part = try load()
        #expect(part.lines.last?.hasPrefix("69 ") == true && part.stderr.contains("nothing of it is loaded"), "\(part)")
        #expect(try !pipeline.contents().contains { $0.hasPrefix("kinds") })
    }

    @Test func `a state waits for the records of other streams that would come twice`() throws {
        try catalog()
        let append =
            #"{"streams":[{"stream":{"name":"a","json_schema":{}},"sync_mode":"incremental","destination_sync_mode":"append"},{"stream":{"name":"b","json_schema":{}},"sync_mode":"incremental","destination_sync_mode":"append"}]}"#
        try pipeline.folder.write("k.json", append)
        // When a's second state comes, b has a record that only its own next state covers.
        try source(
            [
                record(#"{"id":1}"#, "a"), state(1, "a"), record(#"{"id":2}"#, "b"), record(#"{"id":3}"#, "a"),
                state(2, "a"),
            ], status: 1)
        let failed = try load("--catalog k.json")
        #expect(failed.lines.last?.hasPrefix("69 ") == true, "\(failed)")
        #expect(try pipeline.lines(of: "SELECT id FROM a") == ["1"])
        try source([record(#"{"id":2}"#, "b"), record(#"{"id":3}"#, "a"), state(2, "a"), state(1, "b")])
        #expect(try load("--catalog k.json").lines.last == "0 0 0")
        #expect(try pipeline.lines(of: "SELECT id FROM a ORDER BY id") == ["1", "3"])
        #expect(try pipeline.lines(of: "SELECT id FROM b") == ["2"])
    }

    @Test func `a state for all streams comes back as it was`() throws {
        let global =
            #"{"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{"lsn":7},"stream_states":[]}}}"#
        try source([record(#"{"id":1}"#), global])
        #expect(try load("--config config.json --select users").lines.last == "0 0 0")
        try source([#"{"type":"STATE","state":{"data":{"old":1}}}"#])
        #expect(try load("--config config.json --select users").lines.last == "0 0 0")
        let given = try JSONValue(parsing: pipeline.folder.text("given"))
        #expect(given == [["type": "GLOBAL", "global": ["shared_state": ["lsn": 7], "stream_states": []]]])
        try source([])
        #expect(try load("--config config.json --select users").lines.last == "0 0 0")
        #expect(try JSONValue(parsing: pipeline.folder.text("given")) == ["old": 1])
        // A newer version of the source has states of streams: the old one would deliver everything since then again.
        try source([record(#"{"id":2}"#), state(5)])
        #expect(try load("--config config.json --select users").lines.last == "0 0 0")
        try source([])
        #expect(try load("--config config.json --select users").lines.last == "0 0 0")
        let streams = try JSONValue(parsing: pipeline.folder.text("given"))
        let states = streams.arrayValue ?? []
        #expect(states.compactMap { $0["stream", "stream_state"] } == [["at": 5]])
    }

    @Test func `the pipeline of an image is named after the image`() throws {
        try pipeline.folder.write("docker", "#!/bin/sh\ncat catalog\n")
        for image in ["airbyte/source-x:6.1", "localhost:5000/source-x@sha256:0"] {
            let result = try pipeline.shell(
                "chmod +x docker; dlt-extract airbyte -- ./docker run --rm -v a:/b \(image) | head -n 1")
            #expect(try JSONValue(parsing: result.stdout)["pipeline"] == "source-x", "\(result)")
        }
    }

    @Test func `a renewed configuration is kept for the next run, until a person changes the file`() throws {
        let control =
            #"{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{"token":"new"}}}}"#
        try source([control, record(#"{"id":1}"#), state(1)])
        #expect(try load("--config config.json --select users").lines.last == "0 0 0")
        try source([])
        #expect(try load("--config config.json --select users").lines.last == "0 0 0")
        #expect(try pipeline.folder.text("configured") == #"{"token":"new"}"#)
        let kept = try pipeline.folder.list("data/credentials")
        #expect(kept.count == 1)
        #expect(try Files.stat(pipeline.folder.path("data/credentials/\(kept[0])")).mode & 0o777 == 0o600)
        try pipeline.folder.write("config.json", #"{"token":"mine"}"#)
        #expect(try load("--config config.json --select users").lines.last == "0 0 0")
        #expect(try pipeline.folder.text("configured") == #"{"token":"mine"}"#)
        // A file of a container alone has no contents that could say which configuration was renewed.
        try source([control])
        let lost = try load("--config /nowhere/c.json --select users")
        #expect(lost.stderr.contains("the configuration that it renewed is lost"), "\(lost)")
    }

    @Test(arguments: [#"{"id":1,"x":NaN}"#, #"{"id":1"#])
    func `a message that is not JSON is a mistake, not a line of a log`(data: String) throws {
        try source([record(data)])
        let result = try load("--config config.json --select users")
        #expect(result.lines.last?.hasPrefix("65 ") == true && result.stderr.contains("line 1 of source"), "\(result)")
        #expect(try pipeline.contents().isEmpty)
    }

    @Test func `a source that counts other records than arrive is not trusted`() throws {
        try source([record(#"{"id":1}"#), state(1), record(#"{"id":2}"#), state(2, count: "3")])
        let result = try load("--config config.json --select users")
        #expect(result.lines.last?.hasPrefix("65 ") == true, "\(result)")
        #expect(result.stderr.contains("stream users: the source counted 3 records, but 1 arrived"), "\(result)")
        // The state that does not agree was not taken.
        #expect(try pipeline.lines(of: "SELECT id FROM users") == ["1"])
        try source([record(#"{"id":2}"#), state(2, count: "1e30")])
        let huge = try load("--config config.json --select users")
        #expect(huge.stderr.contains("the source counted 1e30 records, but 1 arrived"), "\(huge)")
    }

    @Test func `streams are listed and selected, and mistakes are named`() throws {
        try source([])
        let listed = try pipeline.shell("dlt-extract airbyte --config config.json --list -- sh source.sh")
        #expect(
            listed.lines == ["stream  key  mode", "users   id   incremental", "kinds        full_refresh"], "\(listed)")
        let unknown = try load("--config config.json --select x")
        #expect(
            unknown.lines.last?.hasPrefix("64 ") == true && unknown.stderr.contains("it offers users, kinds"),
            "\(unknown)")
        let named: JSONValue = ["name": "t", "namespace": "public", "json_schema": [:]]
        let other: JSONValue = ["name": "u", "json_schema": [:]]
        let offered: JSONValue = ["streams": [named, other]]
        try pipeline.folder.write("offered.json", offered.serialized())
        let chosen = try pipeline.shell(
            "dlt-extract airbyte --catalog offered.json --select public.t --list -- sh source.sh")
        #expect(chosen.lines.dropFirst().map { $0.prefix(8) } == ["public.t"], "\(chosen)")
        let missing = try load("--config nowhere.json")
        #expect(missing.lines.last?.hasPrefix("66 ") == true, "\(missing)")
        try source([record("{}", "other")])
        let stranger = try load()
        #expect(stranger.stderr.contains("stream other is not in the catalog"), "\(stranger)")
    }
}
