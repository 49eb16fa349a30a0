import JSONText
import LoadPackages
import Normalization
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO
import TestSupport
import Testing
import Zstd

struct SingerStreamTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func stream(
        _ lines: [String], _ change: (inout NormalizeRequest) -> Void = { _ in }
    ) throws -> Fixture.Result {
        try fixture.stream(lines) {
            $0.pipeline = "p"
            change(&$0)
        }
    }

    @Test func `a stream without STATE is committed at its end`() throws {
        let result = try stream([schema()] + records(1...3))
        #expect(try fixture.values(in: result) == ["1", "2", "3"])
        #expect(!result.truncated)
    }

    @Test func `records after the last STATE come too, and the last STATE stays the state`() throws {
        let result = try stream([schema()] + records(1...3) + [singerState(1), schema("u")] + records(4...5, "u"))
        #expect(try fixture.values(in: result) == ["1", "2", "3"])
        #expect(try fixture.values(of: "u", in: result) == ["4", "5"])
        #expect(!result.truncated)
        #expect(try fixture.package(result).state.sources["p"]?["singer_state", "at"]?.intValue == 1)
    }

    @Test func `what a tap declares are the types of columns, whatever comes first`() throws {
        let properties = """
            {"id":{"type":"integer"},"price":{"type":["null","number"]},"code":{"type":"string"},
            "day":{"type":["null","string"],"format":"date"},"at":{"anyOf":[{"type":"string","format":"date-time"},{"type":"null"}]},
            "clock":{"type":"string","format":"time"},"ok":{"type":["boolean","null"]},"sum":{"type":"number","multipleOf":0.01},
            "exact":{"type":["null","string"],"format":"singer.decimal"},"note":{"type":["null","string"]},
            "both":{"type":["null","integer","string"]},"either":{"anyOf":[{"type":"string","format":"date"},{"type":"string"}]},
            "num":{"type":["integer","number"]},"free":{},"none":{"type":"null"},
            "address":{"type":["null","object"],"properties":{"zip":{"type":"string"},"any":{"type":"object"}}},
            "lines":{"type":"array","items":{"type":"object","properties":{"qty":{"type":"number"}}}},
            "tags":{"type":["null","array"],"items":{"type":"string"}},"bag":{"type":"object"}}
            """.replacing("\n", with: "")
        let tap = [
            #"{"type":"SCHEMA","stream":"t","key_properties":[],"schema":{"type":"object","properties":"# + properties
                + "}}",
            #"{"type":"RECORD","stream":"t","record":{"id":1,"price":3,"code":"2024-01-01T00:00:00Z","day":null,"num":1,"both":1,"more":5,"bag":{"x":1},"lines":[{"qty":1},{"qty":1.5}],"tags":["7"],"exact":"1.50"}}"#,
            #"{"type":"RECORD","stream":"t","record":{"id":2,"price":3.5,"code":"abc","both":"x","num":2.5,"ok":"maybe"}}"#,
        ]
        let schema = try fixture.package(try stream(tap)).schema
        func types(_ table: String) -> [String] {
            (schema[table: table]?.completeColumns ?? []).filter { !SystemTables.isSystemName($0.name) }
                .map { "\($0.name) \($0.dataType?.rawValue ?? "")" + ($0.isNullable ? "" : "!") }.sorted()
        }
        #expect(
            types("t") == [
                "address__zip text", "at timestamp", "bag__x bigint", "both bigint", "both__v_text text", "clock time",
                "code text", "day date", "exact decimal", "id bigint", "more bigint", "note text", "num double",
                "ok bool",
                "ok__v_text text", "price double", "sum decimal",
            ])
        #expect(types("t__lines") == ["qty double"])
        #expect(types("t__tags") == ["value text"])
    }

    @Test func `a declared type changes nothing of a column that has one, and binds no contract`() throws {
        func tap(_ type: String, _ other: String) -> [String] {
            [
                #"{"type":"SCHEMA","stream":"t","schema":{"properties":{"i":{"type":"\#(type)"},"\#(other)":{"type":"string"}}},"key_properties":[]}"#
            ] + records(1...2)
        }
        _ = try stream(tap("integer", "j")) { $0.hints.contract = ["columns": "freeze"] }
        let next = try stream(tap("number", "k"))
        let table = try #require(fixture.package(next).schema[table: "t"])
        #expect(table[column: "i"]?.dataType == .bigint && table[column: "j"]?.dataType == .text)
        #expect(table[column: "k"] == nil)
    }

    @Test func `the key of a tap means merge, unless something else is said`() throws {
        let lines = [schema(keys: "[\"i\"]")] + records(1...2)
        #expect(try disposition(try stream(lines)) == .merge)
        #expect(try disposition(try stream(lines) { $0.hints.writeDisposition = .append }) == .append)
        #expect(try disposition(try stream(lines)) == .merge)
        #expect(try disposition(try stream([schema(), records(1...2)[0]])) == .merge)
    }

    @Test func `half a line is truncation`() throws {
        var request = fixture.request()
        request.pipeline = "p"
        let lines = ([schema()] + records(1...3)).map { $0 + "\n" }.joined()
        let result = try fixture.normalize(lines + "{\"type\":", request)
        #expect(result.truncated && result.path == nil)
    }

    @Test func `a truncated replace is refused`() throws {
        let lines = [schema("t", "{\"write_disposition\":\"replace\"}")] + records(1...3) + [singerState(1)]
        #expect(try fixture.refusal(lines + records(4...4)) { $0.pipeline = "p" }?.status == .data)
        #expect(try stream(lines).path != nil)
    }

    @Test(arguments: [
        "{\"a\":1}", "[]", "{\"type\":\"STATE\",\"name\":\"Texas\"}", "{\"type\":\"SCHEMA\"}", "{\"type\":\"END\"}",
        "{\"type\":\"RECORD\",\"kind\":\"LP\"}", "1",
    ])
    func `a first line that begins no stream is wrong usage`(line: String) throws {
        let refusal = try fixture.refusal([line])
        #expect(refusal?.status == .usage)
        #expect(refusal?.hint?.contains("--table NAME") == true)
    }

    @Test func `what is no JSON at all is wrong data`() throws {
        let refusal = try fixture.refusal(["id,name"])
        #expect(refusal?.status == .data && refusal?.hint?.contains("--table NAME") == true)
        #expect(try fixture.refusal(records(1...1))?.message.contains("precedes its SCHEMA") == true)
    }

    // MARK: BATCH

    private func batch(_ files: [String], _ encoding: String = "{\"format\":\"jsonl\"}") -> String {
        let manifest = JSONValue.strings(files).serialized()
        return "{\"type\":\"BATCH\",\"stream\":\"t\",\"encoding\":\(encoding),\"manifest\":\(manifest)}"
    }

    @Test(arguments: ["none", "zstd", "gzip"], [true, false])
    func `a batch is read from its files`(compression: String, says: Bool) throws {
        let plain = Array("{\"i\":1}\n\n{\"i\":2}".utf8)
        try fixture.folder.write("b", plain)
        if compression == "zstd" {
            try fixture.folder.write("b c", Compressor.compress(plain))
        } else {
            let tool = compression == "gzip" ? "gzip -c" : "cat"
            #expect(try fixture.shell("\(tool) b > 'b c'").status == 0)
        }
        let encoding = says ? "{\"format\":\"jsonl\",\"compression\":\"\(compression)\"}" : "{\"format\":\"jsonl\"}"
        let url = "file://" + fixture.folder.path("b%20c")
        let result = try stream([schema(), batch([url, url], encoding)] + records(3...3))
        #expect(try fixture.values(in: result) == ["1", "2", "1", "2", "3"])
    }

    @Test(arguments: [
        ("{\"format\":\"parquet\"}", "file:///x", ProgramSupport.ExitStatus.data, "format is parquet"),
        ("{\"format\":\"jsonl\",\"compression\":\"snappy\"}", "file:///x", .data, "compression is snappy"),
        ("{\"format\":\"jsonl\"}", "s3://bucket/x", .data, "not the URL of a local file"),
        ("{\"format\":\"jsonl\"}", "file://host/x", .data, "not the URL of a local file"),
        ("{\"format\":\"jsonl\"}", "file:///no/such/file", .noInput, "/no/such/file"),
    ])
    func `a batch that cannot be read is refused`(
        encoding: String, url: String, status: ProgramSupport.ExitStatus, reason: String
    ) throws {
        let refusal = try fixture.refusal([schema(), batch([url], encoding)]) { $0.pipeline = "p" }
        #expect(refusal?.status == status)
        #expect(refusal?.message.contains(reason) == true)
    }

    @Test func `a line of a batch is named with its file`() throws {
        let path = try fixture.folder.write("b.jsonl", "{\"i\":1}\n{\n")
        let refusal = try fixture.refusal([schema(), batch(["file://" + path])]) { $0.pipeline = "p" }
        #expect(refusal?.status == .data)
        #expect(refusal?.message.contains("\(path), line 2") == true)
        let damaged = try fixture.folder.write("b.gz", "no gzip")
        let gzip = batch([damaged], "{\"format\":\"jsonl\",\"compression\":\"gzip\"}")
        #expect(try fixture.refusal([schema(), gzip]) { $0.pipeline = "p" }?.message.contains(damaged) == true)
        #expect(
            try fixture.refusal([batch([path])]) { $0.pipeline = "p" }?.message.contains("precedes its SCHEMA") == true)
    }

    // MARK: Versions

    private func disposition(_ result: Fixture.Result) throws -> WriteDisposition? {
        try fixture.package(result).schema[table: "t"]?.writeDisposition
    }

    @Test func `a new version replaces the table, the same one again adds to it`() throws {
        let first = try stream([schema(), activate(1)] + records(1...2, version: 1) + [singerState(1)])
        #expect(try disposition(first) == .append)
        let increment = try stream([schema(), activate(1)] + records(3...3, version: 1) + [singerState(2)])
        #expect(try disposition(increment) == .append)
        let reloaded = try stream([schema()] + records(1...3, version: 2) + [activate(2), singerState(3)])
        #expect(try disposition(reloaded) == .replace)
        #expect(try fixture.values(in: reloaded) == ["1", "2", "3"])
        let next = try stream([schema(), activate(2)] + records(4...4, version: 2) + [singerState(4)])
        #expect(try disposition(next) == .append)
    }

    @Test func `an activation after the last STATE counts when the STATE covers the records`() throws {
        _ = try stream([schema()] + records(1...2, version: 1) + [activate(1)])
        let reloaded = try stream([schema()] + records(1...3, version: 2) + [singerState(3), activate(2)])
        #expect(try disposition(reloaded) == .replace)
        #expect(!reloaded.truncated)
    }

    @Test func `activating what came in part before is refused`() throws {
        _ = try stream([schema()] + records(1...2, version: 1) + [activate(1), singerState(1)])
        // Cut short before it was activated: its rows lie beside those of version 1.
        let part = try stream([schema()] + records(1...1, version: 2) + [singerState(2)])
        #expect(try disposition(part) == .append)
        let rest = [schema()] + records(2...3, version: 2) + [activate(2), singerState(3)]
        let refusal = try fixture.refusal(rest) { $0.pipeline = "p" }
        #expect(refusal?.status == .data)
        #expect(refusal?.message.contains("unable to activate version 2 of stream t") == true)
        // A third version replaces both.
        let reloaded = try stream([schema()] + records(1...3, version: 3) + [activate(3), singerState(4)])
        #expect(try disposition(reloaded) == .replace)
    }

    @Test func `a version without rows empties the table`() throws {
        _ = try stream([schema()] + records(1...2, version: 1) + [activate(1), singerState(1)])
        let emptied = try stream([schema(), activate(2), singerState(2)])
        #expect(try disposition(emptied) == .replace)
        #expect(try fixture.package(emptied).manifest.jobs.map(\.rows) == [0])
    }

    @Test func `records of another version are left out`() throws {
        let result = try stream([schema()] + records(1...2, version: 1) + records(3...4, version: 2) + [activate(2)])
        #expect(try fixture.values(in: result) == ["1", "2"])
        #expect(try disposition(result) == .append)
    }

    @Test func `flags decide over versions`() throws {
        _ = try stream([schema()] + records(1...2, version: 1) + [activate(1)])
        let kept = try stream([schema()] + records(1...2, version: 2) + records(3...3, version: 3) + [activate(2)]) {
            $0.hints.writeDisposition = .append
        }
        #expect(try disposition(kept) == .append)
        #expect(try fixture.values(in: kept) == ["1", "2", "3"])
    }

    @Test func `a replace by version that is cut off is refused`() throws {
        _ = try stream([schema()] + records(1...2, version: 1) + [activate(1), singerState(1)])
        let lines =
            [schema(), activate(2)] + records(1...2, version: 2) + [singerState(2)] + records(3...3, version: 2)
        #expect(try fixture.refusal(lines) { $0.pipeline = "p" }?.status == .data)
    }
}

struct StreamVersionsTests {
    @Test func `what is remembered comes back`() {
        var versions = StreamVersions()
        #expect(versions.remembered == nil)
        let first = versions.admits("1", tableIsEmpty: true)
        #expect(first && versions.remembered == ["active": 1])
        var next = StreamVersions(remembered: versions.remembered)
        let admitted = ["2", "3"].map { next.admits($0, tableIsEmpty: false) }
        #expect(admitted == [true, false])
        #expect(next.remembered == ["active": 1, "loading": 2])
        let activations = ["3", "2", "2"].map { next.activate($0, tableIsEmpty: false) }
        #expect(activations == [.other("2"), .replace, .nothing])
        #expect(next.remembered == ["active": 2])
    }

    @Test(arguments: [(true, StreamVersions.Activation.nothing), (false, .replace)])
    func `a table that had rows without versions is replaced`(
        tableIsEmpty: Bool, expected: StreamVersions.Activation
    ) {
        var versions = StreamVersions()
        let activation = versions.activate("1", tableIsEmpty: tableIsEmpty)
        #expect(activation == expected)
    }
}
