import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: PostgreSQLServer.isRunning, Comment(rawValue: PostgreSQLServer.absence)))
struct PostgreSQLTableTests {
    private static let shop = """
        CREATE TABLE customers(id int PRIMARY KEY, name text NOT NULL);
        CREATE TABLE orders(id int, line int, customer int REFERENCES customers, at timestamptz, amount numeric(10,2),
        twice numeric GENERATED ALWAYS AS (amount * 2) STORED, PRIMARY KEY (line, id));
        CREATE TABLE parts(id int, day date) PARTITION BY RANGE (day);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE VIEW big AS SELECT * FROM orders WHERE amount > 10;
        INSERT INTO customers VALUES (1, 'a'), (2, 'b');
        INSERT INTO orders VALUES (1, 1, 1, '2026-11-01 00:00+00', 5), (2, 1, 2, '2026-11-02 00:00+00', 20), (3, 1, 2, NULL, 30);
        INSERT INTO parts VALUES (1, '2026-01-05');
        """

    @Test func `all tables of a schema arrive once, with keys and references in the catalog's order`() throws {
        let database = try SourceDatabase(Self.shop)
        let result = try database.extract("--foreign-keys")
        #expect(result.status == 0)
        let streams = result.lines.filter { $0.hasPrefix("{\"type\":\"SCHEMA\"") }
        #expect(streams.count == 3)
        #expect(streams[1].contains(#""stream":"orders""#) && streams[1].contains(#""key_properties":["line","id"]"#))
        #expect(
            streams[1].contains(
                #""references":[{"referenced_table":"customers","columns":["customer"],"referenced_columns":["id"]}]"#))
        #expect(result.records.count == 6)
        #expect(try database.extract("--views").records.count == 8)
        #expect(try database.extract("--table big").records.count == 2)
        #expect(try database.extract("--table parts_1").records == [#"{"id":1,"day":"2026-01-05"}"#])
    }

    @Test func `rows reach a table with the same values, through the whole pipe`() throws {
        let database = try SourceDatabase(Self.shop)
        let result = try database.shell(
            """
            dlt-extract sql "$URL" --schema "$SCHEMA" | dlt-normalize | dlt-load sqlite:///x.db -q
            dlt-query sqlite:///x.db --pipeline p 'SELECT id, twice, at FROM orders ORDER BY id' --format jsonl
            """)
        #expect(result.lines.suffix(3).first == #"{"id":1,"twice":10,"at":"2026-11-01T00:00:00Z"}"#, "\(result)")
    }

    @Test func `conditions, columns, queries and limits are the database's work`() throws {
        let database = try SourceDatabase(Self.shop)
        #expect(try database.extract("--table orders --where 'amount > 5 OR amount = 5 -- all'").records.count == 3)
        #expect(
            try database.extract("--table orders --include-columns amount,id --where 'id = 1'").records == [
                #"{"id":1,"amount":5.00}"#
            ])
        let without = try database.extract("--table orders --exclude-columns line,at,twice --where 'id = 1'")
        #expect(without.records == [#"{"id":1,"customer":1,"amount":5.00}"#])
        #expect(without.schemaLine.contains("\"key_properties\":[]"), "a key without one of its columns is none")
        #expect(try database.extract("--table orders --limit 2").records.count == 2)
        let query = try database.shell(
            """
            dlt-extract sql "$URL" --resource sums --query "SELECT customer, sum(amount) AS total, '1 day'::interval AS i, ARRAY[1] AS a \
            FROM $SCHEMA.orders GROUP BY 1 ORDER BY 1 -- by customer"
            """)
        #expect(
            query.records == [
                #"{"customer":1,"total":5.00,"i":"P1D","a":[1]}"#, #"{"customer":2,"total":50.00,"i":"P1D","a":[1]}"#,
            ], "\(query)")
        #expect(query.schemaLine.contains(#""total":{"data_type":"decimal"}"#))
    }

    @Test func `nothing can be changed through a query or a condition`() throws {
        let database = try SourceDatabase("CREATE TABLE t(id int); INSERT INTO t VALUES (1); CREATE SEQUENCE q")
        for attempt in [
            "--resource r --query \"SELECT 1; DROP TABLE $SCHEMA.t\"",
            "--resource r --query \"DELETE FROM $SCHEMA.t RETURNING id\"",
            "--resource r --query \"SELECT 1) TO PROGRAM 'touch $PWD/made' --\"",
            "--resource r --query \"WITH d AS (DELETE FROM $SCHEMA.t RETURNING id) SELECT * FROM d\"",
            "--resource r --query \"SELECT nextval('$SCHEMA.q')\"",
            "--table t --where '1=1); COMMIT; DROP TABLE t; --'",
            "--table t --where '1=1) TO PROGRAM '\"'touch made'\"' --'",
        ] {
            let schema = attempt.hasPrefix("--table") ? "--schema \"$SCHEMA\"" : ""
            let result = try database.shell("dlt-extract sql \"$URL\" \(schema) \(attempt)")
            #expect(result.status == 64 || result.status == 65 || result.status == 77, "\(attempt): \(result)")
        }
        #expect(try database.value("SELECT count(*) FROM t") == "1")
        #expect(!Files.exists(database.folder.path("made")))
    }

    @Test func `each mistake is one sentence with its status`() throws {
        let database = try SourceDatabase(Self.shop)
        let cases: [(options: String, status: Int32, words: String)] = [
            ("--table ordrs", 65, "unable to read table \(database.schema).ordrs: there is no such table"),
            ("--table ordrs", 65, "did you mean orders?"),
            ("--table orders --include-columns id,amont", 65, "did you mean amount?"),
            ("--table orders --cursor updated", 65, "orders has no column updated"),
            ("--table orders --where 'amuont > 1'", 65, "amuont"), ("--table orders --cursor at", 65, "it is null"),
            ("--query 'SELECT 1'", 64, "--schema"), ("--where true", 64, "is about one table"),
        ]
        for (options, status, words) in cases {
            let result = try database.extract(options)
            #expect(result.status == status && result.stderr.contains(words), "\(options): \(result)")
            if status != 64 { #expect(result.lines.last?.contains("\"status\":\"failed\"") ?? false, "\(options)") }
        }
        let wrong = try database.shell("dlt-extract sql \"$URL\" --schema nowhere")
        #expect(wrong.status == 65 && wrong.stderr.contains("there is no schema nowhere"), "\(wrong)")
        let password = try database.shell(
            "dlt-extract sql \"${TCP/:*@/:wrong-$RANDOM@}\"", ["TCP": PostgreSQLServer.tcpURL ?? ""])
        #expect(password.status == 77 && !password.stderr.contains("wrong-"), "\(password)")
        let other = try database.shell("dlt-extract sql oracle://h/d")
        #expect(other.status == 64 && other.stderr.contains("oracle is not a database that can be read"), "\(other)")
    }

    @Test func `a time limit of the session ends the run as temporary, and nothing is loaded`() throws {
        let database = try SourceDatabase("CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 10) AS g")
        let result = try database.shell(
            """
            dlt-extract sql "$URL" --schema "$SCHEMA" --table t --where 'pg_sleep(1) IS NOT NULL' | dlt-normalize | dlt-load sqlite:///x.db
            echo "${PIPESTATUS[@]}"; ls x.db
            """, ["PGOPTIONS": "-c statement_timeout=200ms"])
        #expect(result.lines.first == "75 75 75", "\(result)")
        #expect(result.stderr.contains("statement timeout"))
        #expect(!Files.exists(database.folder.path("x.db")))
    }

    @Test func `a password comes from dlt's configuration, and is never shown`() throws {
        let database = try SourceDatabase("CREATE TABLE t(id int); INSERT INTO t VALUES (7)")
        let tcp = PostgreSQLServer.tcpURL ?? ""
        let password = String(tcp.split(separator: ":")[2].split(separator: "@")[0])
        let bare = tcp.replacing(":\(password)@", with: "@")
        try database.folder.write(
            ".dlt/secrets.toml", "[sources.sql_database.credentials]\npassword = \"\(password)\"\n")
        let result = try database.shell("dlt-extract sql \"$BARE\" --schema \"$SCHEMA\"", ["BARE": bare])
        #expect(result.records == [#"{"id":7}"#], "\(result)")
        let parts = bare.split(separator: "/")
        let host = parts[1].split(separator: "@")[1].split(separator: ":")
        try database.folder.write(
            ".dlt/secrets.toml",
            """
            [sources.sql_database.credentials]
            drivername = "postgresql+psycopg2"
            username = "\(parts[1].split(separator: "@")[0])"
            password = "\(password)"
            host = "\(host[0])"
            port = \(host[1])
            database = "\(parts[2])"
            """)
        let whole = try database.shell("dlt-extract sql --schema \"$SCHEMA\"")
        #expect(whole.records == [#"{"id":7}"#], "\(whole)")
    }
}
