import PostgreSQL
import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: PostgreSQLServer.isRunning, Comment(rawValue: PostgreSQLServer.absence)), .serialized)
struct LateCommitTests {
    private static let table = """
        CREATE TABLE t(id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), v text); INSERT INTO t(v) VALUES ('first');
        """
    private static let load = """
        dlt-extract sql "$URL" --schema $SCHEMA --table t --cursor at --cursor-safe -q | dlt-normalize -q | dlt-load -q sqlite:///x.db
        """
    private static let loaded = "dlt-query sqlite:///x.db --format csv 'SELECT v FROM t ORDER BY id'"

    @Test func `a row that commits late with a smaller cursor is not passed over`() throws {
        let database = try SourceDatabase(Self.table)
        let late = try Connection.open([("dbname", database.url)], timeout: 10) { false }
        // It has its time, and no number of a transaction: it has written nothing yet.
        try late.execute("SET search_path = \(database.schema); BEGIN; SELECT now()")
        try database.execute("INSERT INTO t(v) VALUES ('second')")
        var run = try start(Self.load, database)
        try untilWaiting(database)
        try late.execute("INSERT INTO t(v) VALUES ('late')")
        try database.execute("INSERT INTO t(v) VALUES ('third')")
        try late.execute("COMMIT")
        #expect(try run.wait() == .exited(0))
        // A row that is newer than the beginning of the wait is left to the next run: others like it may still be open.
        #expect(try database.shell(Self.loaded).lines == ["v", "first", "second", "late"])
        #expect(try database.shell(Self.load).status == 0)
        #expect(try database.shell(Self.loaded).lines == ["v", "first", "second", "late", "third"])
    }

    private func start(_ script: String, _ database: SourceDatabase) throws -> ChildProcess {
        try ChildProcess.spawn(
            argv: ["bash", "-c", script],
            environment: database.environment.merging([
                "PGAPPNAME": database.schema, "PATH": "\(buildFolder):\(Environment.get("PATH") ?? "")",
            ]) { $1 }, directory: database.folder.path)
    }

    /// Until the run asks for open transactions, or its session shows another sign.
    private func untilWaiting(_ database: SourceDatabase, _ sign: String = "query LIKE '%virtualxid%'") throws {
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = '\(database.schema)' AND \(sign)"
        for _ in 0..<600 where try database.value(waiting) == "0" { _ = StopSignal.sleep(milliseconds: 50) }
        #expect(try database.value(waiting) == "1")
    }

    @Test func `a transaction that stays open fails the run as temporary, and names its process`() throws {
        let database = try SourceDatabase(Self.table)
        // Poolers leave the name of one program on the connection of another, so a name does not tell who only reads.
        let open = try Connection.open([("dbname", database.url), ("application_name", "dlt-extract")], timeout: 10) {
            false
        }
        try open.execute("BEGIN")
        let number = try open.execute("SELECT pg_backend_pid()").string(0, 0) ?? ""
        let result = try database.extract("--table t --cursor at --cursor-safe --lock-timeout 1")
        #expect(result.status == 75 && result.records.isEmpty, "\(result)")
        // Those of other tests may be open as well.
        #expect(result.stderr.contains("unable to wait for open transactions: that of process "))
        try open.execute("COMMIT")
        #expect(!number.isEmpty)
    }

    @Test func `a column that gets another type during the wait fails the run`() throws {
        let database = try SourceDatabase(
            "CREATE TABLE t(id bigint, at timestamptz DEFAULT now()); INSERT INTO t VALUES (10)")
        let late = try Connection.open([("dbname", database.url)], timeout: 10) { false }
        try late.execute("SET search_path = \(database.schema); BEGIN; SELECT 1")
        var run = try start(
            "dlt-extract sql \"$URL\" --schema $SCHEMA --table t --cursor at --cursor-safe >out 2>err", database)
        try untilWaiting(database)
        try late.execute("ALTER TABLE t ALTER id TYPE double precision; COMMIT")
        #expect(try run.wait() == .exited(75))
        let words = try database.shell("grep -c RECORD out; cat err")
        #expect(words.lines.first == "0" && words.stdout.contains("types of columns changed"), "\(words)")
    }

