import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

struct AlertTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    private func shell(_ script: String, _ environment: [String: String] = [:]) throws -> ProgramResult {
        try runShell(
            script, environment: ["DLT_DATA_DIR": folder.path("data")].merging(environment) { $1 },
            currentDirectory: folder.path)
    }

    private let events = """
        {"event":"table_added","table":"users"}
        {"event":"column_added","table":"users","column":"id","data_type":"bigint","line":1,"key":"id","value":"77"}
        {"event":"contract_violated","table":"users","column":"age","entity":"data_type","mode":"discard_row","expected":"at most 150","got":"integer 4711","line":2,"value":"{}"}
        {"event":"contract_violated","table":"users","column":"age","entity":"data_type","mode":"discard_row","expected":"at most 150","got":"integer 9999","line":3,"value":"{}"}
        {"event":"quality_violated","table":"users","metric":"rowCount","expected":"more than 9","got":"2","severity":"error"}

        """

    @Test func `a run's events become one message, each kind of happening once`() throws {
        _ = try folder.write("events", events)
        let printed = try shell("dlt-schema alert events --dry-run --pipeline shop")
        #expect(
            printed.lines == [
                "dlt pipeline shop: 3 violations and 2 changes", "- new table users",
                "- new column users.id (bigint), line 1",
                "- contract broken at users.age: expected at most 150, got integer; row left out, line 2, 2 times",
                "- quality of users: rowCount expected more than 9, got 2",
            ], "\(printed)")
        #expect(try shell("dlt-schema alert events --dry-run --with-values").stdout.contains("got integer 4711"))
    }

    @Test func `Slack gets a text`() throws {
        let server = try LoopbackServer(.init(200))
        let script = "dlt-schema alert - <<'EOF'\n{\"event\":\"table_added\",\"table\":\"a<b>&c\"}\nEOF\n"
        let sent = try shell(script, ["DLT_SLACK_WEBHOOK": server.url + "/services/T0/B0/secret"])
        #expect(sent.status == 0, "\(sent)")
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.target == "/services/T0/B0/secret")
        #expect(request.header("Content-Type") == "application/json")
        let text = try JSONValue(parsing: request.body)["text"]?.stringValue
        #expect(text == "dlt: 1 change\n- new table a&lt;b&gt;&amp;c")
    }

    @Test func `a webhook gets the events too`() throws {
        let server = try LoopbackServer(.init(204))
        _ = try folder.write("events", events)
        _ = try folder.write("url", server.url + "/hook\n")
        #expect(try shell("dlt-schema alert events --webhook @url --pipeline p -q").status == 0)
        let document = try JSONValue(parsing: try #require(server.requests.first).body)
        #expect(document["pipeline"] == "p")
        #expect(document["events"]?.arrayValue?.count == 4)
        #expect(document["events"]?.arrayValue?[2]["count"] == 2)
        #expect(!document.serialized().contains("4711"))
    }

    @Test func `what is refused for now is tried again`() throws {
        let server = try LoopbackServer(.init(503), .init(429, headers: [("Retry-After", "0")]), .init(200))
        _ = try folder.write("events", events)
        let sent = try shell("dlt-schema alert events --webhook \(server.url) --retry-wait 0.01")
        #expect(sent.status == 0, "\(sent)")
        #expect(server.requests.count == 3)
    }

    @Test func `after the last try it says so, without the secret`() throws {
        let server = try LoopbackServer(.init(500))
        _ = try folder.write("events", events)
        let failed = try shell(
            "dlt-schema alert events --slack-webhook \(server.url)/secret --retries 2 --retry-wait 0")
        #expect(failed.status == 69)
        #expect(server.requests.count == 3)
        #expect(failed.stderr.contains("(tried 3 times)"))
        #expect(!failed.stderr.contains("secret"), "\(failed)")
    }

    @Test func `a webhook that is gone is not tried again`() throws {
        let server = try LoopbackServer(.init(404))
        _ = try folder.write("events", events)
        let failed = try shell("dlt-schema alert events --slack-webhook \(server.url)/secret")
        #expect(failed.status == 77)
        #expect(server.requests.count == 1)
        #expect(!failed.description.contains("secret"))
    }

    @Test func `a slow server and one that is not there are unavailable`() throws {
        let server = try LoopbackServer(.init(200).delayed(5))
        _ = try folder.write("events", events)
        #expect(try shell("dlt-schema alert events --webhook \(server.url) --timeout 0.2 --retries 0").status == 69)
        #expect(try shell("dlt-schema alert events --webhook http://127.0.0.1:1/x --retries 0").status == 69)
    }

    @Test func `a command gets the message as its input`() throws {
        _ = try folder.write("events", events)
        let sent = try shell("dlt-schema alert events --command 'head -n 1 > got; exit 0' && cat got")
        #expect(sent.stdout == "dlt: 3 violations and 2 changes\n", "\(sent)")
        #expect(try shell("dlt-schema alert events --all --command 'exit 3'").status == 69)
        #expect(try shell("dlt-schema alert events --command true").status == 0)
    }

    @Test func `what of a file was told is not told again`() throws {
        _ = try folder.write("events", "{\"event\":\"table_added\",\"table\":\"a\"}\n")
        let tell = "dlt-schema alert events --command 'cat >> told; echo >> told' -q"
        #expect(try shell("\(tell); \(tell); cat told").stdout == "dlt: 1 change\n- new table a\n\n")
        // A message that did not arrive is still to be told; a line without its end is still being written.
        let more = "printf '%s' '{\"event\":\"table_added\",\"table\":\"b\"}' >> events"
        #expect(try shell("\(more); \(tell); cat told").stdout == "dlt: 1 change\n- new table a\n\n")
        #expect(try shell("echo >> events; dlt-schema alert events --command false -q").status == 69)
        #expect(try shell("rm told; \(tell); cat told").stdout == "dlt: 1 change\n- new table b\n\n")
        #expect(
            try shell("rm told; \(tell) --all; cat told").stdout == "dlt: 2 changes\n- new table a\n- new table b\n\n")
        // Another file of the same name.
        _ = try folder.write("other", "{\"event\":\"table_added\",\"table\":\"c\"}\n")
        #expect(try shell("rm told; mv other events; \(tell); cat told").stdout.contains("new table c"))
    }

    @Test func `without events nothing is sent`() throws {
        let server = try LoopbackServer(.init(200))
        #expect(try shell("dlt-schema alert --webhook \(server.url) < /dev/null").status == 0)
        #expect(server.requests.isEmpty)
    }

    @Test func `what is no event, and nobody to tell, are mistakes`() throws {
        #expect(try shell("echo '{}' | dlt-schema alert --dry-run").status == 65)
        #expect(try shell("echo 'x' | dlt-schema alert --dry-run").status == 65)
        #expect(try shell("dlt-schema alert < /dev/null").status == 64)
        let refused = try shell("dlt-schema alert --webhook ftp://user:hunter2@x < /dev/null")
        #expect(refused.status == 64 && !refused.stderr.contains("hunter2"))
    }

    @Test func `the schema's history is told from the last message on`() throws {
        let run = """
            load() { dlt-normalize --table t -q | dlt-load sqlite:///x.db -q; }
            tell() { dlt-schema alert --history --command 'cat >> told' -q; }
            echo '{"a":1}' | load; tell
            tell
            echo '{"a":"x","b":1,"l":[1]}' | load; dlt-schema alert --history --dry-run | wc -l; tell
            tell
            cat told
            """
        let result = try shell(run)
        #expect(
            result.lines == [
                "5", "dlt pipeline t: 1 change", "- schema t is watched from now on", "dlt pipeline t: 4 changes",
                "- new column t.b (bigint)", "- values of another type: new variant column t.a__v_text (text)",
                "- new table t__l",
            ] || result.lines.count == 7, "\(result)")
    }
}
