import TestSupport
import Testing

/// Where something was found, through whole pipes: people look there.
struct PlaceTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    private func shell(_ script: String) throws -> ProgramResult {
        try runShell(
            script, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
    }

    @Test func `files are named with their own lines and records`() throws {
        _ = try folder.write("logs/f1.jsonl", "{\"a\":1}\n{\"a\":2}\n")
        _ = try folder.write("logs/f2.jsonl", "{\"a\":3}\n\n\n{\"a\":4}\n{\"a\":\"x\"}\n{\"a\":NaN}\n")
        _ = try folder.write("c.csv", "a,b\n1,\"x\ny\"\n\n2,z\ntext,\n")
        _ = try folder.write("d.json", "[{\"a\":1},\n{\"a\":2}, {\"a\":\"x\"}]")
        for (operands, place) in [
            ("'logs/*.jsonl'", "logs/f2.jsonl, line 5"), ("c.csv --look-ahead 2", "c.csv, line 6"),
            ("d.json", "d.json, record 3"),
            ("- --format jsonl < logs/f2.jsonl", "standard input, line 5"),
        ] {
            let result = try shell(
                """
                dlt-extract files --resource t \(operands) |
                  dlt-normalize --columns '{"a":{"data_type":"bigint"}}' --rejects r --explain a > lines
                """)
            #expect(
                result.stderr.contains("\(place): table t: a value went to new variant column a__v_text"), "\(result)")
            #expect(result.stderr.contains("t.a__v_text is text because of \(place)"), "\(result)")
            _ = try shell("rm -rf data")
        }
        let broken = try shell("dlt-extract files -q 'logs/*.jsonl' | dlt-normalize -q")
        #expect(broken.status == 65)
        #expect(
            broken.stderr.contains("unable to read logs/f2.jsonl, line 6: NaN is not JSON: {\"a\":NaN}"), "\(broken)")
    }

    @Test func `what a cursor leaves out is counted`() throws {
        _ = try folder.write(
            "c.jsonl", (1...9).map { "{\"id\":\($0),\"v\":\($0 == 8 ? "\"x\"" : "1")}\n" }.joined())
        let run = "dlt-extract files c.jsonl --cursor id --initial 4 | dlt-normalize"
        #expect(
            try shell(run).stderr.contains("c.jsonl, line 8: table c: a value went to new variant column v__v_text"))
    }

    @Test func `a run that goes on in a file knows its line`() throws {
        _ = try folder.write(
            "c.jsonl", (1...9).map { "{\"v\":\($0 == 8 ? "\"x\"" : "1")}\n\n" }.joined())
        let run = "dlt-extract files c.jsonl --new --chunk-size 3 | dlt-normalize | dlt-load sqlite:///x.db"
        #expect(try shell(run).status == 10)
        #expect(try shell(run).status == 10)
        #expect(try shell(run).stderr.contains("c.jsonl, line 15: table c"))
    }

    @Test func `a filter that removes records makes places about`() throws {
        _ = try folder.write(
            "c.jsonl", (1...2999).map { "{\"v\":\($0 == 2500 ? "\"x\"" : "\($0)")}\n" }.joined())
        let result = try shell("dlt-extract files c.jsonl | grep -v '\"v\":7}' | dlt-normalize")
        #expect(result.stderr.contains("c.jsonl, about line 2500: table c"), "\(result)")
    }

    @Test func `a command is named, and told where its messages belong`() throws {
        _ = try folder.write("gen.sh", "echo '{\"a\":1}'; echo Starting...; echo '{\"a\":2}'\n")
        let result = try shell("dlt-extract exec --resource t -- sh gen.sh | dlt-normalize -q")
        #expect(result.status == 65)
        #expect(result.stderr.contains("unable to read sh gen.sh, line 2: Starting... is not a record"), "\(result)")
        #expect(result.stderr.contains("print messages to stderr"))
        let rejected = try shell("dlt-extract exec --resource t -- sh gen.sh | dlt-normalize -q --rejects r; cat r")
        #expect(rejected.stdout.contains("\"text\":\"Starting...\""), "\(rejected)")
        #expect(!rejected.stderr.contains("were sent"), "what is set aside has come: \(rejected)")
    }

    @Test func `the run that ends the chunks says that rows were left out`() throws {
        _ = try folder.write("k1.jsonl", "{\"id\":1}\n{\"id\":\"bad\"}\n")
        _ = try folder.write("k2.jsonl", "{\"id\":3}\n{\"id\":4}\n{\"id\":5}\n")
        let result = try shell(
            """
            run() { dlt-extract files --new --chunk-size 2 'k*.jsonl' --resource c -q | dlt-normalize \
              --schema-contract '{"data_type":"discard_row"}' --rejects rr | dlt-load -q sqlite:///x.db; }
            for n in 1 2 3 4 5; do run; echo $?; done
            """)
        #expect(result.lines == ["10", "10", "3", "0", "0"], "\(result)")
        #expect(result.stderr.contains("earlier chunks have left out 1 row or value"))
        #expect(try folder.text("rr").split(separator: "\n").count == 1)
        #expect(result.stderr.contains("of table c is stored from now on; --schema-contract evolve ends it"))
        #expect(result.stderr.split(separator: "\n").count { $0.contains("is stored from now on") } == 1)
    }

    @Test func `a contract that was stored is told where it leaves something out`() throws {
        _ = try folder.write("a.jsonl", "{\"id\":1}\n")
        let run = "dlt-extract files a.jsonl -q | dlt-normalize"
        #expect(try shell("\(run) -q | dlt-load sqlite:///x.db -q").status == 0)
        let stored = try shell("\(run) --schema-contract discard_row | dlt-load sqlite:///x.db -q")
        #expect(stored.stderr.contains("schema_contract discard_row of table a is stored from now on"), "\(stored)")
        _ = try folder.write("a.jsonl", "{\"id\":1}\n{\"id\":2,\"new\":1}\n{\"id\":3,\"new\":1}\n")
        let left = try shell("\(run) | dlt-load sqlite:///x.db -q")
        #expect(left.status == 3)
        #expect(left.stderr.contains("2 rows left out, the first: a.jsonl, line 2: table a, column new"), "\(left)")
        #expect(left.stderr.contains("the schema_contract of table a was stored by an earlier run"), "\(left)")
    }

    @Test func `a stream behind --table is refused, whatever its program ended with`() throws {
        let result = try shell("dlt-extract files nofile.jsonl | dlt-normalize --table u | dlt-load sqlite:///env.db")
        #expect(result.status == 64)
        #expect(result.stderr.contains("it begins a record stream, which names its tables"), "\(result)")
    }
}
