import JSONText
import LoadPackages
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

/// Merges that are not like the others, order, refusals that only the rows can cause, and what happens when it all stops.
@Suite struct MergeTests {
    private func shell(_ fixture: Fixture, _ script: String, stdin: String = "", seconds: Int = 120) throws
        -> ProgramResult
    {
        try runShell(
            script, stdin: stdin,
            environment: ["DLT_DATA_DIR": fixture.folder.path("data"), "URL": fixture.url(), "DLT_PIPELINE": "p"],
            currentDirectory: fixture.folder.path, timeoutSeconds: seconds)
    }

    /// Normalizes records into table `t` and loads them, unless `loading` is other than that.
    @discardableResult
    private func take(
        _ fixture: Fixture, _ records: [String], _ options: String, loading: String = "| dlt-load $URL"
    ) throws -> ProgramResult {
        try shell(
            fixture, "dlt-normalize --table t --write-disposition \(options) \(loading)",
            stdin: records.map { $0 + "\n" }.joined())
    }

    private func expect(
        _ result: ProgramResult, _ status: Int32, _ words: String..., at location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == status, "\(result)", sourceLocation: location)
        for word in words { #expect(result.stderr.contains(word), "\(result)", sourceLocation: location) }
    }

    private func records(_ ids: Range<Int>, value: Int) -> [String] {
        ids.map { "{\"id\":\($0),\"v\":\(value),\"l\":[\(value),\(value + 1)]}" }
    }

    // MARK: Refused because of rows

