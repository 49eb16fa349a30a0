import DuckDB
import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: DuckDBLibrary.isThere, "\(DuckDBLibrary.absence)"))
struct LoadTests {
    let pipeline: DuckDBPipeline

    init() throws { pipeline = try DuckDBPipeline() }

    @Test func `many sparse rows keep their order, their values and their nulls`() throws {
        let result = try pipeline.shell(
            """
            seq 1 30000 | awk '{ s = "{\\"id\\":" $1; if ($1 % 3) s = s ",\\"a\\":\\"text number " $1 "\\""; \
            if ($1 % 5 == 0) s = s ",\\"b\\":" $1 / 2; if ($1 > 29000) s = s ",\\"late\\":true"; print s "}" }' \
            | dlt-normalize --table t | dlt-load "$URL"
            """)
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...30_000))
        let wrong = """
            SELECT count(*) FROM t WHERE id <> rowid + 1 OR a IS DISTINCT FROM CASE WHEN id % 3 > 0 THEN 'text number ' || id END
            OR b IS DISTINCT FROM CASE WHEN id % 5 = 0 THEN id / 2 END OR (late IS NULL) <> (id <= 29000)
            """
        #expect(try pipeline.value(wrong) == "0")
    }

    @Test func `what is pulled names DuckDB, and has its times`() throws {
        #expect(try pipeline.load("{\"id\":1}").status == 0)
        let result = try pipeline.shell(
            "rm -r \"$DLT_DATA_DIR\"; dlt-state pull \"$URL\" && dlt-state show && dlt-schema history \"$URL\" --json")
        #expect(result.status == 0, "\(result)")
        #expect(result.stdout.contains("\"destination_type\": \"dlt.destinations.duckdb\""), "\(result)")
        #expect(result.stdout.contains("\"dataset_name\": \"p_dataset\""), "\(result)")
        let time = try pipeline.value("SELECT left(CAST(inserted_at AS VARCHAR), 19) FROM _dlt_version") ?? "none"
        #expect(result.stdout.contains(time), "\(time) in \(result)")
    }

    @Test func `a state that is pushed is the newest`() throws {
        #expect(try pipeline.load("{\"id\":1}").status == 0)
        let result = try pipeline.shell(
            """
            dlt-state set sources.p.last 5 && dlt-load "$URL" --pending && rm -r "$DLT_DATA_DIR" \
            && dlt-state pull "$URL" && dlt-state show
            """)
        #expect(result.status == 0 && result.stdout.contains("\"last\": 5"), "\(result)")
    }

    // MARK: Plans

    @Test func `tables are defined without a database`() throws {
        #expect(try pipeline.load("{\"id\":1,\"a\":{\"b\":1.5}}").status == 0)
        let result = try pipeline.shell("dlt-schema export --format sql --dialect duckdb")
        #expect(result.status == 0, "\(result)")
        #expect(result.stdout.hasPrefix("CREATE SCHEMA IF NOT EXISTS \"p_dataset\";\n"), "\(result)")
        let database = try Database.open()
        for statement in result.stdout.split(separator: ";\n") { try database.execute(String(statement)) }
        #expect(try database.query("SELECT count(*) FROM p_dataset.t") == [["0"]])
    }

    // MARK: Ways to write

    /// Of one key the last row counts, in the order of the input.
    @Test(arguments: ["merge", "upsert"])
    func `a column called rowid does not decide which row is the last`(_ disposition: String) throws {
        let rows = [("a", 9), ("b", 1), ("c", 5)].map { "{\"id\":1,\"v\":\"\($0)\",\"rowid\":\($1)}" }
        for _ in 1...2 {
            let result = try pipeline.load(
                rows.joined(separator: "\n"), "--write-disposition \(disposition) --primary-key id")
            #expect(result.status == 0, "\(result)")
            #expect(try pipeline.query("SELECT v FROM t") == [["c"]])
        }
    }

    @Test func `a required column comes late into a table without rows`() throws {
        let hints = "--columns '{\"must\":{\"data_type\":\"text\",\"nullable\":false}}'"
        #expect(try pipeline.load("{\"id\":1}").status == 0)
        try pipeline.execute("DELETE FROM t")
        #expect(try pipeline.load("{\"id\":2,\"must\":\"x\"}", hints).status == 0)
        let required = "SELECT is_nullable FROM duckdb_columns() WHERE column_name = 'must'"
        #expect(try pipeline.value(required) == "false")
    }

    @Test func `a null in a column that must not be null is reported`() throws {
        #expect(try pipeline.load("{\"id\":1,\"a\":1}").status == 0)
        try pipeline.execute("ALTER TABLE t ALTER COLUMN a SET NOT NULL")
        let many = (0..<5000).map { "{\"id\":\($0),\"a\":1}" }
        let result = try pipeline.load((many + ["{\"id\":2}"] + many).joined(separator: "\n"))
        #expect(
            result.status == 65
                && result.stderr.contains("NOT NULL constraint failed: t.a (row 5001 of t.0.jsonl.zst)"),
            "\(result)")
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...1))
    }

    @Test func `more memory than is given is taken from the disk`() throws {
        let path = try pipeline.package(rows: 300_000, "--write-disposition merge --primary-key id")
        let result = try pipeline.shell("dlt-load \"$URL\" '\(path)' --max-memory 40M --workers 2")
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...300_000))
        #expect(try pipeline.leftovers() == [])
    }

    @Test func `too little memory is told with what helps`() throws {
        let path = try pipeline.package(rows: 100_000, "--write-disposition merge --primary-key id")
        let result = try pipeline.shell("dlt-load \"$URL\" '\(path)' --max-memory 1M")
        #expect(result.status == 78 && result.stderr.contains("--max-memory"), "\(result)")
        #expect(try pipeline.waiting() == 1)
        #expect(try pipeline.shell("dlt-load \"$URL\" --pending").status == 0)
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...100_000))
    }
}