    @Test func `a table that is emptied, rewritten or replaced as the run begins is not read as an empty one`() throws {
        let refill = "TRUNCATE t; INSERT INTO t(v) VALUES ('new')"
        var cases = [
            ("\"$URL\" --schema $SCHEMA --table t", refill), ("\"$URL\" --schema $SCHEMA --table w", refill),
            ("\"$URL\" --resource q --query \"SELECT v FROM $SCHEMA.t\"", refill),
            ("\"$URL\" --schema $SCHEMA --table t --jobs 2", "ALTER TABLE t ALTER id TYPE numeric"),
            (
                "\"$URL\" --schema $SCHEMA --table t",
                "ALTER TABLE t RENAME TO o; CREATE TABLE t AS SELECT 2 AS id"
            ),
        ]
        if ADBCDrivers.hasPostgreSQL { cases.append(("\"adbc+$URL\" --schema $SCHEMA --table t", refill)) }
        for (options, change) in cases {
            let database = try SourceDatabase(Self.table + "CREATE VIEW w AS SELECT v FROM t")
            let other = try Connection.open([("dbname", database.url)], timeout: 10) { false }
            try other.execute("SET search_path = \(database.schema); BEGIN; \(change)")
            var run = try start("dlt-extract sql \(options) >out 2>err", database)
            try untilWaiting(database, "wait_event_type = 'Lock'")
            try other.execute("COMMIT")
            #expect(try run.wait() == .exited(75), "\(options): \(change)")
            let words = try database.shell("grep -c RECORD out; cat err")
            #expect(words.lines.first == "0" && words.stdout.contains("meanwhile"), "\(words)")
        }
    }

    @Test func `what cannot be made safe is refused`() throws {
        let database = try SourceDatabase(
            Self.table + "CREATE MATERIALIZED VIEW m AS SELECT * FROM t; CREATE VIEW w AS SELECT * FROM m")
        for name in ["m", "w"] {
            let result = try database.extract("--table \(name) --cursor at --cursor-safe")
            #expect(result.status == 64 && result.stderr.contains("m is a materialized view"), "\(name): \(result)")
        }
        for (options, words) in [
            ("", "there is no cursor"), ("--cursor at --from 2026-01-01 --to 2027-01-01", "--from"),
            ("--cursor at --snapshot 00000003-0000001B-1", "--snapshot"),
            ("--cursor v --cursor-type time", "does not compare"), ("--cursor at --range-start open", "--range-start"),
            ("--cursor at --where 'true); COMMIT; SELECT (1'", "semicolon"),
        ] {
            let result = try database.extract("--table t --cursor-safe \(options)")
            #expect(result.status == 64 && result.stderr.contains(words), "\(options): \(result)")
        }
        let other = try SourceFile("CREATE TABLE t(id int)").extract("--table t --cursor id --cursor-safe")
        #expect(other.status == 64 && other.stderr.contains("--lag"), "\(other)")
    }

    @Test func `an infinite time does not become the last value`() throws {
        let database = try SourceDatabase(
            "CREATE TABLE t(id int, at timestamptz, day date); INSERT INTO t VALUES (1, '2026-11-01Z', 'infinity'), (2, 'infinity', '2026-11-01')"
        )
        for cursor in ["at", "day"] {
            let result = try database.extract("--table t --cursor \(cursor)")
            #expect(result.status == 65 && result.stderr.contains("infinite \(cursor)"), "\(result)")
            #expect(!result.stdout.contains("last_value"))
        }
        #expect(try database.extract("--table t --cursor at --jobs 2").status == 65)
        let without = try database.extract("--table t --cursor at --on-missing exclude --exclude-columns day")
        #expect(without.records == [#"{"id":1,"at":"2026-11-01T00:00:00.000000Z"}"#], "\(without)")
    }
}
