import JSONText
import SystemIO
import TestSupport
import Testing

struct ExtractExecTests {
    @Test
    func `lines of a command are records`() throws {
        let folder = try WorkDirectory()
        try folder.write("gen.sh", "echo '{\"i\":1}'; echo; printf '{\"i\":2}'; echo note >&2")
        let read = try extract("exec", "--", "sh", "gen.sh", in: folder)
        #expect(read.result.status == 0)
        #expect(read.records == ["{\"i\":1}", "{\"i\":2}"])
        // The script names the resource; its interpreter would name half of the world.
        #expect(read.end?["records"] == ["gen": 2])
        #expect(read.messages.first?["pipeline"] == "gen" && read.messages.first?["source"] == "exec")
        #expect(read.result.stderr.contains("note"))
        let named = try extract("exec", "--resource", "x", "--", "echo", "{}", in: folder)
        #expect(named.end?["records"] == ["x": 1])
        let input = try extract("exec", "--", "cat", in: folder, stdin: Array("{\"i\":3}\n".utf8))
        #expect(input.records == ["{\"i\":3}"])
    }

    @Test
    func `the status of the command decides the end`() throws {
        let folder = try WorkDirectory()
        let failed = try extract("exec", "--", "sh", "-c", "echo '{}'; exit 3", in: folder)
        #expect(failed.result.status == 69 && failed.endStatus == 69 && failed.end?["status"] == "failed")
        #expect(failed.records.count == 1 && failed.all("STATE").isEmpty)
        #expect(failed.result.stderr.contains("ended with status 3"))
        let killed = try extract("exec", "--", "sh", "-c", "kill -9 $$", in: folder)
        #expect(killed.result.status == 69 && killed.result.stderr.contains("signal 9"))
        let missing = try extract("exec", "--", "no-such-command", in: folder)
        #expect(missing.result.status == 66 && missing.endStatus == 66)
        let usage = try run(program: "dlt-extract", arguments: ["exec"])
        #expect(usage.status == 64 && usage.stdout.isEmpty)
    }

    @Test
    func `several commands run side by side`() throws {
        let folder = try WorkDirectory()
        // Each waits for a file of the other, so neither can end before both run. Lines come in pieces on purpose.
        let script = { (own: String, other: String) in
            "touch \(own); until [ -e \(other) ]; do sleep 0.02; done; "
                + "for i in 1 2 3 4 5 6 7 8 9; do printf '{\"%s\":' \(own); sleep 0.01; echo \"$i}\"; done"
        }
        let read = try extract(
            "exec", "--command", "a=" + script("a", "b"), "--command", "b=" + script("b", "a"), "--command",
            "c=echo '{}'; exit 7", "--workers", "2", in: folder)
        #expect(read.end?["records"] == ["a": 9, "b": 9, "c": 1])
        #expect(read.result.status == 69 && read.end?["status"] == "failed")
        #expect(read.result.stderr.contains("unable to read all of c"))
        for name in ["a", "b"] {
            let own = read.all("RECORD").filter { $0["stream"] == .string(name) }.compactMap {
                $0["record", name]?.intValue
            }
            #expect(own == Array(1...9))
        }
    }

    @Test
    func `a limit ends the command politely`() throws {
        let folder = try WorkDirectory()
        let read = try extract("exec", "--limit", "3", "--", "yes", "{}", in: folder)
        #expect(read.result.status == 0 && read.records.count == 3 && read.end?["more"] == true)
        // One that does not care for its pipe gets a signal, and time to clean up.
        let script = "trap 'echo bye > gone; exit 0' TERM; echo '{}'; echo '{}'; while :; do sleep 0.05; done"
        let polite = try extract("exec", "--limit", "1", "--command", "x=" + script, in: folder)
        #expect(polite.result.status == 0 && polite.records.count == 1)
        #expect(try folder.text("gone") == "bye\n")
        let chunk = try extract(
            "exec", "--chunk-size", "3", "--cursor", "i", "--row-order", "asc", "--", "seq", "-f", "{\"i\":%.0f}", "99",
            in: folder)
        #expect(chunk.result.status == 10 && chunk.endStatus == 10)
    }

