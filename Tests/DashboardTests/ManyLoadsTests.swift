import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// What pages say about many loads side by side: the grid, what is unusual, what breaks contracts, the steps of a cursor.
@Suite struct ManyLoadsTests {
    private let folder: WorkDirectory
    private let dashboard: RunningDashboard

    /// Ten loads: the eighth is large, the last three break a contract, which leaves the row out.
    init() throws {
        folder = try WorkDirectory()
        for load in 1...10 {
            let rows = (0..<(load == 8 ? 500 : 10 + load % 3)).map { row -> String in
                let id = load * 1000 + row
                let odd = load > 7 && row == 1 ? ",\"size\":\"<big>\"" : ",\"size\":\(row)"
                return "{\"id\":\(id),\"tags\":[\(id)]\(odd)}\n"
            }
            try folder.write("t\(load).jsonl", rows.joined())
        }
        let made = try runShell(
            """
            for load in 1 2 3 4 5 6 7 8 9 10; do
              dlt-extract files t$load.jsonl --resource t --pipeline t --cursor id -q |
                dlt-normalize -q --schema-contract '{"data_type":"discard_row"}' --rejects rejects.jsonl |
                dlt-load -q --lock-timeout 20 sqlite:///t.db
            done
            echo '{"pipeline":"other","reason":"not of this one","time":"2026-01-01T00:00:00Z"}' >> rejects.jsonl
            """, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        guard made.status == 0 else { throw SampleFailure(description: "\(made)") }
        dashboard = try RunningDashboard(over: folder)
    }

    @Test func `loads are compared, and what broke their contracts is listed`() throws {
        try grid()
        try contracts()
        try steps()
        try profile()
    }

    private func grid() throws {
        let page = try dashboard.get("/p/t").text
        let grid = try #require(page.firstMatch(of: #/<div class="grid".*?<\/table>/#)).0
        #expect(grid.contains("<caption>Rows that each run brought"))
        #expect(grid.matches(of: #/<th scope="row">/#).count == 2)
        #expect(grid.matches(of: #/<td class=/#).count == 20)
        // Numbers are there for readers that see no colours.
        #expect(grid.contains("<span class=\"hidden\">499 rows, unusual</span>"))
        #expect(page.contains("1 marked bar outside of the usual"))
        #expect(page.contains("Time of each run"))
        let filtered = try #require(dashboard.json("/p/t.json?table=t__tags")["timeline"]?.arrayValue)
        #expect(filtered.count == 10)
        #expect(try dashboard.json("/p/t.json?table=none")["timeline"] == [])
    }

    private func contracts() throws {
        let data = try dashboard.json("/p/t/contracts.json")
        let violations = try #require(data["violations"]?.arrayValue)
        #expect(violations.count == 1)
        #expect(violations[0]["path"] == "size" && violations[0]["expected"] == "bigint")
        #expect(violations[0]["times"] == 3 && violations[0]["runs"]?.arrayValue?.count == 3)
        let rejects = try #require(data["rejects"]?.arrayValue)
        #expect(rejects.count == 3 && rejects.allSatisfy { $0["record"]?["size"] == "<big>" })
        let page = try dashboard.get("/p/t/contracts").text
        #expect(page.contains("&quot;size&quot;:<mark>&quot;&lt;big&gt;&quot;</mark>"))
        #expect(!page.contains("not of this one"))
        let command = try #require(page.firstMatch(of: #/data-copy="(jq [^"]*)"/#)).1.replacing("&#39;", with: "'")
            .replacing("&quot;", with: "\"").replacing("&gt;", with: ">").replacing("&lt;", with: "<")
        // It does what it says, once the values are corrected.
        let again = try runShell(
            "sed -i 's/\"<big>\"/7777/g' rejects.jsonl\n" + command.replacing("&amp;", with: "&"),
            environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        #expect(again.status == 0, "\(again)")
        #expect(try dashboard.json("/p/t/t/t.json?f.size=7777")["rows"]?.arrayValue?.count == 3)
        let twice = "SELECT+count(*)-count(DISTINCT+id)+AS+n+FROM+t"
        #expect(try dashboard.json("/p/t/sql.json?q=\(twice)")["rows"] == [["n": 0]])
    }

    private func steps() throws {
        func values() throws -> [String] {
            let cursors = try #require(dashboard.json("/p/t/state.json")["cursors"]?.arrayValue)
            let steps = try #require(cursors.first?["steps"]?.arrayValue)
            return steps.map { $0["last_value"]?.stringValue ?? "" }
        }
        let expected = (1...10).reversed().map { load -> String in
            let rows = load == 8 ? 500 : 10 + load % 3
            return String(load * 1000 + rows - 1)
        }
        #expect(try values() == expected)
        #expect(try dashboard.get("/p/t/state").text.contains("Steps of <code>id</code>"))
        // More states than are read, of which the older ones have the first value too: which load brought it is not known.
        try Database.open(folder.path("t.db"), flags: .readWrite).execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 159)
            INSERT INTO _dlt_pipeline_state SELECT version, engine_version, pipeline_name, state, created_at, version_hash,
            '1000000' || i || '.5', _dlt_id || i FROM n, (SELECT * FROM _dlt_pipeline_state ORDER BY _dlt_load_id LIMIT 1)
            """)
        #expect(try values() == Array(expected.dropLast()))
    }

    private func profile() throws {
        let profile = try #require(dashboard.json("/p/t/t/t.json?profile=all")["profile"])
        #expect(profile["partial"] == false)
        let column = try #require(profile["columns"]?.arrayValue?.first { $0["column"] == "id" })
        #expect(column["min"] == "1000" && column["max"] == "10010")
        #expect(column["nulls"] == 0)
        let counts = column["histogram"]?.arrayValue?.compactMap(\.intValue) ?? []
        #expect(counts.count == 16 && counts.reduce(0, +) == profile["rows"]?.intValue)
        #expect(try dashboard.get("/p/t/t/t?profile=all").text.contains("class=\"histogram\""))
    }
}
