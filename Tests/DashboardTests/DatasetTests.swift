import JSONText
import TestSupport
import Testing

/// Datasets by their URL, without a spool; and several data directories at once.
@Suite struct DatasetTests {
    private func load(_ folder: WorkDirectory, _ script: String, _ environment: [String: String]) throws {
        let made = try runShell(
            "set -e; load() { dlt-extract files \"$1\" --resource orders --pipeline \"$2\" --cursor at -q | dlt-normalize -q | dlt-load -q \"$URL\" --dataset \"$3\"; }; \(script)",
            environment: environment.merging(["DLT_DATA_DIR": folder.path("data")]) { $1 },
            currentDirectory: folder.path)
        guard made.status == 0 else { throw SampleFailure(description: "\(made)") }
    }

    private func files(_ folder: WorkDirectory) throws {
        try folder.write("a.jsonl", "{\"id\":1,\"at\":\"2026-01-01T00:00:00Z\",\"lines\":[{\"sku\":\"a\"}]}\n")
        try folder.write("b.jsonl", "{\"id\":2,\"at\":\"2026-01-02T00:00:00Z\",\"note\":\"n\",\"lines\":[]}\n")
    }

    @Test(arguments: DatabaseTests.kinds)
    func `a dataset is shown by its URL alone`(_ kind: DatabaseTests.Kind) throws {
        let folder = try WorkDirectory()
        try files(folder)
        let dataset = PostgreSQLServer.uniqueName("ds")
        let url =
            switch kind {
            case .sqlite: "sqlite:///" + folder.path("shop.db")
            case .duckdb: "duckdb:///" + folder.path("shop.duckdb")
            case .postgresql: PostgreSQLServer.tcpURL ?? ""
            }
        try load(
            folder, "load a.jsonl one \(dataset); load b.jsonl one \(dataset); load a.jsonl two \(dataset); rm -r data",
            ["URL": url])
        // It has its own data directory, where nothing is.
        let dashboard = try RunningDashboard(
            over: folder, ["--port", "0", "--url", url, "--dataset", dataset], hasSpool: false)
        let overview = try dashboard.json("/index.json")
        let entry = try #require(overview["datasets"]?.arrayValue?.first)
        #expect(entry["dataset"] == .string(dataset) && entry["loads"] == 3 && entry["tables"] == 2)
        #expect(entry["last_load"]?.stringValue?.hasPrefix("20") == true)
        let base = "/p/\(dataset)"
        let facts = try dashboard.json("\(base).json")
        #expect(facts["newest_loads"]?.arrayValue?.count == 3)
        #expect(
            Set(facts["pipelines"]?.arrayValue?.compactMap { $0["pipeline"]?.stringValue } ?? []) == ["one", "two"])
        // Every page, but for runs and packages, of which a database knows nothing.
        let history = try dashboard.json("\(base)/schema/history.json?name=one")
        #expect(history["versions"]?.arrayValue?.count == 2 && history["complete"] == true)
        #expect(history["versions"]?.arrayValue?.last?["changes"]?.arrayValue?.first?["column"] == "note")
        #expect(try dashboard.json("\(base)/schema.json?name=two")["schema"]?["name"] == "two")
        let state = try dashboard.json("\(base)/state.json?of=one")
        #expect(state["cursors"]?.arrayValue?.first?["last_value"] == "2026-01-02T00:00:00Z")
        let rows = try dashboard.json("\(base)/t/orders.json")["rows"]?.arrayValue
        #expect(rows?.count == 3)
        let id = try #require(rows?.first?["_dlt_id"]?.stringValue)
        #expect(
            try dashboard.json(
                "\(base)/t/orders/\(id.replacing("/", with: "%2F").replacing("+", with: "%2B")).json?complete=1")[
                    "row"]?["lines"] == [["sku": "a"]])
        #expect(try dashboard.json("\(base)/sql.json?q=SELECT+count(*)+AS+n+FROM+orders")["rows"] == [["n": 3]])
        #expect(
            try dashboard.json("\(base)/t.json?complete=1")["tables"]?.arrayValue?.first { $0["table"] == "orders" }?[
                "rows"] == 3)
        for page in ["", "/schema", "/schema/history", "/state", "/contracts", "/t", "/t/orders", "/sql?q=SELECT+1"] {
            let text = try dashboard.get(base + page).text
            #expect(!text.contains("/runs\"") && !text.contains("/packages\""), "\(page)")
            // A password in the URL is nobody's business.
            #expect(
                PostgreSQLServer.tcpURL?.firstMatch(of: #/:([^:@\/]+)@/#).map { !text.contains(":\($0.1)@") } ?? true)
        }
        for page in ["/runs", "/packages", "/r/1"] { #expect(try dashboard.get(base + page).status == 404, "\(page)") }
        #expect(try dashboard.get("/p/nothing").status == 404)
        #expect(try dashboard.get("/metrics").text.contains("dlt_last_load_timestamp_seconds{pipeline=\"\(dataset)\"}"))
        #expect(try dashboard.get("/search?q=sku").text.contains("orders__lines"))
    }

    @Test func `what cannot be read by a URL is said at the start`() throws {
        let folder = try WorkDirectory()
        for (url, status) in [
            ("sqlite:///x.db", 66), ("sqlite:///nowhere/x.db", 66), ("nonsense", 64), ("bigquery://x", 64),
        ] {
            let refused = try run(
                program: "dlt-dashboard", arguments: ["--port", "0", "--url", url], currentDirectory: folder.path,
                timeoutSeconds: 10)
            #expect(refused.status == status && refused.stderr.contains("unable to"), "\(refused)")
        }
        let both = try run(
            program: "dlt-dashboard", arguments: ["--url", "sqlite:///x.db", "--data-dir", "data"], timeoutSeconds: 10)
        #expect(both.status == 64 && both.stderr.contains("--data-dir"), "\(both)")
    }

    @Test func `a dataset that cannot be read is not called healthy`() throws {
        let folder = try WorkDirectory()
        try files(folder)
        try load(folder, "load a.jsonl shop main; rm -r data", ["URL": "sqlite:///shop.db"])
        let dashboard = try RunningDashboard(
            over: folder, ["--port", "0", "--url", "sqlite:///" + folder.path("shop.db"), "--dataset", "main"],
            hasSpool: false)
        #expect(try dashboard.get("/metrics").text.contains("dlt_healthy{pipeline=\"main\"} 1"))
        try folder.write("shop.db", String(repeating: "not a database\n", count: 100))
        let metrics = try dashboard.get("/metrics").text
        #expect(metrics.contains("TYPE dlt_healthy") && !metrics.contains("dlt_healthy{"))
    }

    @Test func `pipelines of several data directories stand side by side, even of one name`() throws {
        let folder = try WorkDirectory()
        try files(folder)
        try load(
            folder,
            """
            load a.jsonl shop main; load a.jsonl only main
            export DLT_DATA_DIR="$PWD/other" URL=sqlite:///other.db; load b.jsonl shop main; load a.jsonl second main
            """, ["URL": "sqlite:///shop.db"])
        let dashboard = try RunningDashboard(over: folder, ["--data-dir", folder.path("other"), "--port", "0"])
        let pipelines = try #require(dashboard.json("/index.json")["pipelines"]?.arrayValue)
        #expect(
            Set(pipelines.compactMap { $0["pipeline"]?.stringValue }) == ["shop", "only", "second"]
                && pipelines.count == 4)
        #expect(
            Set(pipelines.compactMap { $0["data_directory"]?.stringValue }) == [
                folder.path("data"), folder.path("other"),
            ])
        func lastValue(_ base: String) throws -> JSONValue? {
            try dashboard.json("\(base)/p/shop/state.json")["cursors"]?.arrayValue?.first?["last_value"]
        }
        #expect(try lastValue("") == "2026-01-01T00:00:00Z")
        #expect(try lastValue("/d/2") == "2026-01-02T00:00:00Z")
        for path in ["/d/2/p/only", "/d/3/p/shop", "/d/1/p/shop", "/d/2/metrics"] {
            #expect(try dashboard.get(path).status == 404, "\(path)")
        }
        // All links of a page of the second directory stay in it.
        let page = try dashboard.get("/d/2/p/shop").text
        for link in page.matches(of: #/href="(\/[^"#?]*)/#).map({ String($0.1) }) where link.contains("/p/") {
            #expect(link.hasPrefix("/d/2/p/shop"), "\(link)")
            #expect(try dashboard.get(link).status == 200, "\(link)")
        }
        #expect(try dashboard.get("/search?q=second").text.contains("href=\"/d/2/p/second\""))
        #expect(try dashboard.get("/metrics").text.contains("{pipeline=\"shop\",data_dir=\"\(folder.path("other"))\"}"))
        let made = try run(
            program: "dlt-dashboard",
            arguments: [
                "--data-dir", folder.path("data"), "--data-dir", folder.path("other"), "--export", folder.path("out"),
            ])
        #expect(made.status == 0, "\(made)")
        #expect(try folder.text("out/d/2/p/shop/state/index.html").contains("2026-01-02"))
        #expect(try folder.text("out/p/shop/state/index.html").contains("2026-01-01"))
        #expect(try folder.text("out/d/2/p/shop/index.html").contains("href=\"../../../../index.html\""))
    }
}
