import JSONText
import LoadPackages
import Normalization
import ProgramSupport
import Schemas
import TestSupport
import Testing

/// How a table is written in a run that does not say it.
struct DispositionTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private static let lines = [schema()] + records(1...2)

    private func take(_ change: (inout NormalizeRequest) throws -> Void) throws -> Table {
        try take(Self.lines, change)
    }

    private func take(
        _ lines: [String] = lines, _ change: (inout NormalizeRequest) throws -> Void = { _ in }
    ) throws -> Table {
        var request = fixture.request()
        request.pipeline = "p"
        try change(&request)
        let result = try fixture.normalize(lines.map { $0 + "\n" }.joined(), request)
        return try #require(fixture.package(result).schema[table: "t"])
    }

    private func say(_ disposition: JSONValue, key: [String]? = nil) -> (inout NormalizeRequest) throws -> Void {
        { request in
            request.hints.writeDisposition = try WriteDispositionHint(disposition)
            request.hints.primaryKey = key
        }
    }

    private func refusal(_ change: (inout NormalizeRequest) throws -> Void) throws -> ProgramError {
        try refusal(Self.lines, change)
    }

    private func refusal(
        _ lines: [String] = lines, _ change: (inout NormalizeRequest) throws -> Void = { _ in }
    ) throws -> ProgramError {
        let before = try fixture.waiting("p")
        let error = try #require(throws: (any Error).self) { try take(lines, change) }
        #expect(try fixture.waiting("p") == before)
        return try #require(ProgramError(of: error))
    }

    @Test(arguments: ["merge", "upsert", "insert-only"])
    func `merge, its strategy and its key hold until something else is said`(word: String) throws {
        let first = try take(say(.string(word), key: ["i"]))
        let second = try take()
        #expect(second.writeDisposition == .merge && second.mergeStrategy == first.mergeStrategy)
        #expect(second.columns(with: "primary_key").map(\.name) == ["i"])
        #expect(try take(say("append")).writeDisposition == .append)
        #expect(try take().writeDisposition == .append)
    }

    @Test func `scd2 and a merge key hold as well`() throws {
        _ = try take(say("scd2"))
        #expect(try take().mergeStrategy == "scd2")
    }

    @Test(arguments: ["replace", "skip"])
    func `what holds for one run is asked for in the next`(word: String) throws {
        _ = try take(say(.string(word)))
        let refusal = try refusal()
        #expect(refusal.status == .usage && refusal.message.contains("table t"))
        for way in [word, "append"] { #expect(refusal.hint?.contains("--write-disposition \(way)") == true) }
        #expect(try take(say("append")).writeDisposition == .append)
        #expect(try take().writeDisposition == .append)
    }

    @Test func `a stream, a schema file and a usual way say it in each run`() throws {
        _ = try take(say("replace"))
        #expect(
            try take([schema("t", #"{"usual_write_disposition":"append"}"#)] + records(1...2)).writeDisposition
                == .append)
        #expect(
            try take([schema("t", #"{"write_disposition":"replace"}"#)] + records(1...2)).writeDisposition == .replace)
        let file: JSONValue = ["tables": ["t": ["write_disposition": "replace"]]]
        #expect(try take { $0.overlay = file }.writeDisposition == .replace)
        // The file decides where the stream is only usual.
        let usual = [schema("t", #"{"usual_write_disposition":"append"}"#)] + records(1...2)
        #expect(try take(usual) { $0.overlay = file }.writeDisposition == .replace)
    }

    @Test func `tables that begin anew are appended to`() throws {
        _ = try take(say("replace"))
        let anew =
            #"{"type":"HEADER","format":1,"pipeline":"p","source":"s","extract_id":"e","base":{},"refresh":"drop_resources"}"#
        #expect(try take([anew, schema()] + records(1...2) + [end(["t": 2])]).writeDisposition == .append)
    }

    @Test func `merge without a key is refused, wherever a key could be`() throws {
        let refusal = try refusal(say("merge"))
        #expect(refusal.status == .usage && refusal.hint?.contains("--primary-key") == true)
        #expect(try take(say("merge", key: ["i"])).writeDisposition == .merge)
        let merge = say("merge")
        for keyed: (inout NormalizeRequest) -> Void in [
            { $0.hints.mergeKey = ["i"] }, { $0.hints.columns = ["i": ["primary_key": true]] },
            { $0.overlay = ["tables": ["t": ["columns": ["i": ["data_type": "bigint", "primary_key": true]]]]] },
            { $0.overlay = ["settings": ["default_hints": ["primary_key": .strings(["re:^i$"])]]] },
        ] {
            let fixture = try Fixture()
            var request = fixture.request(.table("t"))
            try merge(&request)
            keyed(&request)
            #expect(try fixture.normalize("{\"i\":1}\n", request).path != nil)
        }
    }

    @Test func `records that come again are not appended`() throws {
        let lines = [schema("t", #"{"repeats":true,"complete":false}"#)] + records(1...2)
        #expect(try refusal(lines).status == .usage)
        #expect(try refusal(lines, say("append")).message.contains("lag"))
        #expect(try take(lines, say("merge", key: ["i"])).writeDisposition == .merge)
        #expect(try take(lines).writeDisposition == .merge)
    }
}

/// Hints that cannot be meant as they are.
struct RefusedHintTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test(arguments: [
        (#"{"columns":{"a":{"data_type":"varchar(20)"}}}"#, #"Did you mean "text"?"#),
        (#"{"columns":{"a":{"data_type":"int"}}}"#, #"Did you mean "bigint"?"#),
        (#"{"columns":{"a":{"data_type":"datetime"}}}"#, #"Did you mean "timestamp"?"#),
        (#"{"columns":{"a":{"data_type":5}}}"#, #""5" is not a data type"#),
        (#"{"columns":{"a":{"type":"text"}}}"#, #"Did you mean "data_type"?"#),
        (#"{"columns":{"a":{"exclude":true}}}"#, #""exclude" is not a hint"#),
        (#"{"columns":{"a":{"nullable":"no"}}}"#, "nullable is true or false"),
        (#"{"columns":{"a":5}}"#, "expected an object of hints"),
        (#"{"write_dispositon":"merge"}"#, #"Did you mean "write_disposition"?"#),
    ])
    func `a stream's unknown hints are refused with the line`(hints: String, words: String) throws {
        let refusal = try fixture.refusal([schema("t", hints)] + records(1...1)) { $0.pipeline = "p" }
        #expect(refusal?.status == .data)
        #expect(
            refusal?.message.contains("line 1 of standard input") == true && refusal?.message.contains(words) == true,
            "\(String(describing: refusal))")
    }

    @Test func `hints of one's own and all of dlt's pass`() throws {
        let columns = """
            {"i":{"x-mine":1,"data_type":"bigint","nullable":true,"precision":32,"scale":null,"unique":true,"sort":true,
            "cluster":false,"partition":false,"incremental":true,"description":"d","timezone":true,"dedup_sort":"asc"}}
            """.replacing("\n", with: "")
        let hints = #"{"x-own":1,"description":"d","references":[],"table_format":null,"columns":\#(columns)}"#
        _ = try fixture.stream([schema("t", hints)] + records(1...1)) { $0.pipeline = "p" }
    }

    private static let files: [(JSONValue, String)] = [
        (["tables": ["t": ["columns": ["a": ["data_type": "string"]]]]], #"Did you mean "text"?"#),
        (["tables": ["t": ["columns": ["a": ["exclude": true]]]]], "is not a hint"),
        (["tables": ["t": ["primary_keys": "a"]]], #"Did you mean "primary_key"?"#),
    ]

    @Test(arguments: files)
    func `a schema file's unknown hints are refused`(file: JSONValue, words: String) throws {
        let refusal = try fixture.refusal([schema()] + records(1...1)) {
            $0.pipeline = "p"
            $0.overlay = file
        }
        #expect(refusal?.status == .data && refusal?.message.contains(words) == true, "\(String(describing: refusal))")
    }

    @Test func `a column that has rows keeps its type`() throws {
        func take(_ change: @escaping (inout NormalizeRequest) -> Void) throws -> ProgramError? {
            try fixture.refusal([schema()] + records(3...3)) {
                $0.pipeline = "p"
                change(&$0)
            }
        }
        _ = try fixture.stream([schema(), #"{"type":"RECORD","stream":"t","record":{"i":1,"l":[{"q":1}]}}"#]) {
            $0.pipeline = "p"
        }
        for change: (inout NormalizeRequest) -> Void in [
            { $0.hints.columns = ["i": ["data_type": "text"]] },
            { $0.overlay = ["tables": ["t__l": ["parent": "t", "columns": ["q": ["data_type": "double"]]]]] },
            {
                $0.overlay = [
                    "title": "t", "type": "object", "properties": ["i": ["type": "number"]],
                    "additionalProperties": true,
                ]
            },
        ] {
            let refusal = try take(change)
            #expect(refusal?.status == .data && refusal?.message.contains("it is bigint in the destination") == true)
            #expect(refusal?.hint?.contains("--refresh drop-resources") == true)
        }
        #expect(try take { $0.hints.columns = ["i": ["data_type": "bigint"], "new": ["data_type": "text"]] } == nil)
    }

    @Test func `hinted columns that no record has are told, those that came or were there are not`() throws {
        var request = fixture.request(.table("t"))
        let columns: JSONObject = [
            "zpi": ["data_type": "text"], "i": ["data_type": "bigint"], "o": ["x-a": 1], "l": ["x-a": 1],
            "nothing": ["data_type": "text"], "cur": ["incremental": true],
        ]
        request.hints.columns = columns
        let rows = #"{"i":1,"o":{"x":1},"l":[1],"nothing":null}"# + "\n"
        let first = try fixture.normalize(rows, request)
        #expect(first.outcomes[0].unmetColumns.map { "\($0.table).\($0.column)" } == ["t.zpi"])
        #expect(try fixture.normalize("{\"o\":1}\n", request).outcomes[0].unmetColumns.isEmpty)
    }

    @Test(
        arguments: [1, 4],
        [
            #"{"id":1,"tags":["a"],"Tags":["b"]}"#, #"{"a":{"b":[1]},"a__b":[2]}"#, #"{"日本":["a"],"中国":["b"]}"#,
        ])
    func `lists of two keys that go to one table are told once`(workers: Int, record: String) throws {
        let text = String(repeating: record + "\n", count: 500)
        let result = try fixture.normalize(text, fixture.request(.table("t")), workers: workers, blockBytes: 1 << 10)
        let collisions = result.events.filter { if case .listCollision = $0 { true } else { false } }
        #expect(collisions.count == 1)
        let calm = try fixture.normalize(
            String(repeating: #"{"a":[1],"b":{"a":[2]},"c":"x"}"# + "\n", count: 500), fixture.request(.table("u")),
            workers: workers, blockBytes: 1 << 10)
        #expect(!calm.events.contains { if case .listCollision = $0 { true } else { false } })
    }

    @Test func `nulls of what is an object or a list are not told`() throws {
        let request = fixture.request(.table("t"))
        let text = #"{"n":[{"a":1}],"o":{"k":1},"x":null,"y":1}"# + "\n" + #"{"n":null,"o":null,"y":null}"# + "\n"
        #expect(try fixture.normalize(text, request).outcomes[0].nullOnlyColumns.map(\.column) == ["x"])
        #expect(try fixture.normalize(#"{"n":null,"o":null}"# + "\n", request).outcomes[0].nullOnlyColumns.isEmpty)
    }

    @Test(arguments: ["primary_key", "merge_key"])
    func `a key column that is said to be nullable stays so`(hint: String) throws {
        var request = fixture.request(.table("t"))
        request.hints.writeDisposition = try WriteDispositionHint("merge")
        request.hints.columns = ["b": ["nullable": true]]
        if hint == "primary_key" {
            request.hints.primaryKey = ["a", "b"]
        } else {
            request.hints.mergeKey = ["a", "b"]
        }
        let rows = #"{"a":1,"b":2}"# + "\n" + #"{"a":1,"b":null}"# + "\n"
        for _ in 1...2 {
            let table = try #require(fixture.package(try fixture.normalize(rows, request)).schema[table: "t"])
            #expect(table[column: "a"]?.isNullable == false && table[column: "b"]?.isNullable == true)
            #expect(table.columns(with: hint).count == 2)
            // The next run does not say it again.
            request.hints.columns = nil
        }
    }
}
