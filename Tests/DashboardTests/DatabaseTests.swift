import JSONText
import PostgreSQL
import SQLite
import SystemIO
import TestSupport
import Testing

/// The pages that read a database, over each kind of one.
@Suite struct DatabaseTests {
    enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case sqlite, postgresql, duckdb

        var testDescription: String { rawValue }

        var attempts: [String] {
            switch self {
            case .sqlite: Attempts.sqlite
            case .postgresql: Attempts.postgresql
            case .duckdb: Attempts.duckdb
            }
        }
    }

    static var kinds: [Kind] {
        Kind.allCases.filter { kind in
            switch kind {
            case .sqlite: true
            case .postgresql: PostgreSQLServer.isRunning
            case .duckdb: DuckDBLibrary.isThere
            }
        }
    }

    private static let records = """
        {"id":1,"name":"","ok":true,"at":"2024-01-15T08:00:00.5Z","day":"2024-02-29","price":12.5,"more":{"x":[1]},"data":"AP8=","lines":[{"sku":"a"}]}
        {"id":2,"name":null,"ok":false,"at":"2024-01-16T08:00:00Z","price":1e300,"more":[],"lines":[]}
        {"id":3,"name":"null","ok":null,"at":"2024-01-16T10:00:00+02:00","day":"2024-02-29","price":0.1}
        """

    private struct Place {
        let pipeline = PostgreSQLServer.uniqueName("d")
        let dashboard: RunningDashboard

        init(_ kind: Kind, records: String = DatabaseTests.records) throws {
            let folder = try WorkDirectory()
            let url =
                switch kind {
                case .sqlite: "sqlite:///" + folder.path("shop.db")
                case .duckdb: "duckdb:///" + folder.path("shop.duckdb")
                case .postgresql: PostgreSQLServer.tcpURL ?? ""
                }
            let made = try runShell(
                """
                dlt-normalize -q --pipeline \(pipeline) --table orders --columns \
                '{"data":{"data_type":"binary"},"day":{"data_type":"date"},"more":{"data_type":"json"}}' | dlt-load -q "$URL"
                """, stdin: records, environment: ["DLT_DATA_DIR": folder.path("data"), "URL": url],
                currentDirectory: folder.path)
            guard made.status == 0 else { throw SampleFailure(description: "\(made)") }
            // The spool keeps no names of users, and no passwords.
            var secrets: [String: String] = [:]
            if let match = url.firstMatch(of: #/^postgresql://([^:]+):([^@]+)@/#) {
                secrets = ["PGUSER": String(match.1), "PGPASSWORD": String(match.2)]
            }
            dashboard = try RunningDashboard(over: folder, environment: secrets)
        }

        func json(_ path: String) throws -> JSONValue { try dashboard.json("/p/\(pipeline)/\(path)") }

        static func encoded(_ text: String) -> String {
            text.utf8.map { "%" + String(UInt($0) + 256, radix: 16).suffix(2) }.joined()
        }

        func ask(_ sql: String) throws -> JSONValue { try json("sql.json?q=" + Self.encoded(sql)) }

        /// What a query could leave behind.
        func traces(_ kind: Kind) throws -> [String] {
            let folder = dashboard.folder
            var traces = try folder.list("canary") + folder.list()
            switch kind {
            case .sqlite: traces.append("\(try folder.bytes("shop.db"))")
            case .duckdb: traces.append("\(try folder.bytes("shop.duckdb"))")
            case .postgresql:
                traces.append(
                    try ask(
                        """
                        SELECT (SELECT string_agg(o::text, ',' ORDER BY o.id) FROM orders AS o), (SELECT string_agg(relname || relkind::text, ',' ORDER BY
                        relname) FROM pg_class WHERE relnamespace = '\(pipeline)_dataset'::regnamespace), (SELECT count(*) FROM pg_proc WHERE
                        pronamespace = '\(pipeline)_dataset'::regnamespace), (SELECT count(*) FROM pg_largeobject_metadata),
                        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid IN (1, 4711))
                        """
                    )["rows"]?.serialized() ?? "nothing")
            }
            return traces
        }
    }

    @Test(arguments: kinds)
    func `a value that was counted leads to as many rows`(_ kind: Kind) throws {
        let place = try Place(kind)
        let rows = try #require(place.json("t/orders.json")["rows"]?.arrayValue)
        #expect(rows.count == 3)
        for column in rows[0].objectValue?.members.map(\.key) ?? [] {
            let page = try place.dashboard.get("/p/\(place.pipeline)/t/orders?facet=\(column)&complete=1").text
            let values = page.matches(
                of: #/<li><a href="([^"?]*)\?([^"]*)">(?:(?!</li>).)*<span class="quiet">(\d+)</span></li>/#)
            #expect(values.reduce(0) { $0 + (Int($1.3) ?? 0) } == rows.count, "\(column)")
            for value in values {
                let found = try place.dashboard.json(
                    "\(value.1).json?complete=1&\(value.2.replacing("&amp;", with: "&"))")
                #expect(found["rows"]?.arrayValue?.count == Int(value.3), "\(value.0)")
            }
        }
    }

    @Test(arguments: kinds)
    func `tables, rows, records and history come from the database`(_ kind: Kind) throws {
        let place = try Place(kind)
        let tables = try #require(place.json("t.json?complete=1")["tables"]?.arrayValue)
        #expect(tables.first { $0["table"] == "orders__lines" }?["rows"] == 1)
        let sorted = try #require(place.json("t/orders.json?sort=id&dir=desc&complete=1")["rows"]?.arrayValue)
        #expect(sorted.map { $0["id"]?.intValue } == [3, 2, 1])
        let id = try #require(sorted[2]["_dlt_id"]?.stringValue)
        let encoded = id.replacing("/", with: "%2F").replacing("+", with: "%2B")
        let record = try place.json("t/orders/\(encoded).json?complete=1")["row"]
        #expect(record?["lines"] == [["sku": "a"]] && record?["more"] == ["x": [1]])
        let history = try place.json("schema/history.json")
        #expect(history["complete"] == true && history["versions"]?.arrayValue?.count == 1)
    }

    @Test(arguments: kinds)
    func `the SQL page answers questions, and changes nothing`(_ kind: Kind) throws {
        let place = try Place(kind)
        _ = try run(argv: ["mkdir", "-m", "777", place.dashboard.folder.path("canary")], stdin: [])
        let before = try place.traces(kind)
        for attempt in Attempts.common + kind.attempts {
            let sql = attempt.replacing("CANARY", with: place.dashboard.folder.path("canary"))
            let answer = try place.ask(sql)
            // An empty text is no question.
            #expect(sql.isEmpty || answer["error"]?.stringValue != nil, "\(sql): \(answer.serialized())")
            #expect(answer["rows"] == nil, "\(sql): \(answer.serialized())")
        }
        #expect(try place.traces(kind) == before)
        #expect(try place.ask("SELECT count(*) AS n, min(id) AS least FROM orders")["rows"] == [["n": 3, "least": 1]])
    }

    @Test(arguments: kinds)
    func `pages of rows follow each other without a gap, in every order and back`(_ kind: Kind) throws {
        // Values that many rows share, and rows without one.
        let records = (0..<130).map { number in
            "{\"id\":\(number),\"group\":\(number % 7 == 0 ? "null" : String(number % 3)),\"ratio\":\(Double(number * 37 % 130) / 7)}"
        }
        let place = try Place(kind, records: records.joined(separator: "\n"))
        for order in ["", "sort=group", "sort=group&dir=desc", "sort=ratio&dir=desc", "sort=_dlt_id", "sort=at"] {
            var pages = [try place.dashboard.get("/p/\(place.pipeline)/t/orders?\(order)&complete=rows").text]
            while let next = Self.step("next", pages[pages.count - 1]) {
                pages.append(try place.dashboard.get(next).text)
            }
            let ids = pages.map(Self.ids)
            #expect(ids.map(\.count) == [50, 50, 30], "\(order)")
            #expect(Set(ids.joined()).count == 130, "\(order)")
            if let sort = order.firstMatch(of: #/sort=(group|ratio)/#)?.1 {
                let descending = order.hasSuffix("desc") ? " DESC" : ""
                let sorted = try place.ask(
                    "SELECT _dlt_id FROM orders ORDER BY \"\(sort)\" IS NULL, \"\(sort)\"\(descending), _dlt_id")
                #expect(sorted["rows"]?.arrayValue?.compactMap { $0["_dlt_id"]?.stringValue } == Array(ids.joined()))
            }
            // PostgreSQL finds no way back through the places of rows.
            guard kind != .postgresql || order.hasPrefix("sort=") && order != "sort=at" else { continue }
            var back = [pages[pages.count - 1]]
            while let before = Self.step("prev", back[0]) { back.insert(try place.dashboard.get(before).text, at: 0) }
            #expect(back.map(Self.ids) == ids, "\(order)")
        }
    }

    /// Where a page leads to.
    private static func step(_ relation: String, _ page: String) -> String? {
        page.matches(of: #/<a rel="([a-z]+)" href="([^"]*)"/#).first { $0.1 == relation }
            .map { String($0.2).replacing("&amp;", with: "&") }
    }

    /// The rows of a page, by the links to them.
    private static func ids(_ page: String) -> [String] {
        page.matches(of: #/<td><a href="[^"]*/t/orders/([^"?]*)\?at=[^"]*">/#).map {
            String($0.1).replacing("%2F", with: "/").replacing("%2B", with: "+")
        }
    }

    @Test func `a file that is counted in portions has each of its rows counted once`() throws {
        let records = (0..<130).map { "{\"id\":\($0),\"group\":\($0 % 3)}" }
        let place = try Place(.sqlite, records: records.joined(separator: "\n"))
        // Gaps between the places of rows, so that there are many portions.
        try Database.open(place.dashboard.folder.path("shop.db"), flags: .readWrite).execute(
            "UPDATE orders SET rowid = -rowid; UPDATE orders SET rowid = -rowid * 1000000 - 70000000")
        let page = try place.json("t/orders.json?facet=group&complete=1")
        #expect(page["count"] == 130 && page["partial"] == false)
        #expect(
            page["values"] == [
                ["value": 0, "count": 44], ["value": 1, "count": 43], ["value": 2, "count": 43],
            ])
        #expect(
            try place.json("t.json?complete=1")["tables"]?.arrayValue?.first { $0["table"] == "orders" }?["rows"] == 130
        )
        #expect(try place.json("t/orders.json?facet=group&f.group=1&complete=1")["count"] == 43)
    }

    @Test(arguments: kinds)
    func `a row is found where its link says it lies, and elsewhere if it has moved`(_ kind: Kind) throws {
        let records = (1...3).map { "{\"id\":\($0),\"lines\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}" }
        let place = try Place(kind, records: records.joined(separator: "\n"))
        let page = try place.dashboard.get("/p/\(place.pipeline)/t/orders").text
        let links = page.matches(of: #/<td><a href="([^"]*/t/orders/[^"?]*)\?at=([^"]*)">/#)
        try #require(links.count == 3)
        // In a hurry a page may have found nothing yet, but never another row.
        for (number, link) in zip(1..., links) {
            for at in [link.2, links[number % 3].2, "x", "%280%2C0%29", "-1", ""] {
                let quick = try place.dashboard.json("\(link.1).json?at=\(at)")
                #expect(quick["row"]?["id"]?.intValue ?? number == number, "\(at)")
                let whole = try place.dashboard.json("\(link.1).json?at=\(at)&complete=1")
                #expect(whole["partial"] == false && whole["row"]?["id"]?.intValue == number, "\(at)")
                #expect(whole["row"]?["lines"]?.arrayValue?.count == 2, "\(at)")
            }
        }
        #expect(
            try place.dashboard.get("/p/\(place.pipeline)/t/orders/nothing?at=\(links[0].2)&complete=1").status == 404)
    }

    @Test(arguments: kinds)
    func `the place in a link decides between rows of one id`(_ kind: Kind) throws {
        let place = try Place(kind)
        let table = "CREATE TABLE twins AS SELECT 'same' AS _dlt_id, id AS number FROM orders"
        switch kind {
        case .sqlite:
            try Database.open(place.dashboard.folder.path("shop.db"), flags: .readWrite).execute(table)
        case .postgresql:
            let server = try Connection.open([("dbname", PostgreSQLServer.url ?? "")], timeout: 10)
            _ = try server.execute("SET search_path = \(place.pipeline)_dataset")
            _ = try server.execute(table)
        case .duckdb: return
        }
        let page = try place.dashboard.get("/p/\(place.pipeline)/t/twins").text
        let links = page.matches(of: #/<td><a href="([^"?]*/t/twins/same)\?at=([^"]*)">/#)
        #expect(links.count == 3)
        for (number, link) in zip(1..., links) {
            let found = try place.dashboard.json("\(link.1).json?at=\(link.2)&complete=1")
            #expect(found["row"]?["number"]?.intValue == number)
        }
    }

    @Test func `a record in a file without indexes is found in portions, with all that is below it`() throws {
        let records = (1...40).map { "{\"id\":\($0),\"lines\":[{\"n\":1},{\"n\":2},{\"n\":3}]}" }
        let place = try Place(.sqlite, records: records.joined(separator: "\n"))
        let database = try Database.open(place.dashboard.folder.path("shop.db"), flags: .readWrite)
        // Gaps between the places of rows, so that there are many portions; and the later ones of a list lie first.
        for table in ["orders", "orders__lines"] {
            try database.execute(
                "UPDATE \(table) SET rowid = -rowid; UPDATE \(table) SET rowid = rowid * 1000000 + 70000000")
        }
        let sorted = try #require(place.json("t/orders.json?sort=id&complete=1")["rows"]?.arrayValue)
        for row in [sorted[0], sorted[39]] {
            let id = try #require(row["_dlt_id"]?.stringValue)
            let found = try place.json("t/orders/\(Place.encoded(id)).json?complete=1")
            #expect(found["partial"] == false && found["row"]?["id"] == row["id"])
            #expect(found["row"]?["lines"] == [["n": 1], ["n": 2], ["n": 3]])
        }
        let child = try #require(place.json("t/orders__lines.json?sort=_dlt_id&complete=1")["rows"]?.arrayValue?.first)
        let id = try #require(child["_dlt_id"]?.stringValue)
        #expect(try place.json("t/orders__lines/\(Place.encoded(id)).json?complete=1")["row"]?["n"] == child["n"])
    }

    @Test(arguments: kinds)
    func `pages of a view that many rows share a value in show each row once`(_ kind: Kind) throws {
        let records = (0..<130).map { "{\"id\":\($0),\"group\":\($0 % 3),\"more\":[\($0)]}" }
        let place = try Place(kind, records: records.joined(separator: "\n"))
        let view = "CREATE VIEW seen AS SELECT id, \"group\", more FROM"
        switch kind {
        case .sqlite:
            try Database.open(place.dashboard.folder.path("shop.db"), flags: .readWrite).execute("\(view) orders")
        case .postgresql:
            let server = try Connection.open([("dbname", PostgreSQLServer.url ?? "")], timeout: 10)
            let dataset = "\(place.pipeline)_dataset"
            _ = try server.execute(view.replacing("seen", with: "\(dataset).seen") + " \(dataset).orders")
        case .duckdb: return
        }
        var ids: [Int] = []
        for from in [0, 50, 100] {
            let page = try place.json("t/seen.json?sort=group&complete=1&from=\(from)")
            ids += page["rows"]?.arrayValue?.compactMap { $0["id"]?.intValue } ?? []
        }
        #expect(Set(ids).count == 130 && ids.count == 130)
    }

    @Test func `tables of other programs and values that look alike are counted`() throws {
        let place = try Place(.sqlite)
        try Database.open(place.dashboard.folder.path("shop.db"), flags: .readWrite).execute(
            """
            CREATE TABLE unplaced (a TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO unplaced VALUES ('x'), ('y');
            CREATE TABLE least (a INT); INSERT INTO least (rowid, a) VALUES (-9223372036854775808, 1), (5, 1);
            CREATE TABLE alike (a TEXT); INSERT INTO alike VALUES ('\u{e9}'), ('e\u{301}'), ('e\u{301}');
            """)
        #expect(try place.json("t/unplaced.json?complete=1")["count"] == 2)
        #expect(try place.json("t/least.json?complete=1")["count"] == 2)
        #expect(try place.json("t/unplaced.json?sort=a&dir=desc")["rows"] == [["a": "y"], ["a": "x"]])
        let values = try place.json("t/alike.json?facet=a&complete=1")["values"]?.arrayValue ?? []
        #expect(values.map { $0["count"]?.intValue } == [2, 1])
    }

    @Test(.enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
    func `a partitioned table shows each of its rows once`() throws {
        let place = try Place(.postgresql)
        let server = try Connection.open([("dbname", PostgreSQLServer.url ?? "")], timeout: 10)
        let table = "\(place.pipeline)_dataset.parts"
        for sql in [
            "CREATE TABLE \(table) (id int) PARTITION BY RANGE (id)",
            "CREATE TABLE \(table)_1 PARTITION OF \(table) FOR VALUES FROM (0) TO (60)",
            "CREATE TABLE \(table)_2 PARTITION OF \(table) FOR VALUES FROM (60) TO (120)",
            "INSERT INTO \(table) SELECT generate_series(0, 119)",
        ] { _ = try server.execute(sql) }
        for order in ["", "sort=id&complete=rows"] {
            var ids: [Int] = []
            var next: String? = "/p/\(place.pipeline)/t/parts?\(order)"
            while let page = next, ids.count < 200 {
                let rows = try place.dashboard.json(page.replacing("/parts?", with: "/parts.json?"))["rows"]?.arrayValue
                ids += rows?.compactMap { $0["id"]?.intValue } ?? []
                next = Self.step("next", try place.dashboard.get(page).text)
            }
            #expect(ids.sorted() == Array(0..<120), "\(order)")
        }
    }

    @Test(.enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
    func `a query whose page is closed ends on the server`() throws {
        let place = try Place(.postgresql)
        let mark = "mark_\(place.pipeline)"
        let sql = "SELECT count(*) AS \(mark) FROM generate_series(1, 100000000000)"
        let client = try OpenRequest("/p/\(place.pipeline)/sql?q=\(Place.encoded(sql))", of: place.dashboard)
        let server = try Connection.open([("dbname", PostgreSQLServer.url ?? "")], timeout: 10)
        func isRunning() throws -> Bool {
            let found = try server.execute(
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%AS \(mark) FROM%' AND pid <> pg_backend_pid() AND state = 'active'"
            )
            return found.rowCount > 0
        }
        #expect(try eventually(isRunning))
        client.close()
        // Its own time is 30 seconds.
        #expect(try eventually(seconds: 10) { try !isRunning() })
    }
}

/// Asks until it is so.
private func eventually(seconds: Int = 25, _ condition: () throws -> Bool) throws -> Bool {
    let end = Clock.monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
    while Clock.monotonicNanoseconds() < end { if try condition() { return true } }
    return false
}
