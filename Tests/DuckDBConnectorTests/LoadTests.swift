import DuckDB
import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: DuckDBLibrary.isThere, "\(DuckDBLibrary.absence)"))
struct LoadTests {
    let pipeline: DuckDBPipeline

    init() throws { pipeline = try DuckDBPipeline() }

    @Test func `rows, nested rows and new columns arrive`() throws {
        let first = try pipeline.load(
            #"{"id":1,"ok":true,"x":1.5,"moment":"2024-01-01T10:00:00+02:00","o":{"k":"é"},"l":[{"n":1},{"n":2}]}"#)
        #expect(first.status == 0, "\(first)")
        let second = try pipeline.load(#"{"id":2,"new":"x","l":[{"n":3,"deep":"y"}]}"#)
        #expect(second.status == 0, "\(second)")
        #expect(
            try pipeline.query("SELECT id, ok, x, moment, o__k, new FROM t ORDER BY id") == [
                ["1", "true", "1.5", "2024-01-01 08:00:00+00", "é", nil], ["2", nil, nil, nil, nil, "x"],
            ])
        #expect(
            try pipeline.query(
                "SELECT t.id, n, deep FROM t JOIN t__l ON t._dlt_id = t__l._dlt_parent_id ORDER BY t.id, _dlt_list_idx")
                == [["1", "1", nil], ["1", "2", nil], ["2", "3", "y"]])
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads WHERE status = 0") == "2")
        #expect(try pipeline.leftovers() == [])
    }

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

