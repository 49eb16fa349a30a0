import JSONText
import TestSupport
import Testing

/// Pages of runs, over journals that programs have written.
@Suite struct RunPageTests {
    private func newest(_ pipeline: String, _ dashboard: RunningDashboard) throws -> String {
        let runs = try #require(dashboard.json("/p/\(pipeline)/runs.json")["runs"]?.arrayValue)
        return try #require(runs.first?["run"]?.stringValue)
    }

    @Test func `a failed run shows the program, its status, its error and its hint`() throws {
        let dashboard = try RunningDashboard(over: SampleSpool().folder)
        let run = try newest("billing", dashboard)
        let data = try dashboard.json("/p/billing/r/\(run).json")
        #expect(data["outcome"] == "failed" && data["status"] == 65 && data["failed_stage"] == "load")
        #expect(data["programs"]?.arrayValue?.map { $0["outcome"] } == ["done", "done", "failed"])
        let page = try dashboard.get("/p/billing/r/\(run)").text
        #expect(page.contains("load failed with status 65") && page.contains("UNIQUE constraint failed: pay.id"))
        #expect(page.contains("dlt-state packages retry"))
    }

    @Test func `a run that only makes a package is done, and its package waits`() throws {
        let dashboard = try RunningDashboard(over: SampleSpool().folder)
        let page = try dashboard.get("/p/shop").text
        let event = try #require(page.firstMatch(of: #/<li class="event is-done"(?:(?!</li>).)*/#)).0
        #expect(event.contains("</svg>done</span>") && event.contains("waiting package</a>"), "\(event)")
        #expect(page.contains("1 package waits to be loaded"))
    }

    @Test func `rows that one run made and another loaded are counted once`() throws {
        let folder = try WorkDirectory()
        let made = try runShell(
            """
            for rows in 2 3; do
              seq $rows | sed 's/.*/{"id":&}/' | dlt-normalize -q --pipeline p --table t > /dev/null
              dlt-load -q --pending --pipeline p sqlite:///p.db
            done
            """, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        #expect(made.status == 0, "\(made)")
        let page = try RunningDashboard(over: folder).get("/p/p").text
        #expect(page.contains("5 rows in the last 2 runs"))
        #expect(page.matches(of: #/<td class="l[0-9]/#).count == 2)
    }

    @Test func `a run that ended before its pipeline was known is on the overview`() throws {
        let dashboard = try RunningDashboard(over: SampleSpool().folder)
        let page = try dashboard.get("/").text
        let link = try #require(page.firstMatch(of: #/href="(/r/[^"]+)"/#)).1
        let run = try dashboard.get(String(link))
        #expect(run.status == 200 && run.text.contains("it is not a record"))
    }

    @Test func `a run goes on while its programs do, and was interrupted when they were killed`() throws {
        let folder = try WorkDirectory()
        let made = try runShell(
            """
            dlt-extract exec --pipeline p --resource t -- sh -c 'echo "{\\"id\\":1}"; exec sleep 60' | dlt-normalize > /dev/null &
            while ! ls data/spool/p/runs/*/extract.ndjson data/spool/p/runs/*/normalize.ndjson; do sleep 0.05; done &> /dev/null
            dlt-dashboard -q --export during
            kill -KILL $(jobs -p) $(pgrep -g 0 dlt-)
            wait
            pkill -KILL -g 0 sleep
            dlt-dashboard -q --export after
            """, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        let run = try #require(folder.list("after/p/p/r").first, "\(made)")
        func page(_ name: String) throws -> String { try folder.text("\(name)/p/p/r/\(run)/index.html") }
        func data(_ name: String) throws -> JSONValue {
            try JSONValue(parsing: folder.text("\(name)/p/p/r/\(run)/index.json"))
        }
        #expect(try data("during")["outcome"] == "running" && page("during").contains("</svg>running</span>"))
        #expect(try data("after")["outcome"] == "interrupted" && page("after").contains("It was interrupted"))
        #expect(try data("after")["programs"]?.arrayValue?.map { $0["outcome"] } == ["interrupted", "interrupted"])
        #expect(try folder.text("after/p/p/index.html").contains("The last run was interrupted"))
    }
}
