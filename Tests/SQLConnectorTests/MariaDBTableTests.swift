import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: MariaDBServer.isRunning, Comment(rawValue: MariaDBServer.absence)))
struct MariaDBTableTests {
    private static let shop = [
        "CREATE TABLE parents (a int, b varchar(3), PRIMARY KEY (b, a))",
        """
        CREATE TABLE children (id int PRIMARY KEY, pa int, pb varchar(3), self int, twice int AS (id * 2) VIRTUAL, \
        FOREIGN KEY (pb, pa) REFERENCES parents (b, a), FOREIGN KEY (self) REFERENCES children (id))
        """,
        "CREATE VIEW named AS SELECT id FROM children", "CREATE SEQUENCE numbers",
        "INSERT INTO parents VALUES (1, 'x')",
        "INSERT INTO children (id, pa, pb, self) VALUES (1, 1, 'x', NULL), (2, NULL, NULL, 1)",
    ]

    @Test func `the catalog leaves out keys, references or views, or delivers more`() throws {
        let database = try MariaDBDatabase(Self.shop)
        let result = try database.extract("--foreign-keys --views")
        #expect(result.status == 0, "\(result.stderr)")
        let schemas = result.lines.filter { $0.hasPrefix("{\"type\":\"SCHEMA\"") }
        #expect(schemas.count == 3)
        #expect(schemas[0].contains(#""key_properties":["id"]"#))
        #expect(
            schemas[0].contains(
                #"{"referenced_table":"parents","columns":["pb","pa"],"referenced_columns":["b","a"]}"#),
            "\(schemas[0])")
        #expect(schemas[0].contains(#"{"referenced_table":"children","columns":["self"],"referenced_columns":["id"]}"#))
        #expect(schemas[2].contains(#""key_properties":["b","a"]"#))
        #expect(
            result.records == [
                #"{"id":1,"pa":1,"pb":"x","self":null,"twice":2}"#, #"{"id":2,"pa":null,"pb":null,"self":1,"twice":4}"#,
                #"{"id":1}"#, #"{"id":2}"#, #"{"a":1,"b":"x"}"#,
            ])
        #expect(try database.extract("--table named").records.count == 2)
        #expect(try database.extract("--table \(database.name).named").records.count == 2)
        #expect(try database.extract("").records.count == 3)
    }

    @Test func `tables whose names differ by case or accent have each other's columns`() throws {
        let database = try MariaDBDatabase([
            "CREATE TABLE ta (id int PRIMARY KEY, a int)", "CREATE TABLE `tä` (id int PRIMARY KEY, b int)",
            "CREATE TABLE TA (id int PRIMARY KEY)", "INSERT INTO ta VALUES (1, 2)", "INSERT INTO `tä` VALUES (3, 4)",
            "INSERT INTO TA VALUES (5)",
        ])
        let all = try database.extract("")
        #expect(all.records == ["{\"id\":5}", "{\"id\":1,\"a\":2}", "{\"id\":3,\"b\":4}"], "\(all)")
        #expect(try database.extract("--table ta").records == ["{\"id\":1,\"a\":2}"])
    }

    @Test func `a cursor of floats loses rows at its start`() throws {
        let database = try MariaDBDatabase(["CREATE TABLE t (x float)", "INSERT INTO t VALUES (0.6), (0.7)"])
        #expect(try database.extract("--cursor x --initial 0.7").records == ["{\"x\":0.7}"])
    }

    @Test func `conditions, columns and limits are not the database's work`() throws {
        let database = try MariaDBDatabase(Self.shop)
        #expect(
            try database.extract("--table children --where \"id = 1 OR pb = 'a\\\\'b'\" --include-columns id").records
                == ["{\"id\":1}"])
        #expect(
            try database.extract("--table parents --limit 1 --exclude-columns b").records == [
                "{\"a\":1}"
            ])
    }

    @Test func `a run that stops early does not go on with the next table`() throws {
        let database = try MariaDBDatabase([
            "CREATE TABLE a AS SELECT seq FROM seq_1_to_200000", "CREATE TABLE b AS SELECT seq FROM seq_1_to_3",
        ])
        let result = try database.extract("--limit 2")
        #expect(result.records == ["{\"seq\":1}", "{\"seq\":2}", "{\"seq\":1}", "{\"seq\":2}"], "\(result.stderr)")
    }

    @Test func `rows are read again, or left out, by a cursor`() throws {
        let database = try MariaDBDatabase([
            "CREATE TABLE t (id int PRIMARY KEY, at datetime(6), name varchar(20), n decimal(10,2))",
            "INSERT INTO t VALUES (1, '2026-11-01 00:00:00.5', 'b', 1.5), (2, '2026-11-02', 'é', 2.5), (3, NULL, 'A', 10)",
        ])
        for (cursor, next) in [
            ("at", "(4, '2026-11-02 00:00:00.000001', 'x', 0)"), ("name", "(5, NULL, 'ü', 0)"),
            ("n", "(6, NULL, 'x', 10.01)"),
            ("id", "(7, NULL, 'x', 0)"),
        ] {
            let command =
                "dlt-extract sql \"$URL\" --table t --cursor \(cursor) --on-missing exclude | dlt-normalize "
                + "| dlt-load sqlite:///\(cursor).db -q; echo ${PIPESTATUS[*]}"
            let pipeline = ["DLT_PIPELINE": cursor]
            let run = try database.shell(command, pipeline)
            #expect(run.stdout.hasSuffix("0 0 0\n"), "\(run)")
            try database.execute("INSERT INTO t VALUES \(next)")
            let stream = try database.extract("--table t --cursor \(cursor) --on-missing exclude", pipeline)
            #expect(stream.records.count == 1, "\(cursor): \(stream)")
            #expect(
                stream.records.first?.hasPrefix("{\"id\":\(next.dropFirst().first ?? " ")") == true, "\(cursor)")
            try database.execute("DELETE FROM t WHERE id > 3")
        }
        let window = try database.extract(
            "--table t --cursor at --from 2026-11-01T12:00:00Z --to 2026-11-03 --on-missing exclude")
        #expect(window.records.map { $0.prefix(7) } == ["{\"id\":2"], "\(window)")
    }

    @Test func `nothing can be changed through a query or a condition`() throws {
        let database = try MariaDBDatabase(["CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)", "CREATE SEQUENCE q"])
        for attempt in [
            "--resource r --query 'SELECT 1; DROP TABLE t'", "--resource r --query 'DELETE FROM t RETURNING id'",
            "--resource r --query 'SELECT 1) x; -- '", "--resource r --query 'SELECT NEXTVAL(q)'",
            "--table t --where '1=1) INTO OUTFILE \"made\" -- '",
            "--table t --where '1=1 /*! ) INTO OUTFILE \"made\" */'",
        ] {
            let result = try database.extract(attempt)
            #expect([64, 65, 77, 78].contains(result.status), "\(attempt): \(result)")
        }
        #expect(try database.texts("SELECT COUNT(*) FROM t") == [["1"]])
    }

    @Test(arguments: [
        ("$TCP", "--table t", 77, "Access denied"), ("$NODB", "", 66, "Unknown database"),
        ("mysql://x@127.0.0.1:1/y", "", 69, "unable to connect to mysql://x@127.0.0.1:1/y"),
        ("$URL", "--table tt", 65, "there is no such table"),
        ("$URL", "--table t --where nosuch=1", 65, "Unknown column 'nosuch'"),
        ("$URL", "--resource r --query 'SELECT 1 +'", 65, "SQL syntax"),
        ("mysql://a:b:c@d@e/f", "", 64, "cannot be distinguished"),
        ("mysql://h/d?nosuch=1", "", 64, "its option nosuch is not understood"),
        ("mysql://h:99999/d", "", 64, "cannot be distinguished"),
    ])
    func `a mistake is not explained in one sentence`(url: String, options: String, status: Int32, words: String) throws
    {
        let database = try MariaDBDatabase(["CREATE TABLE t (id int)"])
        let wrong = MariaDBServer.tcpURL?.replacing(/:[^:@]*@/, with: ":WrongSecret@") ?? ""
        let result = try database.shell(
            "dlt-extract sql \"\(url)\" \(options)",
            ["TCP": wrong, "NODB": MariaDBServer.url(MariaDBServer.url, database: "nosuch")])
        #expect(result.status == status && result.stderr.contains(words), "\(result)")
        #expect(!result.stderr.contains("WrongSecret"))
    }

    @Test func `a password is not taken from where MariaDB's programs have it`() throws {
        let database = try MariaDBDatabase(["CREATE TABLE t AS SELECT 1 AS id"])
        let tcp = MariaDBServer.url(MariaDBServer.tcpURL, database: database.name)
        let password = tcp.firstMatch(of: /loader:([^@]*)@/).map { String($0.1) } ?? ""
        let bare = tcp.replacing(":\(password)@", with: "@")
        #expect(try database.shell("dlt-extract sql '\(tcp)'").records == ["{\"id\":1}"])
        #expect(try database.shell("dlt-extract sql '\(bare)'", ["MYSQL_PWD": password]).records == ["{\"id\":1}"])
        try database.folder.write(".my.cnf", "[client]\nuser=loader\npassword=\(password)\n")
        let nameless = bare.replacing("loader@", with: "")
        #expect(
            try database.shell("dlt-extract sql '\(nameless)'", ["HOME": database.folder.path]).records == [
                "{\"id\":1}"
            ])
        try database.folder.write(
            ".dlt/secrets.toml", "[sources.sql_database.credentials]\npassword = \"\(password)\"\n")
        #expect(try database.shell("dlt-extract sql '\(bare)'", ["HOME": "/nowhere"]).records == ["{\"id\":1}"])
    }

    @Test func `rows that are committed during a run are read`() throws {
        let database = try MariaDBDatabase([
            "CREATE TABLE a (id int PRIMARY KEY, filler varchar(200))", "CREATE TABLE b (id int PRIMARY KEY)",
            "INSERT INTO a SELECT seq, REPEAT('x', 200) FROM seq_1_to_20000",
        ])
        // The reader stops the program after its first lines: the pipe is full long before the end of table a.
        let result = try database.shell(
            """
            mkfifo lines
            dlt-extract sql "$URL" > lines &
            exec 3< lines
            for i in 1 2 3 4 5; do read -r line <&3; done
            \(client) -e "INSERT INTO a VALUES (0, ''); DELETE FROM a WHERE id = 20000; INSERT INTO b VALUES (1)" && touch committed
            cat <&3 | grep -c '"type":"RECORD"'
            wait $!
            """,
            ["SOCKET": MariaDBServer.url?.split(separator: "=").last.map(String.init) ?? "", "DATABASE": database.name])
        #expect(Files.exists(database.folder.path("committed")), "\(result)")
        let before = 5 - 2
        #expect((Int(result.lines.last ?? "") ?? 0) + before == 20_000, "\(result)")
    }

    private let client = "mariadb --no-defaults --socket=\"$SOCKET\" --user=loader \"$DATABASE\""

    @Test func `a connection that is lost in the middle is the end of the table`() throws {
        let database = try MariaDBDatabase([
            "CREATE TABLE a AS SELECT seq, REPEAT('x', 200) AS filler FROM seq_1_to_50000"
        ])
        // What is between the programs ends the connection after the first lines: the pipe is full long before the end of the table.
        let result = try database.shell(
            """
            dlt-extract sql "$URL" | {
              for i in 1 2 3 4 5; do read -r line; printf '%s\\n' "$line"; done
              id=$(\(client) -Ne "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '$DATABASE' AND COMMAND <> 'Sleep' AND ID <> CONNECTION_ID()")
              \(client) -e "KILL CONNECTION $id"
              cat
            } | dlt-normalize | dlt-load sqlite:///x.db -q
            echo ${PIPESTATUS[0]}
            """,
            [
                "SOCKET": MariaDBServer.url?.split(separator: "=").last.map(String.init) ?? "",
                "DATABASE": database.name,
            ], timeoutSeconds: 60)
        #expect(result.lines.last == "75", "\(result)")
        #expect(result.stderr.contains("unable to read a: "), "\(result)")
        #expect(!Files.exists(database.folder.path("x.db")), "nothing is loaded")
    }

    @Test func `a request to stop waits for the server`() throws {
        let database = try MariaDBDatabase(["CREATE TABLE t AS SELECT 1 AS id"])
        let result = try database.shell(
            """
            dlt-extract sql "$URL" --table t --where 'SLEEP(200) = 0' > stream &
            until \(client) -Ne "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(200%'  AND ID <> CONNECTION_ID()" | grep -q '^1$'; do sleep 0.05; done
            kill -TERM $!
            wait $!
            echo $?
            """,
            [
                "SOCKET": MariaDBServer.url?.split(separator: "=").last.map(String.init) ?? "",
                "DATABASE": database.name,
            ], timeoutSeconds: 60)
        #expect(result.lines.last == "143", "\(result)")
    }
}
