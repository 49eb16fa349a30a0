import SystemIO
import TestSupport
import Testing

@Suite struct ADBCTableTests {
    private func extract(
        _ url: String, _ options: String = "", folder: WorkDirectory, _ more: [String: String] = [:]
    ) throws -> ProgramResult {
        try runShell(
            "dlt-extract sql '\(url)' \(options)", environment: ["DLT_PIPELINE": "p"].merging(more) { $1 },
            currentDirectory: folder.path)
    }

    private func file(_ statements: String) throws -> WorkDirectory {
        let folder = try WorkDirectory()
        try folder.write("make.sql", statements)
        let made = try runShell("sqlite3 shop.db < make.sql", currentDirectory: folder.path)
        #expect(made.status == 0, "\(made)")
        return folder
    }

    private static let shop = """
        CREATE TABLE parent (a INT, b TEXT, PRIMARY KEY (a, b));
        CREATE TABLE t (id INTEGER PRIMARY KEY, x REAL NOT NULL, s VARCHAR(10), bl BLOB, pa INT, pb TEXT, empty TEXT,
        FOREIGN KEY (pa, pb) REFERENCES parent (a, b));
        CREATE VIEW v AS SELECT id FROM t;
        INSERT INTO t (id, x, s, bl) VALUES (1, 0.1, 'é"', x'00ff'), (2, 3, NULL, NULL);
        """

