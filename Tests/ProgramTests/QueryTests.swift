import Glibc
import JSONText
import PostgreSQL
import SQLite
import SystemIO
import TestSupport
import Testing

struct QueryTests {
    let pipeline: Pipeline

    private static let records = """
        {"id":1,"name":"Ada","price":12.5,"at":"2024-01-15T08:00:00.5Z","tags":["a","b"]}
        {"id":2,"name":"a \\"b\\",\\tc\\nd","price":null,"at":"2024-01-16T08:00:00Z","tags":["c"]}
        {"id":3,"name":"","price":-1e300,"at":"2024-01-17T08:00:00.123456Z"}
        """

    init() throws {
        pipeline = try Pipeline()
        let result = try pipeline.shell(
            "dlt-normalize --table orders --pipeline shop | dlt-load \"$URL\"", stdin: Self.records)
        #expect(result.status == 0, "\(result)")
    }

    private func query(_ arguments: String..., stdin: String = "", place: String = "shop") throws -> ProgramResult {
        try run(
            program: "dlt-query", arguments: [place] + arguments, stdin: stdin, environment: pipeline.environment,
            currentDirectory: pipeline.folder.path)
    }

    private static let all = "SELECT id, name, price, at FROM orders ORDER BY id"

    @Test
    func `without a query the tables are listed`() throws {
        let list = try query("--format", "table")
        #expect(list.status == 0, "\(list)")
        let words = list.lines.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
        #expect(words[0] == "table columns rows")
        #expect(
            words.dropFirst(2) == [
                "orders 6 3", "orders__tags 4 3", "_dlt_loads 5 1", "_dlt_pipeline_state 8 1", "_dlt_version 6 1",
            ])
        #expect(list.lines.contains { $0.hasPrefix("  orders__tags") })
        let object = try JSONValue(parsing: try query().lines[1])
        #expect(
            object["table"] == "orders__tags" && object["parent"] == "orders" && object["kind"] == "data"
                && object["rows"] == 3)
    }

    @Test
    func `a dataset is named by its pipeline, its URL or its file`() throws {
        for place in ["shop", pipeline.url, pipeline.databasePath, "x.db", "sqlite:///x.db"] {
            let result = try query("SELECT count(*) AS n FROM orders", place: place)
            #expect(result.stdout == "{\"n\":3}\n", "\(place): \(result)")
        }
    }

    @Test(arguments: [
        (
            "ndjson",
            #"""
            {"id":1,"name":"Ada","price":12.5,"at":"2024-01-15T08:00:00.5Z"}
            {"id":2,"name":"a \"b\",\tc\nd","price":null,"at":"2024-01-16T08:00:00Z"}
            {"id":3,"name":"","price":-1e+300,"at":"2024-01-17T08:00:00.123456Z"}

            """#
        ),
        (
            "csv",
            "id,name,price,at\n1,Ada,12.5,2024-01-15T08:00:00.5Z\n2,\"a \"\"b\"\",\tc\nd\",,2024-01-16T08:00:00Z\n3,\"\",-1e+300,2024-01-17T08:00:00.123456Z\n"
        ),
        (
            "tsv",
            "id\tname\tprice\tat\n1\tAda\t12.5\t2024-01-15T08:00:00.5Z\n2\ta \"b\",\\tc\\nd\t\\N\t2024-01-16T08:00:00Z\n3\t\t-1e+300\t2024-01-17T08:00:00.123456Z\n"
        ),
        (
            "markdown",
            "| id | name | price | at |\n| ---: | --- | ---: | --- |\n| 1 | Ada | 12.5 | 2024-01-15T08:00:00.5Z |\n| 2 | a \"b\",\tc<br>d | *null* | 2024-01-16T08:00:00Z |\n| 3 |  | -1e+300 | 2024-01-17T08:00:00.123456Z |\n"
        ),
        (
            "html",
            "<table>\n<thead>\n<tr><th scope=\"col\">id</th><th scope=\"col\">name</th><th scope=\"col\">price</th><th scope=\"col\">at</th></tr>\n</thead>\n<tbody>\n<tr><td align=\"right\">1</td><td>Ada</td><td align=\"right\">12.5</td><td>2024-01-15T08:00:00.5Z</td></tr>\n<tr><td align=\"right\">2</td><td>a &quot;b&quot;,\tc<br>d</td><td class=\"null\"></td><td>2024-01-16T08:00:00Z</td></tr>\n<tr><td align=\"right\">3</td><td></td><td align=\"right\">-1e+300</td><td>2024-01-17T08:00:00.123456Z</td></tr>\n</tbody>\n</table>\n"
        ),
        (
            "line",
            "   id  1\n name  Ada\nprice  12.5\n   at  2024-01-15T08:00:00.5Z\n\n   id  2\n name  a \"b\",\\tc\\nd\nprice  NULL\n   at  2024-01-16T08:00:00Z\n\n   id  3\n name  \nprice  -1e+300\n   at  2024-01-17T08:00:00.123456Z\n"
        ),
    ])
    func `rows are written in every format`(format: String, expected: String) throws {
        let result = try query(Self.all, "--format", format)
        #expect(result.status == 0 && result.stdout == expected, "\(result)")
    }

    @Test
    func `JSON is one document, and SQL makes the same rows`() throws {
        let document = try JSONValue(parsing: try query(Self.all, "--format", "json").stdout)
        #expect(document.arrayValue?.count == 3)
        let script = try query(Self.all, "--format", "sql").stdout
        let database = try Database.open(":memory:")
        try database.execute("CREATE TABLE \"rows\" (id, name, price, at);" + script)
        #expect(try database.string("SELECT group_concat(name, '|') FROM rows") == "Ada|a \"b\",\tc\nd|")
        #expect(try database.integer("SELECT count(*) FROM rows WHERE price IS NULL") == 1)
    }

    @Test
    func `rows that are written can be loaded again`() throws {
        let again = try pipeline.shell(
            "dlt-query shop orders | dlt-normalize --table copy --pipeline copied | dlt-load \"$URL\" && dlt-query shop 'SELECT count(*) AS n, sum(price) AS s FROM \"copy\"'"
        )
        #expect(again.status == 0 && again.stdout.hasSuffix("{\"n\":3,\"s\":-1e+300}\n"), "\(again)")
    }

    @Test
    func `a mistake is placed, and what was meant is said`() throws {
        for (sql, status, message, hint) in [
            ("SELECT nme FROM orders", 65, "no such column: nme (line 1, column 8)", "did you mean name?"),
            ("SELECT * FROM orders WHERE ) AND 1", 65, "near \")\": syntax error (line 1, column 28)", ""),
            ("SELECT *\nFROM ordrs", 65, "no such table: ordrs (line 2, column 6)", "did you mean orders?"),
            ("ordrs", 66, "unable to find table 'ordrs'", "did you mean orders?"),
            ("SELECT 1; SELECT 2", 65, "a second statement follows", "run them one by one"),
            ("DELETE FROM orders", 65, "not authorized", "only queries are run here"),
            ("SELECT :x", 65, "the parameter :x has no value", "add --param x=VALUE"),
            ("", 65, "there is no statement in it", "SELECT 1"),
        ] as [(String, Int32, String, String)] {
            let result = try query(sql)
            #expect(result.status == status && result.stdout.isEmpty, "\(sql): \(result)")
            #expect(result.stderr.contains(message) && result.stderr.contains(hint), "\(sql): \(result)")
        }
        #expect(try query("SELECT nme FROM orders", "--count").stderr.contains("(line 1, column 8)"))
        #expect(try pipeline.integer("SELECT count(*) FROM orders") == 3)
    }

    @Test
    func `a dataset that is not there is no input`() throws {
        for (place, hint) in [
            ("shpo", "did you mean shop?"), ("nothing.db", "check the name"), ("sqlite:///nothing.db", "check the URL"),
            ("sqlite:///nowhere/x.db", "correct the URL"),
        ] {
            let result = try query("SELECT 1", place: place)
            #expect(result.status == 66 && result.stderr.contains(hint), "\(place): \(result)")
        }
        try pipeline.folder.write("notes.txt", "not a database, but longer than its mark")
        #expect(try query("SELECT 1", place: "./notes.txt").status == 65)
        #expect(try query("SELECT 1", place: "mysql://x/y").status == 64)
    }

    @Test
    func `a query comes from standard input, with its parameters`() throws {
        let result = try query(
            "-", "--param", "least=2", "--param", "name=",
            stdin: "SELECT id FROM orders\nWHERE id >= :least AND name = :name; -- done\n")
        #expect(result.stdout == "{\"id\":3}\n", "\(result)")
    }

    @Test
    func `a file appears when all rows are in it, and its name says the format`() throws {
        #expect(try query(Self.all, "--output", "report.csv").stdout.isEmpty)
        #expect(try pipeline.folder.text("report.csv").hasPrefix("id,name,price,at\n1,Ada,12.5,"))
        // A query that fails in its midst leaves the file as it was, and nothing beside it.
        let broken = try query("SELECT CASE id WHEN 3 THEN chr(0) ELSE id END FROM orders", "-o", "report.csv")
        #expect(broken.status == 65)
        #expect(try pipeline.folder.text("report.csv").hasPrefix("id,name,price,at\n1,Ada,12.5,"))
        #expect(try !pipeline.folder.list().contains { $0.hasSuffix(".tmp") })
        #expect(try query(Self.all, "--output", "nowhere/report.csv").status == 73)
        // So does what a link leads to; the link stays.
        let linked = try pipeline.shell(
            "ln -s report.csv link; ln -s new.csv dangling; for f in link dangling; do dlt-query shop orders --select id --format csv -o $f; done; cat link new.csv"
        )
        #expect(linked.stdout == "id\n1\n2\n3\nid\n1\n2\n3\n", "\(linked)")
        for link in ["link", "dangling"] {
            #expect(try Files.stat(pipeline.folder.path(link), followingLinks: false).kind == .symbolicLink)
        }
        // What is not a file is written to, and not replaced.
        #expect(
            try pipeline.shell("mkfifo pipe; cat pipe & dlt-query shop orders --output pipe; wait").lines.count == 3)
        #expect(try Files.stat(pipeline.folder.path("pipe")).kind == .other)
        let through = try pipeline.shell(
            "dlt-query shop orders --output /dev/stdout >out; cat out")
        #expect(through.status == 0 && through.lines.count == 3, "\(through)")
        let between = try pipeline.shell(
            """
            for f in /dev/stdout /dev/fd/1; do
              echo a >out; { dlt-query shop orders --select id --output $f && echo b; } >>out; cat out
            done
            """)
        let expected = ["a", #"{"id":1}"#, #"{"id":2}"#, #"{"id":3}"#, "b"]
        #expect(between.lines == expected + expected, "\(between)")
    }

    @Test
    func `rows are counted, cut and explained`() throws {
        #expect(try query("SELECT * FROM orders -- all", "--count").stdout == "3\n")
        #expect(try query("orders", "--count").stdout == "3\n")
        let cut = try query("orders", "--max-rows", "2")
        #expect(cut.status == 10 && cut.lines.count == 2 && cut.stderr.contains("there are more"), "\(cut)")
        #expect(try query("orders", "--max-rows", "3").status == 0)
        let plan = try query("SELECT * FROM orders", "--explain").stdout
        #expect(plan.hasPrefix("SCAN") && plan.hasSuffix("orders\n"))
        let records = try query("orders", "--nested", "--max-rows", "2", "--output", "records.json")
        #expect(records.status == 10 && records.stderr.contains("there are more"), "\(records)")
        #expect(try JSONValue(parsing: pipeline.folder.text("records.json")).arrayValue?.count == 2)
    }

    @Test
    func `records whose keys are numbers are whole, too`() throws {
        let loaded = try pipeline.shell(
            "dlt-normalize --table parts --pipeline parts | dlt-load \"$URL\"",
            stdin: #"{"_dlt_id":9,"n":9}"# + "\n" + #"{"_dlt_id":10,"n":10,"tags":["a"]}"# + "\n")
        #expect(loaded.status == 0, "\(loaded)")
        let records = try run(
            program: "dlt-query", arguments: ["parts", "parts", "--nested", "--format", "ndjson"],
            environment: pipeline.environment)
        #expect(records.lines.sorted() == [#"{"n":10,"tags":["a"]}"#, #"{"n":9}"#], "\(records)")
    }

    @Test
    func `rows with a root key of their own are found by their load`() throws {
        let loaded = try pipeline.shell(
            "dlt-normalize --table notes --pipeline notes | dlt-load \"$URL\"",
            stdin: #"{"id":1,"lines":[{"_dlt_root_id":"x","n":1},{"_dlt_root_id":"y","n":2}]}"# + "\n")
        #expect(loaded.status == 0, "\(loaded)")
        let rows = try query(
            "notes__lines", "--loads", "latest", "--select", "n", "--order", "n", "--format", "ndjson", place: "notes")
        #expect(rows.stdout == "{\"n\":1}\n{\"n\":2}\n", "\(rows)")
    }

    @Test
    func `a word that is no choice of loads is refused, and the choices are named`() throws {
        for word in ["latst", "last3", ""] {
            let result = try query("orders", "--loads", word)
            #expect(result.status == 64 && result.stderr.contains("since:DATE"), "\(result)")
        }
        #expect(try query("orders", "--loads", "1706774400.5", "--format", "ndjson").status == 0)
    }

    @Test
    func `an option that would change nothing is refused`() throws {
        for options in [
            ["--describe", "--where", "id = 1"], ["--describe", "--count"], ["--profile", "--count"],
            ["--nested", "--format", "csv"], ["--nested", "--explain"], ["--diff", "a..b", "--select", "id"],
            ["--diff", "a..b", "--limit", "1"],
        ] {
            let result = try run(
                program: "dlt-query", arguments: ["shop", "orders"] + options, environment: pipeline.environment)
            #expect(result.status == 64 && result.stderr.contains("together"), "\(options): \(result)")
        }
    }

    @Test
    func `the last microsecond of a day, and all digits of a large number, count`() throws {
        let result = try pipeline.shell(
            "dlt-normalize --table ends --pipeline ends --columns '{\"gas\":{\"data_type\":\"wei\"}}' | dlt-load \"$URL\" && dlt-query ends ends --select \"weekday(at) as w, date_trunc('week', at)::date as d, date_trunc('quarter', at)::date as q, gas::bigint as b, floor(gas) as f, floor(gas * -0.5) as h\"",
            stdin: #"{"at":"2024-03-31T23:59:59.999999Z","gas":"12345678901234567"}"# + "\n")
        #expect(
            result.stdout
                == #"{"w":7,"d":"2024-03-25","q":"2024-01-01","b":12345678901234567,"f":12345678901234567,"h":-6172839450617284}"#
                + "\n", "\(result)")
    }

    @Test
    func `rows without keys are drawn by lot, or refused`() throws {
        let database = try pipeline.database()
        try database.execute("CREATE TABLE plain(n INTEGER); INSERT INTO plain VALUES (1), (2), (3), (4)")
        #expect(try query("plain", "--sample", "2").lines.count == 2)
        for options in [["--seed", "a"], ["--order", "n"], ["--agg", "count(*)"], ["--select", "distinct n"]] {
            let result = try run(
                program: "dlt-query", arguments: ["shop", "plain", "--sample", "2"] + options,
                environment: pipeline.environment)
            #expect(result.status == 65 && result.stderr.contains("no key to draw them by"), "\(options): \(result)")
        }
    }

    @Test
    func `a profile tells long values, large numbers and estimates as they are`() throws {
        let database = try pipeline.database()
        let columns = (1...100).map { "c\($0) INTEGER" }.joined(separator: ", ")
        try database.execute("CREATE TABLE wide(t TEXT, n INTEGER, \(columns))")
        try database.execute(
            """
            WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 12000)
            INSERT INTO wide(t, n, c1)
            SELECT printf('%.59c', 'a') || 'é' || (x % 2), 9007199254740992 + x % 2, x FROM i
            """)
        let lines = try query("wide", "--profile").lines.map { try JSONValue(parsing: $0) }
        func column(_ name: String) throws -> JSONValue {
            try #require(lines.first { $0["column"]?.stringValue == name })
        }
        let shown = String(repeating: "a", count: 59) + "…"
        let text = try column("t")
        #expect(text["min"]?.stringValue == shown)
        #expect(text["top"]?.arrayValue?.map { $0["count"] } == [6000, 6000])
        #expect(text["top"]?.arrayValue?.first?["value"]?.stringValue == shown)
        #expect(try column("n")["min"] == "9007199254740992" && column("n")["max"] == "9007199254740993")
        let estimate = try column("c1")
        #expect(estimate["distinct_is_estimate"] == true)
        #expect(abs((estimate["distinct"]?.intValue ?? 0) - 12000) < 500, "\(estimate)")
    }

    @Test
    func `a reader that has seen enough ends the program quietly`() throws {
        let result = try pipeline.shell(
            "dlt-query shop 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n' | head -n 1; echo ${PIPESTATUS[0]}"
        )
        #expect(result.stdout == "{\"x\":1}\n141\n" && result.stderr.isEmpty, "\(result)")
    }

    @Test
    func `a signal ends a query, and the program as the signal would`() throws {
        // It runs for certain when its first row is there.
        for (signal, status) in [("INT", 130), ("TERM", 143)] {
            let result = try pipeline.shell(
                """
                set -m
                mkfifo rows-\(signal)
                dlt-query shop 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n' > rows-\(signal) &
                exec 3< rows-\(signal)
                read -r -u 3 first
                cat <&3 > /dev/null &
                kill -\(signal) %1
                wait %1
                echo "$first $?"
                """)
            #expect(result.stdout == "{\"x\":1} \(status)\n", "\(result)")
            #expect(result.stderr.contains("stopped by SIG\(signal)"), "\(result)")
        }
    }

    @Test(.enabled(if: PostgreSQLServer.isRunning))
    func `a signal, and the end of the time, end the query on the server too`() throws {
        let url = try #require(PostgreSQLServer.url)
        let name = PostgreSQLServer.uniqueName("wait")
        let server = try Connection.open([(name: "dbname", value: url)], timeout: 10)
        /// Waits until the server works on so many statements of the program; how often it looks does not matter.
        func wait(for count: Int) throws {
            let sql = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND application_name = $1"
            while try server.execute(sql, [name]).rowCount != count { usleep(10_000) }
        }
        for (options, status) in [([], 130), (["--timeout", "2"], 75)] as [([String], Int32)] {
            var process = try ChildProcess.spawn(
                argv: [
                    Paths.join(buildFolder, "dlt-query"), url, "--dataset", "public", "SELECT pg_sleep(600)",
                ] + options, environment: pipeline.environment.merging(["PGAPPNAME": name]) { $1 }, stdin: .null,
                stdout: .null, stderr: .null)
            if options.isEmpty {
                try wait(for: 1)
                process.signal(SIGINT)
            }
            #expect(try process.wait().shellStatus == status)
            try wait(for: 0)
        }
    }

    @Test
    func `time that is over, and a lock that is held, are temporary failures`() throws {
        let slow = try query(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT count(*) FROM n", "--timeout", "0.2")
        #expect(slow.status == 75 && slow.stderr.contains("--timeout"), "\(slow)")
        let database = try pipeline.database()
        try database.execute("BEGIN EXCLUSIVE")
        let busy = try query("orders", "--lock-timeout", "0.1")
        #expect(busy.status == 75 && busy.stderr.contains("--lock-timeout"), "\(busy)")
        try database.execute("COMMIT")
        #expect(try query("orders", "--count").stdout == "3\n")
    }

    @Test
    func `a value cannot become markup`() throws {
        let result = try query("SELECT '<script>alert(1)</script>&' AS \"<b>\"", "--format", "html")
        #expect(result.stdout.contains("<td>&lt;script&gt;alert(1)&lt;/script&gt;&amp;</td>"), "\(result)")
        #expect(result.stdout.contains(">&lt;b&gt;</th>"), "\(result)")
    }

    @Test
    func `names and values cannot steer a terminal`() throws {
        let result = try query("SELECT '\u{1B}[31m' || char(8238) AS \"\u{1B}]0;x\"", "--format", "table")
        #expect(
            result.status == 0 && !result.stdout.utf8.contains(0x1B)
                && !result.stdout.unicodeScalars.contains("\u{202E}"))
    }
}
