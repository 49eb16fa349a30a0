import SQLite
import TestSupport
import Testing

struct SQLiteSourceTests {
    private static let users = """
        CREATE TABLE users(id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL, ok BOOLEAN, born DATE, at DATETIME, j JSON,
        n NUMERIC(10,2), digits NUMERIC, d DOUBLE, b BLOB, anything, g INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL, alone TEXT);
        CREATE TABLE orders(id INT, user INT REFERENCES users, PRIMARY KEY (user, id)); CREATE VIEW v AS SELECT id FROM users;
        INSERT INTO users VALUES (1, 'a"b', 1, '2026-01-01', '2026-11-30 08:00:00.000000', '{"a": [1]}', 1.5,
        '1234567890123456789012.5', 0.1, x'00ff', 't', NULL), (2, 'b', 0, NULL, '2026-11-30T09:00:00Z', 'not json', 2, NULL, 1e999,
        NULL, x'01', NULL), (3, 'c', 7, NULL, 1764500000, NULL, 'abc', NULL, NULL, NULL, 2.5, NULL);
        INSERT INTO orders VALUES (1, 1);
        """

    @Test func `each value keeps its own type, and the declaration makes the hint`() throws {
        let file = try SourceFile(Self.users)
        let result = try file.extract("--table users --table orders --foreign-keys")
        #expect(
            result.records == [
                #"{"id":1,"name":"a\"b","ok":true,"born":"2026-01-01","at":"2026-11-30 08:00:00.000000","j":{"a": [1]},"n":1.5,"digits":1.2345678901234568e+21,"d":0.1,"b":"AP8=","anything":"t","g":2,"alone":null}"#,
                #"{"id":2,"name":"b","ok":false,"born":null,"at":"2026-11-30T09:00:00Z","j":"not json","n":2,"digits":null,"d":"Infinity","b":null,"anything":"AQ==","g":4,"alone":null}"#,
                #"{"id":3,"name":"c","ok":7,"born":null,"at":1764500000,"j":null,"n":"abc","digits":null,"d":null,"b":null,"anything":2.5,"g":6,"alone":null}"#,
                #"{"id":1,"user":1}"#,
            ], "\(result)")
        let schema = result.schemaLine
        for hint in [
            #""id":{"data_type":"bigint","nullable":false}"#, #""name":{"data_type":"text","nullable":false}"#,
            #""at":{"data_type":"timestamp","timezone":false,"nullable":true}"#,
            #""n":{"data_type":"decimal","precision":10,"scale":2,"nullable":true}"#, #""anything":{"nullable":true}"#,
            #""alone":{"data_type":"text","nullable":true}"#, #""key_properties":["id"]"#,
        ] { #expect(schema.contains(hint), "\(hint)") }
        let orders = result.lines.last { $0.hasPrefix("{\"type\":\"SCHEMA\"") } ?? ""
        #expect(orders.contains(#""key_properties":["user","id"]"#))
        #expect(
            orders.contains(
                #""references":[{"referenced_table":"users","columns":["user"],"referenced_columns":["id"]}]"#))
        #expect(try file.extract("").records.count == 4)
        #expect(try file.extract("--views").records.count == 7)
    }

    @Test func `times of any spelling are found after a cursor`() throws {
        let file = try SourceFile(Self.users)
        let result = try file.extract("--table users --cursor at --initial 2026-11-30T08:30:00")
        #expect(result.records.count == 1 && result.records[0].contains("\"id\":2"), "\(result)")
        let earlier = try file.extract(
            "--table users --cursor at --from 2025-11-30 --to 2025-12-01 --include-columns id,at")
        #expect(earlier.records == [#"{"id":3,"at":1764500000}"#], "\(earlier)")
    }

    @Test(arguments: [
        ("20260301T100000Z", "2026-03-01"), ("2026-W10-1", "2026-03-02"), ("2026-060", "2026-03-01"),
        ("2026/03/02 10:00", "2026-03-02"), ("2026:03:02 10:00", "2026-03-02"),
        ("2026-03-02T00:30+02:00", "2026-03-01"), ("2026-001", "2026-01-01"), ("2026-009", "2026-01-09"),
        ("2020-W53-5", "2021-01-01"), ("2027-W00-1", "2026-12-28"),
        ("2026-12-31 23:59:59", "2026-12-31"), ("9999-12-31 08:00:00", "9999-12-31"),
    ])
    func `each spelling of a time is found in the range of its day`(text: String, day: String) throws {
        let file = try SourceFile("CREATE TABLE t(at DATETIME); INSERT INTO t VALUES ('\(text)')")
        for options in [
            "--initial \(day)", "--initial \(day)T23:59:59Z --last-value min",
            "--from \(day) --to \(day)T23:59:59Z --range-end closed",
        ] {
            let result = try file.extract("--table t --cursor at \(options)")
            #expect(result.records == [#"{"at":"\#(text)"}"#], "\(options): \(result)")
        }
    }

    @Test func `a column with any name can be a cursor, in the quotes of a path`() throws {
        let file = try SourceFile(#"CREATE TABLE t("a.b" INT, "odd name" INT); INSERT INTO t VALUES (1, 1), (2, 2)"#)
        for cursor in ["['a.b']", "'odd name'"] {
            let result = try file.extract("--table t --initial 2 --cursor \"\(cursor)\"")
            #expect(result.records == [#"{"a.b":2,"odd name":2}"#], "\(cursor): \(result)")
        }
        let mistaken = try file.extract("--table t --cursor a.b")
        #expect(mistaken.status == 65 && mistaken.stderr.contains("$['a.b']"), "\(mistaken)")
    }

    @Test func `nothing can be changed, and each mistake is one sentence with its status`() throws {
        let file = try SourceFile(Self.users)
        for (options, status, words) in [
            ("--resource r --query 'DELETE FROM users RETURNING id'", 65, "not authorized"),
            ("--resource r --query 'SELECT 1; DELETE FROM users'", 64, "it is not one query"),
            ("--table users --where '1); DELETE FROM users; --'", 64, "semicolon"),
            ("--table user", 65, "did you mean users?"),
            ("--table users --where 'nme = 1'", 65, "no such column"),
            ("--schema other", 65, "there is no schema other"),
        ] as [(String, Int32, String)] {
            let result = try file.extract(options)
            #expect(result.status == status && result.stderr.contains(words), "\(options): \(result)")
        }
        #expect(try file.extract("--table users").records.count == 3)
        #expect(try file.shell("dlt-extract sql sqlite:///none.db").status == 66)
        try file.folder.write(
            "text.db", "this is not a database, whatever its name says, and it is long enough to be one")
        #expect(try file.shell("dlt-extract sql sqlite:///text.db").status == 65)
    }

    @Test func `a locked file ends the run as temporary`() throws {
        let file = try SourceFile(Self.users)
        let writer = try Database.open(file.folder.path("source.db"))
        try writer.execute("BEGIN EXCLUSIVE")
        let result = try file.extract("--lock-timeout 0.2")
        #expect(result.status == 75 && result.stderr.contains("another program has been writing to it"), "\(result)")
        try writer.execute("ROLLBACK")
        #expect(try file.extract("").status == 0)
    }

    @Test func `a file in which a stopped program has left its journal ends the run as temporary`() throws {
        let file = try SourceFile(
            """
            CREATE TABLE t(a INT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO t SELECT i FROM n
            """)
        let writer = try Database.open(file.folder.path("source.db"))
        // Pages that find no room in memory go to the file before the commit.
        try writer.execute("PRAGMA cache_size = 2; BEGIN; UPDATE t SET a = a + 1")
        let result = try file.shell(
            "cp source.db copy.db && cp source.db-journal copy.db-journal && dlt-extract sql sqlite:///copy.db")
        #expect(result.status == 75 && result.stderr.contains("must be undone first"), "\(result)")
        try writer.execute("ROLLBACK")
    }

    @Test func `the next run brings what is new, and each row once`() throws {
        let file = try SourceFile(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, at DATETIME); INSERT INTO t VALUES (1, '2026-01-01'), (2, '2026-01-02 10:00:00')"
        )
        let run =
            "dlt-extract sql sqlite:///source.db --table t --cursor at -q | dlt-normalize -q | dlt-load sqlite:///x.db -q"
        #expect(try file.shell(run).status == 0)
        try file.execute(
            "INSERT INTO t VALUES (3, '2026-01-02 10:00:00'), (4, '2026-01-02T10:00:00.5'), (5, '2025-01-01')")
        #expect(try file.shell(run).status == 0)
        #expect(try file.shell(run).status == 0)
        let loaded = try Database.open(file.folder.path("x.db"))
        #expect(try loaded.string("SELECT group_concat(id) FROM (SELECT id FROM t ORDER BY id)") == "1,2,3,4")
    }
}
