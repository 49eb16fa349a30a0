import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// The pages over a spool that the programs have made.
@Suite struct PageTests {
    private let sample: SampleSpool
    private let dashboard: RunningDashboard

    init() throws {
        sample = try SampleSpool()
        dashboard = try RunningDashboard(over: sample.folder)
    }

    /// Addresses in attributes of a page, without escapes.
    private func links(_ page: String) -> [String] {
        page.matches(of: #/(?:href|src|action)="([^"]*)"/#).map { String($0.1).replacing("&amp;", with: "&") }
    }

    @Test func `every link leads to a page of ours, and nothing is changed`() throws {
        let before = try sample.contents()
        var open = ["/"]
        var seen: Set<String> = ["/"]
        while let path = open.popLast() {
            let answer = try dashboard.get(path)
            #expect(answer.status == 200, "\(path)")
            guard answer.header("content-type")?.hasPrefix("text/html") ?? false else { continue }
            #expect(!answer.text.contains("alert('x')</script>") && !answer.text.contains("\u{202E}"), "\(path)")
            for link in links(answer.text) {
                #expect(link.hasPrefix("/") && !link.hasPrefix("//") || link.hasPrefix("#"), "\(link) of \(path)")
                let target = String(link.prefix { $0 != "#" })
                // Questions can be combined without end; each is asked once.
                if path.contains("?") && target.contains("?") { continue }
                if !target.isEmpty && seen.insert(target).inserted { open.append(target) }
            }
        }
        // Pages, twins, assets.
        #expect(seen.count > 60)
        #expect(try sample.contents() == before)
    }

    @Test func `the overview says how every pipeline is, the worst first`() throws {
        let pipelines = try #require(dashboard.json("/index.json")["pipelines"]?.arrayValue)
        let names = pipelines.map { $0["pipeline"]?.stringValue ?? "" }
        #expect(names == ["billing", "shop", "odd name"])
        #expect(pipelines.map { $0["status"]?.stringValue } == ["failed", "waiting", "done"])
        #expect(pipelines[1]["waiting"]?.intValue == 1 && pipelines[1]["loaded"]?.intValue == 2)
        #expect(pipelines[1]["recent_rows"] == [3, 2])
        let text = try dashboard.get("/").text
        #expect(text.contains("<caption>Pipelines, failures first</caption>"))
    }

    @Test func `a failed package is shown with its reason and the command that goes on`() throws {
        let page = try dashboard.get("/p/billing")
        #expect(page.text.contains("UNIQUE constraint failed: pay.id"))
        let runs = try #require(dashboard.json("/p/billing.json")["timeline"]?.arrayValue)
        #expect(runs.map { $0["outcome"]?.stringValue } == ["failed", "done"])
        let entries = try #require(dashboard.json("/p/billing/packages.json")["packages"]?.arrayValue)
        let failed = try #require(entries.first { $0["place"]?.stringValue == "failed" })
        let id = try #require(failed["load_id"]?.stringValue)
        let package = try dashboard.get("/p/billing/k/\(id)")
        #expect(
            package.text.contains(
                "dlt-state packages retry --pipeline billing \(id) --data-dir \(sample.folder.path("data"))"))
        let data = try dashboard.json("/p/billing/k/\(id).json")
        #expect(data["reason"]?["status"]?.intValue == 65)
        #expect(data["checks"] == ["sound", "sound"])
    }

    @Test func `a waiting package says what it changes in schema and state`() throws {
        let entries = try #require(dashboard.json("/p/shop/packages.json")["packages"]?.arrayValue)
        let id = try #require(entries.first { $0["place"]?.stringValue == "waiting" }?["load_id"]?.stringValue)
        let data = try dashboard.json("/p/shop/k/\(id).json")
        let changes = data["schema_changes"]?.arrayValue ?? []
        #expect(changes.map { $0["column"]?.stringValue } == ["extra__x"])
        let page = try dashboard.get("/p/shop/k/\(id)").text
        #expect(page.contains("column <code>extra__x</code> came to <code>orders</code>: double"))
        #expect(page.contains("2026-01-03") && page.contains("2026-01-02"))
        #expect(page.contains("--dry-run"))
    }

    @Test func `damage of a package is found by its checksum`() throws {
        let id = try #require(sample.folder.list("data/spool/shop/packages").first { !$0.hasPrefix(".") })
        let job = try #require(sample.folder.list("data/spool/shop/packages/\(id)/jobs").first)
        try sample.folder.write("data/spool/shop/packages/\(id)/jobs/\(job)", "broken")
        let page = try dashboard.get("/p/shop/k/\(id)")
        #expect(page.status == 200 && page.text.contains("damaged"))
    }

