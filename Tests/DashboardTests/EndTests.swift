import Glibc
import JSONText
import SystemIO
import TestSupport
import Testing

/// What happens to open pages, to loads beside them, and where files are damaged or go.
@Suite struct EndTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func `a signal ends it at once, with pages open and a query running`(signal: Int32) throws {
        let sample = try SampleSpool()
        let dashboard = try RunningDashboard(over: sample.folder)
        let events = try OpenRequest("/events", of: dashboard)
        #expect(try events.read(until: "retry:"))
        // Longer than it may take.
        let sql = "WITH+RECURSIVE+n(i)+AS+(SELECT+1+UNION+ALL+SELECT+i+FROM+n)+SELECT+count(*)+FROM+n"
        let query = try OpenRequest("/p/shop/sql?q=\(sql)", of: dashboard)
        let began = Clock.monotonicNanoseconds()
        #expect(try dashboard.end(by: signal) == .signaled(signal))
        #expect(Clock.monotonicNanoseconds() - began < 10_000_000_000)
        query.close()
    }

    @Test(arguments: DatabaseTests.kinds)
    func `no load fails beside pages that are read again and again`(_ kind: DatabaseTests.Kind) throws {
        let folder = try WorkDirectory()
        let url =
            switch kind {
            case .sqlite: "sqlite:///" + folder.path("shop.db")
            case .duckdb: "duckdb:///" + folder.path("shop.duckdb")
            case .postgresql: PostgreSQLServer.tcpURL ?? ""
            }
        let name = PostgreSQLServer.uniqueName("beside")
        let environment = ["DLT_DATA_DIR": folder.path("data"), "URL": url, "NAME": name, "LC_ALL": "C.UTF-8"]
        let one = """
            one() { echo "{\\"id\\":$1,\\"lines\\":[{\\"a\\":$1}],\\"c$1\\":1}" | dlt-normalize -q --pipeline "$NAME" --table orders | dlt-load -q "$URL"; }
            set -o pipefail
            """
        let first = try runShell(one + "\none 0", environment: environment, currentDirectory: folder.path)
        #expect(first.status == 0, "\(first)")
        let secrets = url.firstMatch(of: #/^postgresql://([^:]+):([^@]+)@/#).map {
            ["PGUSER": String($0.1), "PGPASSWORD": String($0.2)]
        }
        let dashboard = try RunningDashboard(over: folder, environment: secrets ?? [:])
        let events = try OpenRequest("/events", of: dashboard)
        #expect(try events.read(until: "retry:"))
        let path = "\(buildFolder):\(Environment.get("PATH") ?? "")"
        var loads = try ChildProcess.spawn(
            argv: [
                "bash", "-c",
                one
                    + "\nfor n in 1 2 3 4 5 6; do one $n || echo \"load $n: $?\" >> failures; done > out 2> messages; touch done",
            ],
            environment: environment.merging(["PATH": path]) { $1 }, directory: folder.path)
        let base = "/p/\(name)"
        var pages = 0
        while !Files.exists(folder.path("done")) {
            for page in ["/", base, "\(base)/t", "\(base)/t/orders?sort=id", "\(base)/schema/history", "\(base)/state"]
            {
                #expect(try dashboard.get(page).status == 200, "\(page)")
                pages += 1
            }
        }
        _ = try loads.wait()
        let messages = try folder.text("messages")
        #expect(!Files.exists(folder.path("failures")), "\(messages)")
        #expect(pages > 0)
        #expect(try dashboard.json("\(base)/t/orders.json?complete=1")["count"] == 7)
    }

    @Test func `pages stand while the data directory goes and comes back`() throws {
        let sample = try SampleSpool()
        let dashboard = try RunningDashboard(over: sample.folder)
        let paths = ["/", "/index.json", "/p/shop", "/p/shop/t", "/search?q=sku", "/metrics"]
        for path in paths { #expect(try dashboard.get(path).status == 200, "\(path)") }
        try Files.rename(sample.folder.path("data"), to: sample.folder.path("away"))
        for path in paths { #expect([200, 404].contains(try dashboard.get(path).status), "\(path)") }
        #expect(try dashboard.get("/").text.contains("There are no pipelines here yet"))
        try Files.rename(sample.folder.path("away"), to: sample.folder.path("data"))
        for path in paths { #expect(try dashboard.get(path).status == 200, "\(path)") }
    }

    private static let pages = [
        "", "/runs", "/packages", "/schema", "/schema/history", "/state", "/contracts", "/t", "/t/orders", "/sql",
    ]

    @Test func `a pipeline in which nothing is has all its pages`() throws {
        let folder = try WorkDirectory()
        try folder.write("data/spool/empty/packages/.keep", "")
        try folder.write("data/spool/runs-only/runs/.keep", "")
        let dashboard = try RunningDashboard(over: folder)
        for name in ["empty", "runs-only"] {
            for page in Self.pages { #expect(try dashboard.get("/p/\(name)\(page)").status == 200, "\(name)\(page)") }
        }
    }

    @Test func `a file that is damaged spoils no page but those about it, and they say so`() throws {
        let sample = try SampleSpool()
        let spool = "data/spool/shop"
        let run = try #require(sample.folder.list("\(spool)/runs").last { !$0.hasPrefix(".") })
        let id = try #require(sample.folder.list("\(spool)/packages").first { !$0.hasPrefix(".") })
        let files =
            ["state.json", "pipeline.json", "schemas/shop.json", "chain.jsonl"]
            + ["extract", "normalize"].map { "runs/\(run)/\($0).ndjson" }
            + ["manifest.json", "schema.json", "state.json"].map { "packages/\(id)/\($0)" }
        for file in files {
            let path = "\(spool)/\(file)"
            let whole = try sample.folder.bytes(path)
            for damage in ["", "{\"a\":", "\u{0}\u{1}\n\n[]\n"] {
                try sample.folder.write(path, damage)
                let dashboard = try RunningDashboard(over: sample.folder)
                for page in ["/", "/metrics", "/search?q=sku", "/p/billing"] {
                    #expect(try dashboard.get(page).status == 200, "\(file) \(page)")
                }
                for page in Self.pages + ["/r/\(run)", "/k/\(id)"] {
                    let answer = try dashboard.get("/p/shop\(page)")
                    #expect(
                        answer.status == 200 || answer.status == 500 && answer.text.contains("unable to"),
                        "\(file) \(page): \(answer.status)")
                    #expect(try JSONValue(parsing: dashboard.get("/p/shop\(page).json").body).objectValue != nil)
                }
            }
            try sample.folder.write(path, whole)
        }
    }
}
