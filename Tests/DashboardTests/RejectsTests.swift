import JSONText
import TestSupport
import Testing

/// What the page of contracts says about rows that were set aside.
@Suite struct RejectsTests {
    @Test(arguments: [
        (#"{"id":2,"size":"x"}"#, "discard_value"), (#"{"id":2,"lines":[{"n":"x"},{"n":1}]}"#, "discard_row"),
    ])
    func `a row that is loaded without a part of it is not offered again`(record: String, mode: String) throws {
        let folder = try WorkDirectory()
        let made = try runShell(
            """
            echo '{"id":1,"size":1,"lines":[{"n":1}]}' | dlt-normalize -q --pipeline p --table t | dlt-load -q sqlite:///p.db
            echo "$RECORD" | dlt-normalize -q --pipeline p --table t --schema-contract "{\\"data_type\\":\\"$MODE\\"}" \\
              --rejects rejects.jsonl | dlt-load -q sqlite:///p.db
            """,
            environment: ["DLT_DATA_DIR": folder.path("data"), "RECORD": record, "MODE": mode],
            currentDirectory: folder.path)
        #expect(made.status == 3, "\(made)")
        let dashboard = try RunningDashboard(over: folder)
        #expect(try dashboard.json("/p/p/sql.json?q=SELECT+count(*)+AS+n+FROM+t")["rows"] == [["n": 2]])
        let page = try dashboard.get("/p/p/contracts").text
        #expect(page.contains("A row is loaded already") && !page.contains("jq -c"))
    }
}