    @Test func `history says which load brought which column`() throws {
        let data = try dashboard.json("/p/shop/schema/history.json")
        let versions = try #require(data["versions"]?.arrayValue)
        #expect(versions.map { $0["version"]?.intValue } == [1, 2, 3])
        #expect(versions[1]["changes"]?.arrayValue?.map { $0["column"]?.stringValue } == ["note"])
        let loads = try sample.folder.list("data/spool/shop/loaded")
        #expect(versions[1]["load_id"]?.stringValue == loads.last)
        #expect(data["complete"]?.boolValue == true)
        let page = try dashboard.get("/p/shop/schema/history").text
        #expect(page.contains("column <code>note</code> came to <code>orders</code>: text"))
    }

    @Test func `while the database is held pages say busy, and show what the spool has`() throws {
        let holder = try Database.open(sample.folder.path("shop.db"), flags: .readWrite)
        try holder.execute("PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE")
        let page = try dashboard.get("/p/shop/schema/history")
        #expect(page.status == 200 && page.text.contains("The database is busy"))
        #expect(try dashboard.json("/p/shop/schema/history.json")["complete"]?.boolValue == false)
    }

    @Test func `state shows cursors, and shows hostile values as text`() throws {
        let cursors = try #require(dashboard.json("/p/shop/state.json")["cursors"]?.arrayValue)
        #expect(cursors.count == 1 && cursors[0]["cursor"]?.stringValue == "at")
        #expect(cursors[0]["last_value"]?.stringValue == "2026-01-02T00:00:00Z")
        let odd = try dashboard.get("/p/odd%20name/state").text
        #expect(odd.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\\u{202e}"))
    }

    @Test func `tables, rows and records are shown as the database has them`() throws {
        let tables = try #require(dashboard.json("/p/shop/t.json?complete=1")["tables"]?.arrayValue)
        let rows = tables.first { $0["table"]?.stringValue == "orders__lines" }?["rows"]?.intValue
        #expect(rows == 3)
        let sorted = try dashboard.json("/p/shop/t/orders.json?sort=id&dir=desc&complete=1")
        let all = try #require(sorted["rows"]?.arrayValue)
        #expect(all.map { $0["id"]?.intValue } == [2, 1])
        let filtered = try dashboard.json("/p/shop/t/orders.json?f.id=1&complete=1")["rows"]?.arrayValue
        #expect(filtered?.count == 1)
        let id = try #require(filtered?.first?["_dlt_id"]?.stringValue)
        let encoded = id.replacing("/", with: "%2F")
        let record = try dashboard.json("/p/shop/t/orders/\(encoded).json?complete=1")["row"]
        #expect(record?["lines"] == [["sku": "a"], ["sku": "b"]])
        let page = try dashboard.get("/p/shop/t/orders/\(encoded)?complete=1").text
        #expect(page.contains("Brought by the load of"))
        #expect(try dashboard.get("/p/shop/t/none").status == 404)
        #expect(try dashboard.get("/p/shop/t/orders/none?complete=1").status == 404)
    }

