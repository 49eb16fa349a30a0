import PostgreSQL
import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
struct LoadTests {
    let pipeline: PostgreSQLPipeline

    init() throws { pipeline = try PostgreSQLPipeline() }

    @Test func `a table whose columns have other types takes what the server can read`() throws {
        #expect(try pipeline.load("{\"id\":1,\"a\":1,\"b\":\"x\",\"c\":\"2024-01-01T00:00:00Z\"}\n").status == 0)
        let dataset = pipeline.dataset
        try pipeline.connect().execute(
            """
            ALTER TABLE \(dataset).t ALTER a TYPE integer, ALTER b TYPE varchar(3), ALTER c TYPE varchar,
            ALTER id TYPE text USING id::text
            """)
        let fits = try pipeline.load("{\"id\":2,\"a\":7,\"b\":\"y\\t\\\\\",\"c\":\"2024-01-02T00:00:00Z\"}\n")
        #expect(fits.status == 0, "\(fits)")
        #expect(
            try pipeline.query("SELECT a, b, c FROM t WHERE id = '2'") == [
                ["7", "y\t\\", "2024-01-02T00:00:00.000000Z"]
            ])
        let toolong = try pipeline.load("{\"id\":3,\"b\":\"1234\"}\n")
        #expect(toolong.status == 65)
        #expect(
            toolong.stderr.contains("value too long for type character varying(3): row 1, column \"b\", of t."),
            "\(toolong)")
    }

    @Test(arguments: [
        (
            #"{"id":1}"# + "\n" + #"{"id":2,"j":{"a":"x\u0000"}}"#, "{\"j\":{\"data_type\":\"json\"}}",
            "row 2, column \"j\","
        ),
        (#"{"id":1,"n":"1e40"}"#, "{\"n\":{\"data_type\":\"decimal\"}}", "numeric field overflow"),
        (#"{"id":1,"n":"inf"}"#, "{\"n\":{\"data_type\":\"decimal\"}}", "column \"n\""),
        (
            #"{"id":1,"n":70000}"#, "{\"n\":{\"data_type\":\"bigint\",\"precision\":16}}",
            "column \"n\", which is smallint"
        ),
        (#"{"id":1,"n":1}"#, "{\"n\":{\"data_type\":\"bigint\",\"precision\":128}}", "column \"n\" of table \"t\""),
        (
            #"{"id":1,"n":"2024-01-01T00:00:00Z"}"#, "{\"n\":{\"data_type\":\"timestamp\",\"precision\":9}}",
            "column \"n\" of table \"t\""
        ),
        (
            #"{"id":1,"u":"a"}"# + "\n" + #"{"id":2,"u":"a"}"#, "{\"u\":{\"data_type\":\"text\",\"unique\":true}}",
            "Key (u)=(a) is duplicated"
        ),
    ])
    func `what PostgreSQL cannot hold is told with its place, and leaves nothing`(
        rows: String, columns: String, told: String
    ) throws {
        let result = try pipeline.load(rows + "\n", "--columns '\(columns)'")
        #expect(result.status == 65 && result.stderr.contains(told), "\(result)")
        #expect(try pipeline.query("SELECT 1 FROM pg_namespace WHERE nspname = '\(pipeline.dataset)'") == [])
    }

    @Test func `a constraint that is made when the rows are in is the one of a table that was made with it`() throws {
        let columns = #"--columns '{"u":{"data_type":"text","unique":true}}'"#
        #expect(try pipeline.load(#"{"id":1,"u":"a"}"# + "\n", columns).status == 0)
        try pipeline.connect().execute(
            "CREATE TABLE \(pipeline.dataset).x (id bigint, u varchar UNIQUE, _dlt_id varchar UNIQUE NOT NULL)")
        func constraints(_ table: String) throws -> [[String?]] {
            try pipeline.query(
                """
                SELECT substr(conname, 2), contype, pg_get_constraintdef(c.oid), convalidated, conislocal, i.relname = conname
                FROM pg_constraint AS c JOIN pg_class AS i ON i.oid = conindid
                WHERE conrelid = '\(table)'::regclass AND contype <> 'n' ORDER BY conname
                """)
        }
        #expect(try constraints("t") == constraints("x"))
        #expect(try constraints("t").map { $0[0] } == ["__dlt_id_key", "_u_key"])
    }

    @Test func `new tables are filled and indexed before readers have to leave one that changes`() throws {
        func lines(_ record: String, _ streams: String...) -> String {
            streams.map {
                #"{"type":"SCHEMA","stream":"\#($0)","schema":{"type":"object"},"key_properties":["id"]}"# + "\n"
                    + #"{"type":"RECORD","stream":"\#($0)","record":\#(record)}"# + "\n"
            }.joined()
        }
        let normalize = "dlt-normalize --write-disposition merge"
        let first = try pipeline.shell("\(normalize) | dlt-load \"$URL\"", stdin: lines(#"{"id":1}"#, "old"))
        #expect(first.status == 0, "\(first)")
        let plan = try pipeline.shell(
            "\(normalize) > made && dlt-load \"$URL\" --dry-run < made && dlt-load \"$URL\" < made",
            stdin: lines(#"{"id":2,"added":1,"l":[1]}"#, "old", "new"))
        #expect(plan.status == 0, "\(plan)")
        let marks = [
            "merge (delete-insert) into table new", "make column _dlt_id unique in table new__l", "add to table old",
            "merge (delete-insert) into table old", "make column _dlt_id unique in table old__l",
        ].map { mark in plan.lines.firstIndex { $0.contains(mark) } ?? -1 }
        #expect(marks[0] >= 0 && marks == marks.sorted(), "\(plan)")
        #expect(try pipeline.sum("old") == "2 3 2" && pipeline.sum("new") == "1 2 1")
    }

    @Test func `a table that takes another's place has its own indexes, however often that is done`() throws {
        let swap = #"--write-disposition '{"disposition":"replace","strategy":"staging-optimized"}'"#
        func names(_ table: String) throws -> [String?] {
            try pipeline.query(
                "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = '\(table)'::regclass ORDER BY indkey[0]"
            ).map { $0[0] }
        }
        for time in 1...4 {
            let result = try pipeline.load(#"{"id":\#(time),"l":[1]}"# + "\n", swap, load: "--indexes lookup")
            #expect(result.status == 0, "\(result)")
            let found = try names("t__l")
            #expect(found.first == #""""t__l"" _dlt_parent_id""#, "\(found)")
            #expect(found.count == 2 && (found[1]?.contains("__dlt_id_key") ?? false), "\(found)")
            #expect(try names("t").count == 1 && pipeline.sum() == "1 \(time) 1")
        }
        #expect(try pipeline.load("{\"id\":9}\n", swap, load: "--indexes none").status == 0)
        #expect(try names("t") == [] && names("t__l").count == 2)
    }

    @Test func `U+0000 is left out of text, as dlt does`() throws {
        #expect(try pipeline.load(#"{"id":1,"s":"x\u0000y"}"# + "\n").status == 0)
        #expect(try pipeline.value("SELECT s FROM t") == "xy")
    }

    @Test func `settings of role and database change nothing`() throws {
        let role = PostgreSQLServer.uniqueName("role")
        let connection = try pipeline.connect()
        try connection.execute(
            """
            CREATE ROLE \(role) LOGIN; GRANT CREATE ON DATABASE dlt TO \(role);
            ALTER ROLE \(role) SET statement_timeout = '30ms'; ALTER ROLE \(role) SET lock_timeout = '1ms';
            ALTER ROLE \(role) SET default_transaction_isolation = 'serializable';
            ALTER ROLE \(role) SET default_transaction_read_only = on; ALTER ROLE \(role) SET timezone = 'Asia/Kathmandu';
            ALTER ROLE \(role) SET datestyle = 'German, DMY'; ALTER ROLE \(role) SET search_path = 'nowhere';
            ALTER ROLE \(role) SET standard_conforming_strings = off; ALTER ROLE \(role) SET bytea_output = 'escape';
            ALTER ROLE \(role) SET synchronous_commit = off; ALTER ROLE \(role) SET client_encoding = 'LATIN1';
            ALTER ROLE \(role) SET extra_float_digits = 0
            """)
        let url = pipeline.url.replacing("loader@", with: "\(role)@")
        for number in 1...2 {
            // Many rows more, so that COPY takes its time.
            let result = try pipeline.shell(
                "(cat; seq 10 20000 | sed 's/.*/{\"id\":&}/') | dlt-normalize --table t | dlt-load \"$URL\" && rm -r \"$DLT_DATA_DIR\" && dlt-state pull \"$URL\"",
                stdin: "{\"id\":\(number),\"s\":\"日\\\\'\",\"at\":\"2024-01-02T03:04:05.678901Z\",\"f\":0.1}\n",
                ["URL": url])
            #expect(result.status == 0, "\(result)")
        }
        #expect(
            try pipeline.query("SELECT id, s, at AT TIME ZONE 'UTC', f FROM t WHERE id < 10 ORDER BY id") == [
                ["1", "日\\'", "2024-01-02 03:04:05.678901", "0.1"], ["2", "日\\'", "2024-01-02 03:04:05.678901", "0.1"],
            ])
    }

    @Test func `who may not write is told so with status 77, and the package waits`() throws {
        let role = PostgreSQLServer.uniqueName("role")
        try pipeline.connect().execute("CREATE ROLE \(role) LOGIN")
        let url = pipeline.url.replacing("loader@", with: "\(role)@")
        let result = try pipeline.shell(
            "dlt-normalize --table t | dlt-load \"$URL\"", stdin: "{\"id\":1}\n", ["URL": url])
        #expect(result.status == 77, "\(result)")
        #expect(result.stderr.contains("hint:"))
        #expect(try pipeline.shell("dlt-load \"$URL\" --pending").status == 0)
        try pipeline.connect().execute("GRANT USAGE ON SCHEMA \(pipeline.dataset) TO \(role)")
        let again = try pipeline.shell(
            "dlt-normalize --table t | dlt-load \"$URL\"", stdin: "{\"id\":2}\n", ["URL": url])
        #expect(again.status == 77 && again.stderr.contains("permission denied"), "\(again)")
        #expect(try pipeline.sum() == PostgreSQLPipeline.sum(1...1))
    }

    @Test func `passwords come from anywhere psql takes them, and are never told`() throws {
        let url = PostgreSQLServer.tcpURL ?? ""
        let parts = try #require(url.firstMatch(of: /^postgresql:\/\/loader:([^@]*)@(.*)$/))
        let password = String(parts.1)
        let open = "postgresql+psycopg2://loader@\(parts.2)"
        let wrong = "postgresql://loader:wr%40ng-secret@\(parts.2)"
        for (url, more, status) in [
            (url, [:], 0), (open, ["PGPASSWORD": password], 0), (open, ["PGPASSFILE": "passwords"], 0),
            ("postgresql:///dlt?service=here", ["PGSERVICEFILE": "services"], 0), (open, [:], 77), (wrong, [:], 77),
            ("postgresql://loader:sec/ret@\(parts.2)", [:], 64),
            ("postgresql://loader:wr@ng-secret@\(parts.2)", [:], 64),
            ("postgresql://loader:%zzsecret@\(parts.2)", [:], 64), (url + "?nonsense=1", [:], 64),
            ("postgresql://loader:sec?ret@\(parts.2)", [:], 77), ("postgresql://loader:secret#x@\(parts.2)", [:], 77),
        ] as [(String, [String: String], Int32)] {
            let pipeline = try PostgreSQLPipeline()
            let place = parts.2.split(whereSeparator: { ":/".contains($0) })
            try pipeline.folder.write("passwords", "127.0.0.1:*:*:loader:\(password)\n")
            try pipeline.folder.write(
                "services", "[here]\nhost=127.0.0.1\nport=\(place[1])\nuser=loader\npassword=\(password)\n")
            let result = try pipeline.shell(
                """
                chmod 600 passwords; dlt-normalize --table t > lines; dlt-load "$URL" --json --log-format json -v < lines; a=$?
                dlt-load "$URL" --dry-run < lines; grep -r -e "$PASSWORD" -e ecret "$DLT_DATA_DIR" lines; exit $a
                """, stdin: "{\"id\":1}\n", more.merging(["URL": url, "PASSWORD": password]) { $1 })
            #expect(result.status == status, "\(url): \(result)")
            for secret in [password, "secret", "wr@ng", "wr%40ng", "sec/", "ret@"] {
                #expect(!result.description.contains(secret), "\(result)")
            }
        }
    }

    @Test func `no server, no database and no such host have their status`() throws {
        for (url, status, told) in [
            ("postgresql://127.0.0.1:1/x", 69, "refused"),
            ("postgresql://no-such-host.invalid/x", 69, "no-such-host.invalid"),
            (pipeline.url.replacing("/dlt?", with: "/absent?"), 65, "\"absent\" does not exist"),
        ] as [(String, Int32, String)] {
            let result = try pipeline.shell(
                "dlt-normalize --table t | dlt-load \"$URL\"", stdin: "{\"id\":1}\n", ["URL": url])
            #expect(
                result.status == status && result.stderr.contains(told) && result.stderr.contains("hint:"), "\(result)")
        }
        // What waited for the server goes in order when it is there, none of it twice.
        #expect(try pipeline.shell("dlt-load \"$URL\" --pending").status == 0)
        #expect(try pipeline.value("SELECT count(*) FROM t") == "3")
    }
}
