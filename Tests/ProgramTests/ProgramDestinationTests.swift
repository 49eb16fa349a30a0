import JSONText
import SystemIO
import TestSupport
import Testing

/// `dlt-load singer:…` and `dlt-load exec:…` with programs of a few lines.
struct ProgramDestinationTests {
    private let pipeline: Pipeline

    init() throws { pipeline = try Pipeline() }

    private static let rows =
        #"{"id":1,"name":"a","tags":["x","y"],"at":"2026-01-02T03:04:05Z"}"# + "\n" + #"{"id":2,"sum":1.50}"# + "\n"

    private func load(
        _ url: String, _ rows: String = ProgramDestinationTests.rows, normalize: String = "", load: String = ""
    )
        throws -> ProgramResult
    {
        try pipeline.folder.write("rows", rows)
        return try pipeline.shell(
            """
            dlt-normalize --pipeline t --table users \(normalize) < rows | dlt-load "\(url)" \(load)
            echo "${PIPESTATUS[@]}"
            """)
    }

    private func messages(_ name: String = "received") throws -> [JSONValue] {
        try pipeline.folder.text(name).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    // MARK: Singer targets

    /// Keeps what it reads, and confirms it as a target does.
    private func target(confirming: Bool = true, status: Int = 0) throws {
        try pipeline.folder.write(
            "target.sh",
            """
            cat > received
            \(confirming ? #"sed -n 's/^{"type":"STATE","value":\(.*\)}$/\1/p' received"# : ":")
            exit \(status)
            """)
    }

    @Test func `a target gets each table with its schema, and a state that it confirms`() throws {
        try target()
        let first = try load("singer:sh target.sh --config 'c d.json'")
        #expect(first.lines.last == "0 0", "\(first)")
        let messages = try messages()
        #expect(
            messages.compactMap { $0["type"]?.stringValue } == [
                "SCHEMA", "RECORD", "RECORD", "SCHEMA", "RECORD", "RECORD", "STATE",
            ])
        #expect(messages[0]["stream"] == "users" && messages[3]["stream"] == "users__tags")
        #expect(messages[0]["key_properties"] == ["_dlt_id"])
        let properties = messages[0]["schema", "properties"]
        #expect(properties?["id", "type"] == ["integer", "null"] && properties?["sum", "type"] == ["number", "null"])
        #expect(properties?["at", "format"] == "date-time")
        #expect(
            messages[1]["record", "at"] == "2026-01-02T03:04:05.000000Z"
                && messages[2]["record", "sum"] == .number("1.50"))
        #expect(messages[4]["record", "_dlt_parent_id"] == messages[1]["record", "_dlt_id"])
        #expect(try pipeline.packages().isEmpty)
        // The state of the first load is known to the second.
        let second = try load(
            "singer:sh target.sh --config 'c d.json'", normalize: "--write-disposition merge --primary-key id")
        #expect(second.lines.last == "0 0", "\(second)")
        #expect(try self.messages()[0]["key_properties"] == ["id"])
        let replaced = try load("singer:sh target.sh --config 'c d.json'", normalize: "--write-disposition replace")
        #expect(replaced.lines.last == "0 0", "\(replaced)")
        let sent = try self.messages()
        let version = sent.first { $0["type"] == "ACTIVATE_VERSION" }?["version"]?.intValue
        #expect(version != nil && sent[1]["version"]?.intValue == version)
    }

    @Test(arguments: [
        (true, 3, "69", "it ended with status 3"), (false, 0, "65", "without the STATE"), (true, 75, "75", "try again"),
    ])
    func `what a target does not confirm waits, and is loaded by the next run`(
        confirming: Bool, status: Int, expected: String, reason: String
    ) throws {
        try target(confirming: confirming, status: status)
        let failed = try load("singer:sh target.sh")
        #expect(failed.lines.last == "0 \(expected)", "\(failed)")
        #expect(failed.stderr.contains(reason), "\(failed)")
        #expect(try pipeline.packages().filter { !$0.hasPrefix(".") && $0.hasPrefix("1") }.count == 1)
        try target()
        let again = try pipeline.shell("dlt-load 'singer:sh target.sh' --pending --pipeline t")
        #expect(again.status == 0, "\(again)")
        #expect(try messages().filter { $0["type"] == "RECORD" }.count == 4)
        #expect(try pipeline.packages().filter { $0.hasPrefix("1") }.isEmpty)
    }

    @Test func `a target that is not there, or reads nothing, is named`() throws {
        let missing = try load("singer:no-such-target --config c.json")
        #expect(missing.lines.last == "0 66" && missing.stderr.contains("no-such-target"), "\(missing)")
        let many = String(repeating: #"{"text":"0123456789012345678901234567890123456789"}"# + "\n", count: 40_000)
        let deaf = try load("singer:true", many)
        #expect(deaf.lines.last?.hasPrefix("0 ") == true && deaf.lines.last != "0 0", "\(deaf)")
    }

    @Test func `what a target cannot do is refused`() throws {
        let history = try load("singer:sh target.sh", normalize: "--write-disposition scd2")
        #expect(history.stderr.contains("no merge strategy scd2"), "\(history)")
        let empty = try pipeline.shell("dlt-load 'singer: ' --pending")
        #expect(empty.status == 64, "\(empty)")
        let shown = try load("singer:sh target.sh --api-token hunter2", load: "--dry-run")
        #expect(!shown.stderr.contains("hunter2") && shown.stderr.contains("leave out --dry-run"), "\(shown)")
    }

    @Test(arguments: [
        ("--merge-key id", "merge_key"),
        (#"--primary-key id --columns '{"sum":{"hard_delete":true}}'"#, "hard_delete"),
        (#"--primary-key id --columns '{"at":{"dedup_sort":"desc"}}'"#, "dedup_sort"),
    ])
    func `a merge by more than the primary key is refused before a row is sent`(hint: String, rule: String) throws {
        try target()
        let result = try load("singer:sh target.sh", normalize: "--write-disposition merge \(hint)")
        #expect(result.lines.last != "0 0" && result.stderr.contains("knows no \(rule)"), "\(result)")
        #expect(!Files.exists(pipeline.folder.path("received")))
    }

    // MARK: A program of one's own

    @Test func `a program gets the rows of each table, and accepts them by its status`() throws {
        try pipeline.folder.write(
            "send.sh",
            #"echo "$DLT_TABLE $DLT_WRITE_DISPOSITION $DLT_KEY" >> tables; cat >> "got-$DLT_TABLE"; cp "$DLT_TABLE_SCHEMA" schema"#
        )
        let result = try load("exec:sh send.sh", normalize: "--write-disposition merge --primary-key id")
        #expect(result.lines.last == "0 0", "\(result)")
        #expect(try pipeline.folder.text("tables") == "users merge id\nusers__tags merge _dlt_id\n")
        #expect(try messages("got-users").map { $0["id"]?.intValue } == [1, 2])
        #expect(try messages("got-users__tags").map { $0["value"] } == ["x", "y"])
        #expect(try JSONValue(parsing: pipeline.folder.text("schema"))["columns", "value", "data_type"] == "text")
        // The package named once more is not sent again.
        let again = try pipeline.shell("dlt-load 'exec:sh send.sh' data/spool/t/loaded/*")
        #expect(again.status == 0, "\(again)")
        #expect(try messages("got-users").count == 2)
    }

    @Test func `after a failure only the tables that were not accepted come again`() throws {
        try pipeline.folder.write(
            "send.sh", #"cat >> "got-$DLT_TABLE"; [ "$DLT_TABLE" = users ] || [ -e works ] || exit 9"#)
        let failed = try load("exec:sh send.sh")
        #expect(failed.lines.last == "0 69" && failed.stderr.contains("it ended with status 9"), "\(failed)")
        try pipeline.folder.write("works", "")
        let again = try pipeline.shell("dlt-load 'exec:sh send.sh' --pending --pipeline t")
        #expect(again.status == 0, "\(again)")
        #expect(try messages("got-users").count == 2)
        #expect(try messages("got-users__tags").count == 4)
        #expect(try pipeline.packages().filter { $0.hasPrefix("1") }.isEmpty)
    }

    @Test func `a program can have the paths of the job files instead`() throws {
        try pipeline.folder.write("send.sh", #"while read -r file; do zstd -dcq "$file"; done >> "got-$DLT_TABLE""#)
        let result = try load("exec:sh send.sh", load: "--give files")
        #expect(result.lines.last == "0 0", "\(result)")
        #expect(try messages("got-users").map { $0["id"]?.intValue } == [1, 2])
    }

    @Test func `a state continues although the program has no tables of it`() throws {
        try pipeline.folder.write("send.sh", #"cat >> "got-$DLT_TABLE""#)
        try pipeline.folder.write("f/a.jsonl", "{\"id\":1}\n")
        let pipe =
            "dlt-extract files --new --resource users 'f/*.jsonl' | dlt-normalize | dlt-load 'exec:sh send.sh'; echo \"${PIPESTATUS[@]}\""
        #expect(try pipeline.shell(pipe).lines.last == "0 0 0")
        try pipeline.folder.write("f/b.jsonl", "{\"id\":2}\n")
        let second = try pipeline.shell(pipe)
        #expect(second.lines.last == "0 0 0", "\(second)")
        #expect(try messages("got-users").map { $0["id"]?.intValue } == [1, 2])
        let state = try pipeline.shell("dlt-state pull 'exec:sh send.sh' --pipeline users")
        #expect(state.status == 0, "\(state)")
        // Another data directory has its own record of the loads.
        let elsewhere = try pipeline.shell(
            """
            mv data moved
            dlt-state pull 'exec:sh send.sh' --pipeline users --data-dir moved --force && \\
              dlt-schema export 'exec:sh send.sh' --pipeline users --data-dir moved
            """, environment: ["DLT_DATA_DIR": pipeline.folder.path("empty")])
        #expect(elsewhere.status == 0 && elsewhere.stdout.contains("users"), "\(elsewhere)")
        #expect(!Files.exists(pipeline.folder.path("empty/programs")))
    }
}