    @Test func `a filter is a value and never a part of the statement`() throws {
        let hostile = "1%27%20OR%20%271%27=%271"
        #expect(try dashboard.json("/p/shop/t/orders.json?f.id=\(hostile)&complete=1")["rows"] == [])
        #expect(
            try dashboard.get("/p/shop/t/orders?sort=id%22;DROP%20TABLE%20orders&f.x%22=1&from=-5&dir=x").status == 200)
    }

    @Test func `queries are answered, and what would change or reach anything is refused`() throws {
        func ask(_ sql: String) throws -> JSONValue {
            let text = sql.utf8.map { "%" + String(UInt($0) + 256, radix: 16).suffix(2) }.joined()
            return try dashboard.json("/p/shop/sql.json?q=\(text)")
        }
        #expect(try ask("SELECT count(*) AS n FROM orders")["rows"] == [["n": 2]])
        #expect(try ask("SELECT nothing FROM orders")["error"]?.stringValue != nil)
        let before = try sample.folder.bytes("shop.db")
        let files = try sample.folder.list()
        for sql in [
            "DELETE FROM orders", "WITH x AS (SELECT 1) DELETE FROM orders", "DROP TABLE orders",
            "SELECT 1; DELETE FROM orders",
            "ATTACH 'other.db' AS o", "VACUUM INTO 'copy.db'", "PRAGMA user_version = 7", "PRAGMA journal_mode = WAL",
            "BEGIN EXCLUSIVE", "SELECT load_extension('x')", "SELECT writefile('x', 'y')",
            "SELECT readfile('/etc/passwd')",
            "CREATE TEMP TABLE t AS SELECT 1", "INSERT INTO orders(id) VALUES (9)", "UPDATE orders SET id = 9",
            "REINDEX", "ANALYZE",
        ] {
            let answer = try ask(sql)
            #expect(answer["error"]?.stringValue != nil && answer["rows"] == nil, "\(sql): \(answer)")
        }
        #expect(try sample.folder.bytes("shop.db") == before)
        #expect(try sample.folder.list() == files)
        let off = try RunningDashboard(over: sample.folder, ["--port", "0", "--sql", "off"])
        #expect(try off.get("/p/shop/sql?q=SELECT+1").status == 404)
    }

    @Test func `search finds tables and columns`() throws {
        let found = try #require(dashboard.json("/search.json?q=sku")["found"]?.arrayValue)
        let tables = found.compactMap { $0["table"]?.stringValue }
        #expect(tables.contains("orders__lines"))
        let page = try dashboard.get("/search?q=%3Cscript%3Ealert(%27x%27)")
        #expect(page.status == 200 && page.text.contains("&lt;script&gt;"))
    }

    @Test func `links to a table of another schema lead to that schema`() throws {
        try sample.folder.write(
            "second.yaml",
            "name: second\ntables: {extra_table: {columns: {only_here: {data_type: text, nullable: true}}}}\n")
        let made = try run(
            program: "dlt-schema",
            arguments: [
                "import", sample.folder.path("second.yaml"), "--pipeline", "shop", "--data-dir",
                sample.folder.path("data"),
            ])
        #expect(made.status == 0, "\(made)")
        for page in ["/search?q=only_here", "/p/shop/contracts"] {
            let found = links(try dashboard.get(page).text).filter { $0.hasSuffix("#t-extra_table") }
            let link = try #require(found.first, "\(page)")
            #expect(
                try dashboard.get(String(link.prefix { $0 != "#" })).text.contains("id=\"t-extra_table\""), "\(page)")
        }
    }

    @Test func `metrics are as Prometheus reads them`() throws {
        let answer = try dashboard.get("/metrics")
        #expect(answer.header("content-type")?.hasPrefix("text/plain; version=0.0.4") ?? false)
        #expect(answer.text.contains("dlt_packages_failed{pipeline=\"billing\"} 1\n"))
        #expect(answer.text.contains("dlt_packages_waiting{pipeline=\"shop\"} 1\n"))
        for line in answer.text.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(line.wholeMatch(of: #/[a-z_]+\{pipeline="[^"]*"\} -?\d+/#) != nil, "\(line)")
        }
    }

    @Test func `open pages are told when something has changed`() throws {
        guard try runShell("command -v curl").status == 0 else { return }
        let heard = try runShell(
            """
            curl -sN --max-time 10 -H "Authorization: Bearer \(dashboard.token)" -H 'Last-Event-ID: old' \
            http://127.0.0.1:\(dashboard.port)/events | grep -m1 -A1 '^event: change'
            """)
        #expect(heard.stdout == "event: change\ndata: {}\n", "\(heard)")
    }

    @Test func `exported pages stand alone, and their links lead to files`() throws {
        let folder = sample.folder
        let made = try run(
            program: "dlt-dashboard", arguments: ["--data-dir", folder.path("data"), "--export", folder.path("out")])
        #expect(made.status == 0 && made.stderr.contains("wrote"), "\(made)")
        let pages = try run(argv: ["find", folder.path("out"), "-name", "index.html"], stdin: []).lines
        #expect(pages.count > 20)
        for page in pages {
            for link in links(String(decoding: try Files.readAll(page), as: UTF8.self)) {
                let target = link.prefix { $0 != "#" }
                if target.isEmpty { continue }
                #expect(!target.hasPrefix("/") && !target.contains(":"), "\(link) of \(page)")
                let decoded = String(target).replacing("%25", with: "\u{1}").removingPercents.replacing(
                    "\u{1}", with: "%")
                #expect(Files.exists(Paths.join(Paths.parent(page), decoded)), "\(link) of \(page)")
            }
        }
        let again = try run(
            program: "dlt-dashboard", arguments: ["--data-dir", folder.path("data"), "--export", folder.path("out")])
        #expect(again.status == 0)
        let refused = try run(
            program: "dlt-dashboard", arguments: ["--data-dir", folder.path("data"), "--export", folder.path("data")])
        #expect(refused.status == 73, "\(refused)")
    }
}

extension String {
    /// Only what needs no more than a byte.
    fileprivate var removingPercents: String {
        replacing(#/%([0-9A-Fa-f]{2})/#) { match in
            UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? ""
        }
    }
}