    @Test func `a package loaded again, and from another machine at once, arrives once`() throws {
        let path = try pipeline.package(rows: 20_000)
        let result = try pipeline.shell(
            """
            cp -r "$DLT_DATA_DIR" other
            dlt-load "$URL" "$P" & a=$!
            DLT_DATA_DIR=$PWD/other dlt-load "$URL" "$PWD/other/${P#"$DLT_DATA_DIR"/}" & b=$!
            wait $a && wait $b && dlt-load "$URL" "${P/packages/loaded}"
            """, ["P": path])
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...20_000))
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "1")
    }

    @Test func `an empty machine pulls state and schema, and goes on`() throws {
        #expect(try pipeline.load("{\"id\":1}").status == 0)
        let result = try pipeline.shell(
            """
            rm -r "$DLT_DATA_DIR"; dlt-state pull "$URL" && echo '{"id":2}' | dlt-normalize --table t | dlt-load "$URL" \
            && dlt-state show && dlt-schema history "$URL" --json
            """)
        #expect(result.status == 0, "\(result)")
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...2))
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_version") == "1")
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

    @Test func `a plan is printed as SQL that DuckDB runs, and changes nothing`() throws {
        let path = try pipeline.package(rows: 3, columns: ",\"o\":{\"k\":\"x\"}")
        for mode in ["--dry-run", "--sql"] {
            let result = try pipeline.shell("dlt-load \"$URL\" '\(path)' \(mode)")
            #expect(result.status == 0 && result.stdout.contains("3 rows"), "\(result)")
        }
        #expect(!Files.exists(pipeline.file))
        let plan = try pipeline.shell("dlt-load \"$URL\" '\(path)' --sql")
        // As in `duckdb x.duckdb`: the file is open under its own name.
        let database = try Database.open(pipeline.file)
        for statement in plan.stdout.split(separator: ";\n") where !statement.hasPrefix("-- append") {
            let text = statement.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
            try database.execute(text)
        }
        database.close()
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "1")
        #expect(try pipeline.value("SELECT count(o__k) FROM t") == "0")
    }

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

    private static let strategies = ["append", "replace", "merge", "delete-insert", "upsert", "insert-only", "scd2"]

    @Test(arguments: [
        ("append", ["1 a", "1 b", "2 a", "2 c", "3 b"]), ("replace", ["1 b", "2 c", "3 b"]),
        ("merge", ["1 b", "2 c", "3 b"]), ("upsert", ["1 b", "2 c", "3 b"]), ("insert-only", ["1 a", "2 a", "3 b"]),
        ("scd2", ["1 a", "1 b", "2 a", "2 c", "3 b"]),
    ])
    func `rows are written as asked, with those below`(_ disposition: String, _ expected: [String]) throws {
        let flags = "--write-disposition \(disposition) --primary-key id"
        let first = try pipeline.load(
            #"{"id":1,"v":"a","rowid":9,"l":["x"]}"# + "\n" + #"{"id":2,"v":"a","rowid":1,"l":["x"]}"#, flags)
        #expect(first.status == 0, "\(first)")
        let second = try pipeline.load(
            #"{"id":2,"v":"b","rowid":8,"l":["y"]}"# + "\n" + #"{"id":1,"v":"b","rowid":7,"l":["y"]}"# + "\n"
                + #"{"id":2,"v":"c","rowid":2,"l":["z"]}"# + "\n" + #"{"id":3,"v":"b","rowid":1,"new":1,"l":["y"]}"#,
            disposition == "append" || disposition == "replace" || disposition == "scd2"
                ? flags + " --partial-ok" : flags)
        #expect(second.status == 0, "\(second)")
        let rows = try pipeline.query("SELECT DISTINCT id || ' ' || v FROM t ORDER BY 1").map { $0[0] ?? "" }
        let unmerged = disposition == "append" || disposition == "replace" || disposition == "scd2"
        #expect(rows == (unmerged ? (expected + ["2 b"]).sorted() : expected))
        let orphans = "SELECT count(*) FROM t__l WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM t)"
        #expect(try pipeline.value(orphans) == "0")
        #expect(
            try pipeline.query("SELECT * FROM duckdb_tables() WHERE schema_name NOT IN ('main', 'p_dataset')") == [])
    }

    @Test(arguments: ["truncate-and-insert", "insert-from-staging"])
    func `tables are replaced as dlt does`(_ strategy: String) throws {
        let flags = "--write-disposition replace"
        for (ids, expected) in [("1 5", 1...5), ("4 6", 4...6)] {
            let rows = try pipeline.shell("seq \(ids) | sed 's/.*/{\"id\":&,\"l\":[&]}/'").stdout
            let result = try pipeline.load(rows, flags, load: "--replace-strategy \(strategy)")
            #expect(result.status == 0, "\(result)")
            #expect(try pipeline.sum() == DuckDBPipeline.sum(expected))
            #expect(try pipeline.value("SELECT count(*) FROM t__l") == "\(expected.count)")
        }
        let other = try pipeline.load("{\"id\":1}", flags, load: "--replace-strategy staging-optimized")
        #expect(
            other.status == 65 && other.stderr.contains("it has truncate-and-insert, insert-from-staging"), "\(other)")
    }

    @Test func `a required column comes late only where it can`() throws {
        let hints = "--columns '{\"must\":{\"data_type\":\"text\",\"nullable\":false}}'"
        #expect(try pipeline.load("{\"id\":1}", table: "filled").status == 0)
        let refused = try pipeline.load("{\"id\":2,\"must\":\"x\"}", table: "filled", hints)
        #expect(refused.status == 65, "\(refused)")
        #expect(
            refused.stderr.contains("unable to add column \"must\" to table \"filled\": it must not be null"),
            "\(refused)")
        #expect(try pipeline.sum("filled") == DuckDBPipeline.sum(1...1))
        #expect(try pipeline.value("SELECT count(*) FROM duckdb_columns() WHERE column_name = 'must'") == "0")
        try pipeline.execute("DELETE FROM filled")
        #expect(try pipeline.load("{\"id\":2,\"must\":\"x\"}", table: "filled", hints).status == 0)
        let required = "SELECT is_nullable FROM duckdb_columns() WHERE column_name = 'must'"
        #expect(try pipeline.value(required) == "false")
    }

    @Test func `a null in a column that must not be null is reported`() throws {
        #expect(try pipeline.load("{\"id\":1,\"a\":1}").status == 0)
        try pipeline.execute("ALTER TABLE t ALTER COLUMN a SET NOT NULL")
        let result = try pipeline.load("{\"id\":2}")
        #expect(
            result.status == 65 && result.stderr.contains("NOT NULL constraint failed: t.a (t.0.jsonl.zst)"),
            "\(result)")
        #expect(try pipeline.sum() == DuckDBPipeline.sum(1...1))
    }

    @Test func `names and values that need quotes are names and values`() throws {
        let name = "select (id); DROP TABLE users; --"
        let result = try pipeline.shell(
            "dlt-normalize --table \"$NAME\" --naming direct --write-disposition merge --primary-key id | dlt-load \"$URL\"",
            stdin: #"{"id":1,"select":1,"at":2,"a]d`?":"'); DROP TABLE x; -- \" end","Ünï":4}"# + "\n", ["NAME": name])
        #expect(result.status == 0, "\(result)")
        #expect(
            try pipeline.query("SELECT \"select\", \"at\", \"a]d`?\", \"Ünï\" FROM \"\(name)\"") == [
                ["1", "2", "'); DROP TABLE x; -- \" end", "4"]
            ])
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
