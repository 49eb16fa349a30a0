import JSONText
import TestSupport
import Testing

/// Names of pipelines, datasets and tables that would reach further than they may.
struct NameTests {
    @Test(arguments: ["../x", "a/b", "..", ".", "", "a\u{0}b"])
    func `pipelines and datasets are not paths`(name: String) throws {
        let place = try Place()
        // A shell cannot hold U+0000; the stream can.
        let header = JSONValue.object([
            "type": "HEADER", "format": 1, "pipeline": .string(name), "source": "s", "extract_id": "x", "base": [:],
        ]).serialized()
        let streamed = try place.shell("dlt-normalize", stdin: header + "\n{\"type\":\"END\",\"status\":\"ok\"}\n")
        #expect(streamed.status != 0 && streamed.status != 70, "\(streamed)")
        if !name.utf8.contains(0) && !name.isEmpty {
            for program in [
                "dlt-normalize --table t", "dlt-state show", "dlt-schema show", "dlt-load sqlite:///x.db --pending",
            ] {
                let result = try place.shell("\(program) --pipeline '\(name)'", stdin: "{\"a\":1}\n")
                #expect(result.status == 64 || result.status == 66, "\(program): \(result)")
            }
            _ = try place.package()
            if name.contains("/") {
                let result = try place.shell("dlt-load sqlite:///x.db --pending --pipeline p --dataset '\(name)'")
                #expect(result.status == 64, "\(result)")
            }
        }
        #expect(try place.shell("ls; ls ..").lines.filter { $0.hasPrefix("x") }.isEmpty)
    }

    /// A source could otherwise write what only loads may: that a load was done, and what the pipeline remembers.
    @Test(arguments: ["_dlt_loads", "_dlt_version", "_dlt_pipeline_state", "_DLT_Loads", " _dlt_loads"])
    func `records do not reach the tables of the system`(table: String) throws {
        let place = try Place()
        let record: JSONObject = [
            "table": .string(table), "load_id": "1", "status": 0, "inserted_at": "2024-01-01T00:00:00Z", "version": 99,
            "engine_version": 4, "pipeline_name": "p", "state": "x", "created_at": "2024-01-01T00:00:00Z",
            "schema_name": "p", "version_hash": "x", "schema": "{}",
        ]
        let result = try place.shell(
            "dlt-normalize --pipeline p --table-from table | dlt-load sqlite:///x.db",
            stdin: JSONValue.object(record).serialized() + "\n")
        #expect(result.status == 65 && result.stderr.contains("hint:"), "\(result)")
    }
}
