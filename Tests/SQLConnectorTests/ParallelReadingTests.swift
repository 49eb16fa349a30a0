import PostgreSQL
import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: PostgreSQLServer.isRunning, Comment(rawValue: PostgreSQLServer.absence)))
struct ParallelReadingTests {
    /// Several parts of 32 MB, which take no time to make: few rows on many pages.
    private static let wide = """
        CREATE TABLE t(id int PRIMARY KEY, pad text); ALTER TABLE t ALTER pad SET STORAGE PLAIN;
        INSERT INTO t SELECT g, repeat('x', 7000) FROM generate_series(1, 10000) AS g;
        """

    private static func ids(_ result: ProgramResult) -> [Int] {
        result.records.compactMap { record in
            record.firstMatch(of: /"id":(\d+)/).flatMap { Int($0.1) }
        }.sorted()
    }

    @Test(arguments: [1, 2, 4])
    func `several connections read each row of the view once, while others write`(jobs: Int) throws {
        let database = try SourceDatabase(Self.wide)
        let writer = try runningWriter(database)
        defer { writer.stop() }
        let result = try database.extract("--table t --jobs \(jobs) --include-columns id")
        #expect(result.status == 0, "\(result.stderr)")
        // Every row that was there before is there once; a row that the writer has moved is not there twice.
        let ids = Self.ids(result)
        #expect(ids.count == Set(ids).count && Set(1...10_000).isSubset(of: Set(ids)), "\(ids.count)")
    }

    /// Inserts, updates and moves rows until it is stopped.
    private func runningWriter(_ database: SourceDatabase) throws -> Writer {
        try Writer(
            database,
            """
            i=100000; while :; do i=$((i + 1)); echo "INSERT INTO t VALUES ($i, 'new'); UPDATE t SET pad = pad || 'y' WHERE id = $((i % 10000 + 1));"
            done | psql -q "$URL" >writer.log 2>&1
            """)
    }

    private final class Writer {
        private var process: ChildProcess

        init(_ database: SourceDatabase, _ script: String) throws {
            process = try ChildProcess.spawn(
                argv: ["setsid", "bash", "-c", script],
                environment: ["URL": database.url, "PGOPTIONS": "-c search_path=\(database.schema)"],
                directory: database.folder.path)
        }

        func stop() {
            _ = try? run(argv: ["kill", "--", "-\(process.processID)"], stdin: [])
            _ = try? process.wait()
        }
    }

    @Test func `partitions, views and small tables are read once by several connections`() throws {
        let database = try SourceDatabase(
            Self.wide + """
                CREATE TABLE p(id int, day date) PARTITION BY RANGE (day);
                CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
                CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (id);
                CREATE TABLE p21 PARTITION OF p2 DEFAULT; INSERT INTO p VALUES (1, '2026-01-05'), (2, '2026-02-05'), (3, '2026-02-06');
                CREATE TABLE parent(id int); CREATE TABLE child(x int) INHERITS (parent);
                INSERT INTO parent VALUES (1); INSERT INTO child SELECT g, g FROM generate_series(2, 5000) AS g;
                CREATE VIEW v AS SELECT id FROM t WHERE id < 4; CREATE TABLE empty(id int);
                """)
        let result = try database.extract("--jobs 3 --views")
        #expect(result.status == 0, "\(result.stderr)")
        func count(_ stream: String) -> Int {
            result.lines.count { $0.hasPrefix("{\"type\":\"RECORD\",\"stream\":\"\(stream)\"") }
        }
        #expect(count("t") == 10_000 && count("p") == 3 && count("parent") == 5000 && count("child") == 4999)
        #expect(count("v") == 3 && count("empty") == 0)
        let named = try database.extract("--jobs 2 --table p2")
        #expect(Self.ids(named) == [2, 3])
    }

    @Test func `shares of several machines have each row of one moment once`() throws {
        let database = try SourceDatabase(
            Self.wide + """
                CREATE TABLE small AS SELECT 1 AS id; CREATE TABLE grows(id int); CREATE TABLE p(id int) PARTITION BY LIST (id);
                CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p VALUES (2);
                """)
        let coordinator = try Connection.open([("dbname", database.url)], timeout: 10) { false }
        try coordinator.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        let snapshot = try coordinator.execute("SELECT pg_export_snapshot()").string(0, 0) ?? ""
        try database.execute("INSERT INTO t SELECT g, 'late' FROM generate_series(10001, 20000) AS g")
        var ids: [Int] = []
        for share in 1...3 {
            let result = try database.extract("--part \(share)/3 --snapshot \(snapshot) --jobs \(share)")
            #expect(result.status == 0, "\(result.stderr)")
            #expect(result.schemaLine.contains("\"complete\":false"))
            ids += Self.ids(result)
            // Tables before others get their first pages: no part of the others may be read twice or by no share.
            try database.execute("INSERT INTO grows VALUES (\(share)); INSERT INTO p VALUES (1)")
        }
        #expect(ids.sorted() == ([1, 2] + Array(1...10_000)).sorted())
        try coordinator.execute("ROLLBACK")
        let gone = try database.extract("--part 1/3 --snapshot \(snapshot)")
        #expect(gone.status == 75 && gone.stderr.contains("snapshot"), "\(gone)")
    }

    @Test func `a connection that breaks in the middle fails the run, and nothing is loaded`() throws {
        let database = try SourceDatabase(Self.wide)
        let result = try database.shell(
            """
            (while :; do
              [ "$(psql -qtA "$URL" -c "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
            WHERE application_name = 'dlt-extract' AND query LIKE 'COPY%$SCHEMA%' LIMIT 1) AS a")" = 0 ] || break
            done) & killer=$!
            dlt-extract sql "$URL" --schema "$SCHEMA" --table t --jobs 2 | (sleep 1; cat) | dlt-normalize | dlt-load sqlite:///x.db
            echo "${PIPESTATUS[@]}"; kill $killer 2>/dev/null; ls x.db
            """)
        #expect(result.lines.first?.hasPrefix("75 0 75 75") ?? false, "\(result)")
        #expect(!Files.exists(database.folder.path("x.db")))
    }

    @Test func `options that have no meaning are refused`() throws {
        let database = try SourceDatabase("CREATE TABLE t(id int)")
        #expect(try database.extract("--part 1/2").status == 64)
        #expect(try database.extract("--part 3/2 --snapshot x").status == 64)
        let coordinator = try Connection.open([("dbname", database.url)], timeout: 10) { false }
        try coordinator.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        let snapshot = try coordinator.execute("SELECT pg_export_snapshot()").string(0, 0) ?? ""
        let share = try database.extract("--part 1/2 --snapshot \(snapshot) --table t --cursor id")
        #expect(share.status == 64 && share.stderr.contains("of the other shares"), "\(share)")
        try coordinator.execute("ROLLBACK")
        #expect(try database.extract("--jobs 2 --table t --cursor id --row-order asc").status == 64)
        #expect(try SourceFile("CREATE TABLE t(id int)").extract("--jobs 2").status == 64)
    }
}
