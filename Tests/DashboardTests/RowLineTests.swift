import JSONText
import SystemIO
import TestSupport
import Testing

/// The line that a row was made of, on the page of the row.
@Suite struct RowLineTests {
    private let folder: WorkDirectory

    init() throws {
        folder = try WorkDirectory()
        let rows = (1...5).map { "{\"id\":\($0),\"text\":\"<b>row \($0)\",\"list\":[{\"x\":\($0)}]}\n" }
        try folder.write("t.jsonl", rows.joined())
        try folder.write("long.jsonl", "{\"id\":1,\"text\":\"\(String(repeating: "x", count: 9000))\"}\n")
        try shell(
            """
            dlt-extract files t.jsonl -q | dlt-normalize -q --keep-origins | dlt-load -q --keep-loaded 2 sqlite:///t.db
            gzip < t.jsonl > u.jsonl.gz
            dlt-extract files --pipeline u u.jsonl.gz -q | dlt-normalize -q --keep-origins | dlt-load -q --keep-loaded 2 sqlite:///u.db
            dlt-extract files long.jsonl -q | dlt-normalize -q --keep-origins | dlt-load -q --keep-loaded 2 sqlite:///long.db
            """)
    }

    private func shell(_ script: String) throws {
        let result = try runShell(
            "set -eu\n" + script, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        guard result.status == 0 else { throw SampleFailure(description: "\(result)") }
    }

    private func page(
        _ dashboard: RunningDashboard, _ table: String = "t", row: Int, pipeline: String = "t"
    ) throws -> (origin: JSONValue, text: String) {
        let rows = try #require(dashboard.json("/p/\(pipeline)/t/\(table).json")["rows"]?.arrayValue)
        let id = try #require(rows[row]["_dlt_id"]?.stringValue)
        // Ids are Base64.
        let name = id.replacing("/", with: "%2F").replacing("+", with: "%2B")
        let path = "/p/\(pipeline)/t/\(table)/\(name)"
        let data = try dashboard.json(path + ".json?complete=1")
        return (data["origin"] ?? .null, try dashboard.get(path + "?complete=1").text)
    }

    @Test func `a row shows the line that it was made of, and a nested one that of its root`() throws {
        let dashboard = try RunningDashboard(over: folder)
        let (origin, text) = try page(dashboard, row: 2)
        #expect(origin["text"]?.stringValue == "{\"id\":3,\"text\":\"<b>row 3\",\"list\":[{\"x\":3}]}")
        #expect(origin["line"]?.intValue == 3 && origin["file"] == "t.jsonl")
        #expect(text.contains("Line 3 of t.jsonl") && text.contains("&lt;b&gt;row 3") && !text.contains("<b>row"))
        #expect(try page(dashboard, "t__list", row: 4).origin["line"]?.intValue == 5)
        let packed = try page(dashboard, "u", row: 1, pipeline: "u").origin
        #expect(packed["text"]?.stringValue?.contains("row 2") == true && packed["line"]?.intValue == 2)
        let long = try page(dashboard, "long", row: 0, pipeline: "long")
        #expect(long.origin["text"]?.stringValue?.utf8.count == 4096)
        #expect(long.origin["bytes"]?.intValue == 9000 + "{\"id\":1,\"text\":\"\"}".utf8.count)
    }

    @Test func `a file that has changed shows no other line for it`() throws {
        let dashboard = try RunningDashboard(over: folder)
        try folder.write("t.jsonl", (1...5).map { "{\"id\":\($0 + 100),\"text\":\"other\"}\n" }.joined())
        #expect(try page(dashboard, row: 2).origin["absent"]?.stringValue?.contains("has changed since") == true)
        try folder.write("t.jsonl", "{}\n")
        #expect(try page(dashboard, row: 2).origin["absent"] == "the file has fewer lines now")
        try Files.remove(folder.path("t.jsonl"))
        #expect(try page(dashboard, row: 2).origin["absent"] == "the file is gone")
        // What would not end is not opened.
        try shell("mkfifo t.jsonl")
        #expect(try page(dashboard, row: 2).origin["absent"] == "it is not a regular file any more")
    }

    @Test func `a row without a known line says why there is none`() throws {
        let dashboard = try RunningDashboard(over: folder)
        try shell(
            """
            for n in 7 8 9; do
              echo "{\\"id\\":$n,\\"text\\":\\"a\\"}" | dlt-normalize -q --table t --keep-origins | dlt-load -q --keep-loaded 2 sqlite:///t.db
            done
            """)
        #expect(try page(dashboard, row: 0).origin["absent"] == "the package keeps only its manifest")
        let piped = try page(dashboard, row: 7)
        #expect(
            piped.origin["absent"] == "standard input is not kept" && piped.text.contains("Line 1 of standard input"))
        try shell(
            "echo '{\"id\":10}' | dlt-normalize -q --table t --redact text | dlt-load -q --keep-loaded 4 sqlite:///t.db"
        )
        #expect(try page(dashboard, row: 7).text.contains("Values of the table are hidden"))
    }
}
