import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// The data twin of each page over a spool that was recorded once (Recorded/record), so that a change of any of them is seen.
///
/// With DLT_RECORD_GOLDEN=1 the files in Recorded/pages are written anew.
@Suite struct GoldenTests {
    private static let recorded = Paths.join(Paths.parent(#filePath), "Recorded")
    /// Where the test runs, which is another folder each time.
    private static let mark = "@FOLDER@"

    private func prepared() throws -> WorkDirectory {
        let folder = try WorkDirectory()
        let copied = try run(
            argv: ["cp", "-r", Paths.join(Self.recorded, "data"), folder.path("data")], stdin: [])
        try #require(copied.status == 0, "\(copied)")
        for name in ["shop", "billing"] {
            let home = "data/spool/\(name)/pipeline.json"
            try folder.write(home, folder.text(home).replacing(Self.mark, with: folder.path))
            let sql = String(decoding: try Files.readAll(Paths.join(Self.recorded, "\(name).sql")), as: UTF8.self)
            try Database.open(folder.path("\(name).db"), flags: .create).execute(sql)
        }
        return folder
    }

    private func places(_ folder: WorkDirectory) throws -> [(name: String, path: String)] {
        var places = [(name: "overview", path: "/index.json"), (name: "search", path: "/search.json?q=sku")]
        for pipeline in ["shop", "billing"] {
            let base = "/p/\(pipeline)"
            for page in ["runs", "packages", "schema", "schema/history", "state", "contracts", "t"] {
                let name = page.split(separator: "/").last.map(String.init) ?? page
                places.append(("\(pipeline)-\(name)", "\(base)/\(page).json\(page == "t" ? "?complete=1" : "")"))
            }
            places.append((pipeline, "\(base).json"))
            for (index, run) in try folder.list("data/spool/\(pipeline)/runs").sorted().enumerated() {
                places.append(("\(pipeline)-run-\(index + 1)", "\(base)/r/\(run).json"))
            }
            for place in ["loaded", "failed", "packages"]
            where Files.exists(folder.path("data/spool/\(pipeline)/\(place)")) {
                for (index, id) in try folder.list("data/spool/\(pipeline)/\(place)").sorted().enumerated() {
                    places.append(("\(pipeline)-\(place)-\(index + 1)", "\(base)/k/\(id).json"))
                }
            }
        }
        return places + [
            ("table", "/p/shop/t/orders.json?sort=id&dir=desc&complete=1"),
            ("table-values", "/p/shop/t/orders__lines.json?facet=sku&complete=1"),
            ("sql", "/p/shop/sql.json?q=SELECT+id,note+FROM+orders+ORDER+BY+1"),
            ("sql-refused", "/p/shop/sql.json?q=DELETE+FROM+orders"),
        ]
    }

    @Test func `the data of a recorded spool is what it was`() throws {
        let folder = try prepared()
        let dashboard = try RunningDashboard(over: folder)
        var places = try places(folder)
        let rows = try dashboard.json("/p/shop/t/orders.json?sort=id&complete=1")["rows"]?.arrayValue
        let id = try #require(rows?.first?["_dlt_id"]?.stringValue)
        places.append(
            ("row", "/p/shop/t/orders/\(id.replacing("/", with: "%2F").replacing("+", with: "%2B")).json?complete=1"))
        let byURL = try RunningDashboard(
            over: folder, ["--port", "0", "--url", "sqlite:///" + folder.path("shop.db")], hasSpool: false)
        try compare(places, dashboard, folder)
        try compare(
            [
                ("url-overview", "/index.json"), ("url-dataset", "/p/main.json"), ("url-state", "/p/main/state.json"),
                ("url-history", "/p/main/schema/history.json"),
            ], byURL, folder)
    }

    private func compare(
        _ places: [(name: String, path: String)], _ dashboard: RunningDashboard, _ folder: WorkDirectory
    ) throws {
        for (name, path) in places {
            let answer = try dashboard.get(path)
            #expect(answer.status == 200, "\(path)")
            let text = answer.text.replacing(folder.path, with: Self.mark)
            let file = Paths.join(Self.recorded, "pages/\(name).json")
            if Environment.get("DLT_RECORD_GOLDEN") != nil {
                try Files.makeDirectory(Paths.parent(file), mode: 0o755, intermediates: true)
                try Files.atomicWrite(file, Array(text.utf8), mode: 0o644)
                continue
            }
            let golden = String(decoding: try Files.readAll(file), as: UTF8.self)
            #expect(text == golden, "\(path) differs from \(name).json; DLT_RECORD_GOLDEN=1 records it anew")
        }
    }
}