    @Test func `ambiguous nested rows are refused`() throws {
        let fixture = try Fixture()
        let upsert = "upsert --primary-key id"
        try expect(take(fixture, [#"{"id":1,"v":1,"l":[1]}"#], upsert), 0)
        let before = try fixture.folder.bytes("x.db")
        try expect(
            take(fixture, [#"{"id":1,"v":2,"l":[7,8]}"#, #"{"id":1,"v":3,"l":[9]}"#], upsert), 65, "several times",
            "\"t__l\"", "hint:", "delete-insert")
        #expect(try fixture.folder.bytes("x.db") == before)
    }

    @Test func `a history takes no load that is earlier than what is there`() throws {
        let fixture = try Fixture()
        let first = try take(fixture, [#"{"id":1,"v":1}"#], "scd2", loading: "> first")
        #expect(first.status == 0, "\(first)")
        try expect(take(fixture, [#"{"id":1,"v":2}"#], "scd2", loading: "> second"), 0)
        // Loaded by its path, and so out of order.
        let newer = try fixture.spool.packages(.waiting)[1]
        try FileCopy.tree(fixture.spool.path(of: newer, in: .waiting), to: fixture.folder.path("elsewhere"))
        try expect(shell(fixture, "dlt-load $URL elsewhere"), 0)
        let result = try shell(fixture, "dlt-load $URL < first")
        expect(result, 75, "scd2", "not later than", "run the whole pipe again")
        #expect(try fixture.query("SELECT v FROM t") == [["2"]])
        #expect(try fixture.spool.packages(.failed).count == 1)
    }

    @Test func `a boundary timestamp may not lie before what is there`() throws {
        let fixture = try Fixture()
        func boundary(_ time: String) -> String {
            #"'{"disposition":"merge","strategy":"scd2","boundary_timestamp":"\#(time)"}'"#
        }
        try expect(take(fixture, [#"{"id":1}"#], boundary("2024-02-01")), 0)
        try expect(take(fixture, [#"{"id":2}"#], boundary("2024-01-31")), 65, "boundary", "2024-02-01", "hint:")
        try expect(take(fixture, [#"{"id":2}"#], boundary("2024-02-01")), 0)
        #expect(
            try fixture.query("SELECT id, _dlt_valid_from, coalesce(_dlt_valid_to, '') FROM t ORDER BY id") == [
                ["1", "2024-02-01 00:00:00.000000", "2024-02-01 00:00:00.000000"],
                ["2", "2024-02-01 00:00:00.000000", ""],
            ])
    }

    // MARK: What readers and people see

    @Test func `nothing is left of staging, and a plan tells of it`() throws {
        let fixture = try Fixture()
        try expect(take(fixture, records(0..<3, value: 1), "upsert --primary-key id"), 0)
        try expect(take(fixture, records(1..<5, value: 2), "upsert --primary-key id", loading: "> made"), 0)
        let plan = try shell(fixture, "dlt-load $URL --dry-run < made")
        #expect(plan.stdout.contains("merge (upsert) into table t, t__l by primary key id"), "\(plan)")
        #expect(plan.stdout.contains("stage 4 rows for table t\n"), "\(plan)")
        let json = try shell(fixture, "dlt-load $URL --dry-run --json < made")
        #expect(json.stdout.contains(#""merge":"t","strategy":"upsert","primary_key":["id"]"#), "\(json)")
        let sql = try shell(fixture, "dlt-load $URL --sql < made")
        for line in ["CREATE TEMP TABLE temp.\"t\" (", "UPDATE main.\"t\" AS d SET", "DROP TABLE temp.\"t\";"] {
            #expect(sql.stdout.contains(line), "\(sql)")
        }
        // What is printed is what runs: but for the rows it does.
        let statements = sql.stdout.split(separator: "\n").filter { !$0.contains("VALUES (?") }.joined(separator: "\n")
        try FileCopy.tree(fixture.folder.path("x.db"), to: fixture.folder.path("copy.db"))
        let copy = try Database.open(fixture.folder.path("copy.db"))
        try copy.execute(statements)
        #expect(try copy.integer("SELECT count(*) FROM _dlt_loads") == 2)
        #expect(try copy.integer("SELECT count(*) FROM t") == 3)
        try expect(shell(fixture, "dlt-load $URL < made"), 0)
        #expect(try fixture.query("SELECT id, v FROM t ORDER BY id").map { $0[1] } == ["1", "2", "2", "2", "2"])
        #expect(try fixture.value("SELECT count(*) FROM sqlite_master WHERE type <> 'table' OR name LIKE '%(%'") == "0")
    }

    @Test(arguments: ["truncate-and-insert", "insert-from-staging"])
    func `a replace can be done in the way that was asked for`(_ strategy: String) throws {
        let fixture = try Fixture()
        let dictionary = #"'{"disposition":"replace","strategy":"\#(strategy)"}'"#
        try expect(take(fixture, records(0..<3, value: 1), dictionary), 0)
        try expect(take(fixture, [#"{"id":7}"#], dictionary, loading: "> made"), 0)
        let plan = try shell(fixture, "dlt-load $URL --dry-run < made")
        let isStaged = strategy == "insert-from-staging"
        #expect(plan.stdout.contains("insert the staged rows into table t") == isStaged, "\(plan)")
        #expect(plan.stdout.contains("truncate table t__l\n") != isStaged, "\(plan)")
        try expect(shell(fixture, "dlt-load $URL < made"), 0)
        #expect(try fixture.query("SELECT id FROM t") == [["7"]])
        #expect(try fixture.value("SELECT count(*) FROM t__l") == "0")
        // The option decides where the stream does not.
        try expect(take(fixture, [#"{"id":8}"#], "replace", loading: "> made"), 0)
        let option = try shell(fixture, "dlt-load $URL --dry-run --replace-strategy \(strategy) < made")
        #expect(option.stdout.contains("insert the staged rows into table t") == isStaged, "\(option)")
    }

    // MARK: Refresh

    @Test func `a refresh drops and empties tables with those below them`() throws {
        let fixture = try Fixture()
        let tag = Fixture.table("users__tags", [Column(name: "value", .text, nullable: true)], parent: "users")
        let row = "{\"value\":\"t\",\"_dlt_parent_id\":\"r1\",\"_dlt_list_idx\":0,\"_dlt_id\":\"c1\"}"
        let kept = Fixture.table("kept", [Column(name: "a", .bigint, nullable: true)])
        func rows(_ id: Int) -> [(table: String, row: String)] {
            Fixture.userRows(id, 1) + [("kept", "{\"a\":\(id),\"_dlt_load_id\":\"%\",\"_dlt_id\":\"k\(id)\"}")]
        }
        try expect(
            fixture.load([fixture.package([Fixture.users(), tag, kept], rows: rows(1) + [("users__tags", row)])]), 0)
        let versions = try fixture.value("SELECT count(*) FROM _dlt_version")

        let emptied = try fixture.package(
            [], rows: rows(2), base: fixture.spool.committedSchema("p"), refresh: Manifest.Refresh(truncate: ["users"]))
        try expect(fixture.load([emptied]), 0)
        #expect(try fixture.query("SELECT id FROM users") == [["2"]])
        #expect(try fixture.value("SELECT count(*) FROM users__tags") == "0")
        #expect(try fixture.value("SELECT count(*) FROM kept") == "2")
        #expect(try fixture.value("SELECT count(*) FROM _dlt_version") == versions)

        // The package's schema has forgotten both tables, and has one of them anew.
        var schema = try #require(try fixture.spool.committedSchema("p"))
        let base = schema.versionHash
        schema.remove(table: "users__tags")
        schema.remove(table: "users")
        let anew = Fixture.table("users", [Column(name: "mail", .text, nullable: true)])
        let dropped = try fixture.package(
            [anew], rows: [("users", "{\"mail\":\"m\",\"_dlt_load_id\":\"%\",\"_dlt_id\":\"r3\"}")], base: schema,
            baseHash: base, refresh: Manifest.Refresh(drop: ["users"]))
        let plan = try fixture.load([dropped, "--dry-run"])
        #expect(plan.stdout.contains("drop table users__tags\n  drop table users\n"), "\(plan)")
        try expect(fixture.load([dropped]), 0)
        #expect(
            try fixture.query("SELECT name FROM pragma_table_info('users')") == [
                ["mail"], ["_dlt_load_id"], ["_dlt_id"],
            ])
        #expect(try fixture.value("SELECT count(*) FROM sqlite_master WHERE name = 'users__tags'") == "0")
        #expect(try fixture.value("SELECT count(*) FROM kept") == "2")
        // dlt takes a stored version for a sign that its tables exist.
        #expect(try fixture.value("SELECT count(*) FROM _dlt_version") == "1")
        #expect(try fixture.spool.committedSchema("p")?[table: "users__tags"] == nil)
    }

    // MARK: Order

    @Test func `what waited over night is loaded first, in order`() throws {
        let fixture = try Fixture()
        let merge = "merge --primary-key id"
        try expect(take(fixture, records(0..<4, value: 1), merge), 0)
        // The database cannot be written to: three loads wait.
        let lock = try Database.open(fixture.folder.path("x.db"))
        try lock.execute("BEGIN IMMEDIATE; CREATE TABLE lock(a)")
        for value in 2...4 {
            try expect(
                take(
                    fixture, records(value - 2..<value, value: value), merge,
                    loading: "| dlt-load $URL --lock-timeout 0.1"),
                75, "--pending")
        }
        #expect(try fixture.places() == [3, 1, 0])
        try lock.execute("ROLLBACK")
        try expect(take(fixture, [#"{"id":2,"v":5}"#], merge), 0, "4 packages")
        #expect(
            try fixture.query("SELECT id, v FROM t ORDER BY id") == [
                ["0", "2"], ["1", "3"], ["2", "5"], ["3", "4"],
            ])
        #expect(try fixture.value("SELECT count(*) FROM t__l") == "6")
        #expect(try fixture.places() == [0, 5, 0])
    }

    @Test func `packages that only append do not wait for each other`() throws {
        let fixture = try Fixture()
        for value in 1...2 { try expect(take(fixture, records(0..<1, value: value), "append", loading: "> made"), 0) }
        try expect(shell(fixture, "dlt-load $URL < made"), 0, "1 package,")
        #expect(try fixture.places() == [1, 1, 0])
    }

    @Test func `one package from two machines arrives once, and goes into two destinations`() throws {
        let fixture = try Fixture()
        let merge = "upsert --primary-key id"
        try expect(take(fixture, records(0..<50, value: 1), merge), 0)
        try expect(take(fixture, records(25..<75, value: 2), merge, loading: "> made"), 0)
        try FileCopy.tree(fixture.folder.path("data"), to: fixture.folder.path("machine"))
        let package = try fixture.spool.packages(.waiting)[0]
        let both = try shell(
            fixture,
            "dlt-load $URL < made 2> first & dlt-load $URL machine/spool/p/packages/\(package) 2> second; a=$?; wait $!; "
                + "cat first second >&2; exit $((a + $?))")
        expect(both, 0, "had been loaded before")
        #expect(try fixture.query("SELECT count(*), sum(v), count(DISTINCT id) FROM t") == [["75", "125", "75"]])
        #expect(try fixture.value("SELECT count(*) FROM t__l") == "150")
        #expect(try fixture.value("SELECT count(*) FROM _dlt_loads") == "2")

        // Both have moved it on, and kept no more than the manifest.
        try expect(shell(fixture, "dlt-load sqlite:///other.db < made"), 65, "loaded elsewhere before", "--keep-loaded")
        try expect(take(fixture, records(70..<80, value: 3), merge, loading: "| dlt-load $URL --keep-loaded 1"), 0)
        let kept = "data/spool/p/loaded/\(try fixture.spool.packages(.loaded)[2])"
        for words in ["1 package,", "had been loaded before"] {
            try expect(shell(fixture, "dlt-load sqlite:///other.db \(kept)"), 0, words)
            #expect(
                try fixture.query("SELECT count(*), sum(v), (SELECT count(*) FROM t__l) FROM t", database: "other.db")
                    == [["10", "30", "20"]])
        }
    }

    @Test func `two pipelines that merge into one dataset take turns`() throws {
        let fixture = try Fixture()
        let script = """
            for i in 1 2 3 4; do
              for p in a b; do
                (seq $((i * 40)) $((i * 40 + 80)) | sed "s/.*/{\\"id\\":&,\\"v\\":\\"$p$i\\",\\"l\\":[1,2]}/" \
                  | dlt-normalize --pipeline $p --table t --write-disposition upsert --primary-key id \
                  | dlt-load $URL --lock-timeout 60 2>> messages || echo "$p$i $?" >> failures) &
              done
            done
            wait
            """
        let result = try shell(fixture, "unset DLT_PIPELINE; " + script)
        expect(result, 0)
        // A run whose state another one has overtaken may fail with 75; then it has to be run again.
        let failures = (try? fixture.folder.text("failures")) ?? ""
        #expect(failures.split(separator: "\n").allSatisfy { $0.hasSuffix(" 75") }, "\(failures)")
        expect(try shell(fixture, "unset DLT_PIPELINE; dlt-load $URL --pending"), 0)
        #expect(try fixture.value("SELECT count(*) FROM t") == "201")
        #expect(try fixture.value("SELECT count(DISTINCT id) FROM t") == "201")
        #expect(try fixture.value("SELECT count(*) FROM t__l") == "402")
        #expect(
            try fixture.value("SELECT count(*) FROM t__l WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM t)") == "0")
    }

    // MARK: The end

    @Test(arguments: ["delete-insert", "upsert", "scd2"])
    func `killed at any instant, a merge has happened or has not`(_ strategy: String) throws {
        let fixture = try Fixture()
        let options = strategy == "scd2" ? strategy : "\(strategy) --primary-key id"
        try expect(take(fixture, records(0..<20_000, value: 1), options), 0)
        let query =
            "SELECT count(*), sum(v), (SELECT count(*) FROM t__l), (SELECT count(*) FROM t__l WHERE _dlt_parent_id NOT IN "
            + "(SELECT _dlt_id FROM t)), (SELECT count(*) FROM _dlt_loads), (SELECT count(*) FROM sqlite_master) FROM t"
        let old = try fixture.query(query)
        try expect(take(fixture, records(10_000..<30_000, value: 3), options, loading: "> made"), 0)
        var wasKilled = 0
        for delay in ["0.03", "0.1", "0.2", "0.3", "0.4", "0.6", "0.8"] {
            _ = try shell(fixture, "timeout -s KILL \(delay) dlt-load $URL < made")
            // A reader that may write rolls back what was left, as the next load does. The killed one may still be ending.
            let reader = try Database.open(
                fixture.folder.path("x.db"), flags: .readWrite, busyTimeoutMilliseconds: 10_000)
            _ = try reader.integer("SELECT count(*) FROM t")
            let now = try fixture.query(query)
            guard now == old else { break }
            wasKilled += 1
        }
        #expect(wasKilled > 0)
        try expect(shell(fixture, "dlt-load $URL < made"), 0)
        let isHistory = strategy == "scd2"
        #expect(
            try fixture.query(query) == [
                isHistory
                    ? ["40000", "80000", "80000", "0", "2", old[0][5]]
                    : ["30000", "70000", "60000", "0", "2", old[0][5]]
            ])
        try expect(shell(fixture, "dlt-load $URL < made"), 0)
        #expect(try fixture.value("SELECT count(*) FROM _dlt_loads") == "2")
    }
}