    @Test(arguments: [
        ([], "[{\"a\":1},{\"a\":2}]", ["{\"a\":1}", "{\"a\":2}"]),
        ([], "[\n {\"a\":1},\n {\"a\":2}\n]\n", ["{\"a\":1}", "{\"a\":2}"]),
        ([], "{\n \"a\": 1\n}\n", ["{ \"a\": 1}"]), ([], "{\"a\":1}\n{\"a\":2}", ["{\"a\":1}", "{\"a\":2}"]),
        (["--format", "jsonl"], "[1]\n[2]\n", ["[1]", "[2]"]),
        (["--format", "json"], "{\"a\":1} {\"a\":2}", ["{\"a\":1}", "{\"a\":2}"]),
        (["--select", "d"], "{\"d\":[{\"a\":1}]}", ["{\"a\":1}"]),
        (["--format", "csv"], "a,b\n1,007\n2,x\n", [#"{"a":1,"b":"007"}"#, #"{"a":2,"b":"x"}"#]),
        (["--format", "csv"], "a;b\n1;2\n", [#"{"a":1,"b":2}"#]), ([], "", []),
    ])
    func `what a command prints is read as a file is`(options: [String], output: String, records: [String]) throws {
        let folder = try WorkDirectory()
        try folder.write("output", output)
        let result = try run(
            program: "dlt-extract", arguments: ["exec"] + options + ["--resource", "u", "--", "cat", "output"],
            environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        let read = try ReadStream(result)
        #expect(result.status == 0, "\(result)")
        let expected = try records.map { try JSONValue(parsing: $0).serialized() }
        #expect(read.records == expected, "\(result)")
        #expect(read.end?["records"] == ["u": .integer(records.count)])
    }

    @Test
    func `an array of a command that fails is not loaded`() throws {
        let folder = try WorkDirectory()
        let read = try extract("exec", "--command", "u=echo '[{}]'; exit 22", in: folder)
        #expect(read.result.status == 69 && read.endStatus == 69, "\(read.result)")
        let cut = try extract("exec", "--command", "u=echo '[{},'; exit 22", in: folder)
        #expect(cut.result.status == 65 && cut.result.stderr.contains("the output of echo"), "\(cut.result)")
        let packed = try extract("exec", "--command", "u=echo '{}' | gzip", in: folder)
        #expect(packed.result.status == 65 && packed.result.stderr.contains("it is gzip data"), "\(packed.result)")
    }

    @Test(arguments: [
        (#"{"type":"SCHEMA","stream":"t","schema":{},"key_properties":[]}"#, "dlt-extract singer -- cat …"),
        (#"{"type":"RECORD","stream":"t","record":{"a":1}}"#, "dlt-extract singer"),
        (#"{"type":"ACTIVATE_VERSION","stream":"t","version":1}"#, "dlt-extract singer"),
        (#"{"type":"LOG","log":{"level":"INFO","message":"hello"}}"#, "dlt-extract airbyte"),
        (#"{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1}}"#, "dlt-extract airbyte"),
        (#"{"type":"RECORD","record":{"stream":"t","data":{},"emitted_at":1}}"#, "dlt-extract airbyte"),
        (#"{"type":"HEADER","format":2,"pipeline":"p"}"#, "pipe it into dlt-normalize"),
    ])
    func `messages of a tap are not taken for records`(line: String, advice: String) throws {
        let folder = try WorkDirectory()
        try folder.write("lines", line + "\n{}\n")
        let refused = try extract("exec", "--", "cat", "lines", in: folder)
        #expect(refused.result.status == 64 && refused.records.isEmpty, "\(refused.result)")
        #expect(refused.result.stderr.contains(advice), "\(refused.result)")
        let wanted = try extract("exec", "--format", "jsonl", "--", "cat", "lines", in: folder)
        #expect(wanted.result.status == 0 && wanted.records.count == 2)
        // An event log may have such members.
        try folder.write(
            "lines", #"{"type":"STATE","value":"Ohio"}"# + "\n" + #"{"type":"RECORD","record":3}"# + "\n")
        let events = try extract("exec", "--", "cat", "lines", in: folder)
        #expect(events.result.status == 0 && events.records.count == 2, "\(events.result)")
    }

    @Test
    func `a request to stop ends the commands too`() throws {
        let folder = try WorkDirectory()
        let result = try runShell(
            """
            dlt-extract exec -- sh -c 'trap "echo gone >&2; exit 0" TERM; echo "{}"; touch begun; while :; do sleep 0.05; done' & child=$!
            until [ -e begun ]; do sleep 0.05; done
            kill -TERM $child
            wait $child
            echo "status $?"
            """, currentDirectory: folder.path)
        #expect(result.lines.last == "status 143", "\(result)")
        #expect(result.stderr.contains("gone") && result.stderr.contains("stopped by SIGTERM"))
        #expect(result.lines.contains { $0.contains("\"END\"") && $0.contains("143") })
    }
}