    @Test(.enabled(if: ADBCDrivers.hasSQLite, Comment(rawValue: ADBCDrivers.absence)))
    func `tables of a driver arrive without rows, keys or types`() throws {
        let folder = try file(Self.shop)
        let result = try extract("adbc+sqlite:///shop.db", "--views --foreign-keys", folder: folder)
        #expect(result.status == 0, "\(result)")
        #expect(
            result.records == [
                #"{"id":1,"x":0.1,"s":"é\"","bl":"AP8=","pa":null,"pb":null,"empty":null}"#,
                #"{"id":2,"x":3.0,"s":null,"bl":null,"pa":null,"pb":null,"empty":null}"#, #"{"id":1}"#, #"{"id":2}"#,
            ])
        let schema =
            result.lines.first { $0.contains("\"stream\":\"t\"") && $0.hasPrefix("{\"type\":\"SCHEMA\"") } ?? ""
        #expect(schema.contains(#""key_properties":["id"]"#))
        #expect(schema.contains(#""x":{"data_type":"double","nullable":false}"#), "\(schema)")
        #expect(schema.contains(#""empty":{"data_type":"text""#), "\(schema)")
        #expect(
            schema.contains(#"{"referenced_table":"parent","columns":["pa","pb"],"referenced_columns":["a","b"]}"#),
            "\(schema)")
    }

    @Test(.enabled(if: ADBCDrivers.hasSQLite, Comment(rawValue: ADBCDrivers.absence)))
    func `queries, conditions and cursors do not reach the driver's database`() throws {
        let folder = try file(Self.shop)
        #expect(
            try extract("adbc+sqlite:shop.db", "--table t --where 'id > 1' --include-columns id,x", folder: folder)
                .records == [#"{"id":2,"x":3.0}"#])
        #expect(
            try extract(
                "adbc+sqlite:shop.db", "--resource r --query 'SELECT count(*) AS n, NULL AS nil FROM t'",
                folder: folder
            ).records
                == [#"{"n":2,"nil":null}"#])
        let data = ["DLT_DATA_DIR": folder.path("data")]
        let run = try runShell(
            "dlt-extract sql adbc+sqlite:///shop.db --table t --cursor id | dlt-normalize | dlt-load sqlite:///copy.db -q; echo ${PIPESTATUS[*]}",
            environment: ["DLT_PIPELINE": "p"].merging(data) { $1 }, currentDirectory: folder.path)
        #expect(run.stdout.hasSuffix("0 0 0\n"), "\(run)")
        _ = try runShell("sqlite3 shop.db \"INSERT INTO t (id, x) VALUES (3, 1.5)\"", currentDirectory: folder.path)
        let more = try extract(
            "adbc+sqlite:///shop.db", "--table t --cursor id --include-columns id", folder: folder, data)
        #expect(more.records == ["{\"id\":3}"], "\(more)")
    }

    @Test(.enabled(if: ADBCDrivers.hasSQLite, Comment(rawValue: ADBCDrivers.absence)))
    func `the driver's words are missing, or the file is changed`() throws {
        let folder = try file(Self.shop)
        let missing = try extract("adbc+sqlite:shop.db", "--table tt", folder: folder)
        #expect(missing.status == 65 && missing.stderr.contains("did you mean t?"), "\(missing)")
        let wrong = try extract("adbc+sqlite:shop.db", "--table t --where 'nosuch = 1'", folder: folder)
        #expect(wrong.status == 65 && wrong.stderr.contains("no such column: nosuch"), "\(wrong)")
        let change = try extract(
            "adbc+sqlite:shop.db", "--resource r --query 'DELETE FROM t RETURNING id'", folder: folder)
        #expect(change.status == 64, "\(change)")
        #expect(try runShell("sqlite3 shop.db 'SELECT count(*) FROM t'", currentDirectory: folder.path).stdout == "2\n")
    }

    @Test(
        .enabled(if: ADBCDrivers.hasSQLite, Comment(rawValue: ADBCDrivers.absence)),
        // The second one is SQLite under a name that nothing is known about.
        arguments: [
            ("adbc+sqlite:shop.db", ""),
            ("adbc+other:", "--driver \(ADBCDrivers.sqlite) --driver-option uri=shop.db"),
        ])
    func `a cursor of texts loses rows to the order of the database`(url: String, options: String) throws {
        let folder = try file(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT COLLATE NOCASE); INSERT INTO t VALUES (1, 'B'), (2, 'a'), (3, 'Z')"
        )
        let found = try extract(url, "\(options) --table t --cursor s --initial Z", folder: folder)
        #expect(found.records == [#"{"id":2,"s":"a"}"#, #"{"id":3,"s":"Z"}"#], "\(found)")
    }

    @Test(.enabled(if: ADBCDrivers.hasSQLite, Comment(rawValue: ADBCDrivers.absence)))
    func `another run is advised where none can help`() throws {
        let folder = try file(
            """
            CREATE TABLE t (v);
            INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n;
            INSERT INTO t VALUES ('x');
            """)
        let result = try extract("adbc+sqlite:shop.db", folder: folder)
        #expect(result.status == 65 && result.stderr.contains("cast the column to one type"), "\(result)")
    }

    @Test(
        .enabled(
            if: ADBCDrivers.hasPostgreSQL && PostgreSQLServer.isRunning,
            "needs a server and `scripts/adbc-driver postgresql`"))
    func `an infinite time of PostgreSQL becomes the last value, or money is no cursor`() throws {
        let database = try SourceDatabase(
            "CREATE TABLE t(id int, at timestamptz, paid money); INSERT INTO t VALUES (1, '2026-11-01Z', 1.5), (2, 'infinity', 2)"
        )
        func extract(_ options: String) throws -> ProgramResult {
            try database.shell("dlt-extract sql \"adbc+$URL\" --schema $SCHEMA --table t \(options)")
        }
        let refused = try extract("--cursor at")
        #expect(refused.status == 65 && refused.stderr.contains("infinite at"), "\(refused)")
        let finite = try extract("--cursor at --on-missing exclude")
        #expect(finite.status == 0 && finite.records.count == 1, "\(finite)")
        let paid = try extract("--cursor paid --initial 1.75")
        #expect(paid.status == 0 && paid.records.count == 1, "\(paid)")
    }

    @Test func `a driver that is not there, or is none, is not explained`() throws {
        let folder = try WorkDirectory()
        try folder.write("shop.db", "")
        let nowhere = ["DLT_ADBC_DRIVERS": "/nowhere", "VIRTUAL_ENV": ""]
        let absent = try extract("adbc+nosuch://h/d", folder: folder, nowhere)
        #expect(absent.status == 69 && absent.stderr.contains("there is no ADBC driver nosuch"), "\(absent)")
        let none = try extract("adbc+sqlite:shop.db", "--driver libc.so.6", folder: folder, nowhere)
        #expect(none.status == 69 && none.stderr.contains("libc.so.6 has no function AdbcDriverInit"), "\(none)")
        let file = try extract("adbc+sqlite:nosuch.db", folder: folder, nowhere)
        #expect(file.status == 66 && file.stderr.contains("there is no file nosuch.db"), "\(file)")
        #expect(try extract("adbc://x", folder: folder).status == 64)
        let variable = try extract("adbc+x://h", "--driver-option password=env:NO_SUCH_VARIABLE", folder: folder)
        #expect(variable.status == 78, "\(variable)")
    }
}
