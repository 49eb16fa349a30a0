import SystemIO
import TestSupport
import Testing

/// What people type first, and what they are told.
struct UsageTests {
    private let folder: WorkDirectory

    init() throws {
        folder = try WorkDirectory()
        try folder.write("users.jsonl", #"{"id":1,"tags":["a"]}"# + "\n")
    }

    private func shell(_ line: String) throws -> ProgramResult {
        try runShell(
            line, environment: ["DLT_DATA_DIR": folder.path("data"), "HOME": folder.path],
            currentDirectory: folder.path)
    }

    @Test(arguments: [
        (
            "dlt-extract users.jsonl", "'users.jsonl' is not a command: files, exec, rest, sql, singer or airbyte",
            "hint: dlt-extract files users.jsonl"
        ),
        ("dlt-extract api.yaml --check", "'api.yaml' is not a command", "hint: dlt-extract rest api.yaml --check"),
        ("dlt-extract file x", "'file' is not a command. Did you mean 'files'?", "hint: dlt-extract files x"),
        ("dlt-normalize users.jsonl", "reads standard input", "hint: dlt-normalize --table users < users.jsonl"),
        (
            "dlt-normalize --tabel x < /dev/null", "Unknown option '--tabel'. Did you mean '--table'?",
            "hint: dlt-normalize --table x"
        ),
        (
            "dlt-state package --pipeline x", "'package' is not a command. Did you mean 'packages'?",
            "dlt-state packages --pipeline x"
        ),
        ("dlt-state --pipeline x show", "options come after the command", "hint: dlt-state show --pipeline x"),
        ("dlt-state status", "'status' is not a command", "dlt-state alone lists the pipelines"),
        (
            "dlt-state packages shwo 1", "'shwo' is not a command of dlt-state packages. Did you mean 'show'?",
            "packages show 1"
        ),
        ("dlt-load sqlite:///m.db --table users", "Unknown option '--table': it is an option of dlt-normalize", ""),
        (
            "dlt-load sqlite:///m.db --primary-key id",
            "Unknown option '--primary-key': it is an option of dlt-extract or dlt-normalize", ""
        ),
        ("dlt-load sqlite:///m.db --tabel x", "Did you mean '--table' of dlt-normalize?", "see dlt-load --help"),
        ("dlt-extract exec --new -- ls", "Unknown option '--new': it is an option of dlt-extract files", ""),
        (
            "dlt-extract files users.jsonl --curser=id", "Did you mean '--cursor'?",
            "hint: dlt-extract files users.jsonl --cursor=id"
        ),
        ("dlt-schema packages --failed", "but one of dlt-state", "hint: dlt-state packages --failed"),
        ("dlt-state diff a b", "'diff' is not a command, but one of dlt-schema", "hint: dlt-schema diff a b"),
        ("dlt-load --pending", "Missing expected argument '<url>'", "hint: see dlt-load --help; for example: dlt-"),
        ("dlt-schema export --out x", "Unknown option '--out'", "write > FILE instead"),
        ("dlt-schema users.yaml", "'users.yaml' is not a command", "hint: dlt-schema show users.yaml"),
        ("dlt-schema postgresql://u:secret@h/x", "'URL' is not a command", "hint: dlt-schema show URL"),
        // A URL that cannot be used is refused although nothing waits.
        ("dlt-load sqlite://m.db --pending", "three slashes begin a path", "hint: write sqlite:///name.db"),
        ("dlt-load sqlite:///m.db --also duckdb://d.duckdb --pending", "unable to use duckdb://d.duckdb", "hint: "),
        ("dlt-load sqlite:///m.db --dataset a/b --pending", "unable to use 'a/b' as a dataset", "hint: "),
        ("dlt-load sqlite:///m.db users.jsonl", "it is a file, not a package", "records go through dlt-normalize"),
        ("dlt-normalize --table t --max-memory 32 < users.jsonl", "a number without K, M or G is bytes", ""),
        (
            "dlt-extract files users.jsonl --cursor id --from 2026-11-31 --to 2026-12-05",
            "'--from 2026-11-31' is not a date", ""
        ),
    ])
    func `what is meant is named`(line: String, message: String, hint: String) throws {
        let result = try shell(line)
        #expect(result.status == 64, "\(result.stderr)")
        #expect(result.stderr.contains(message), "\(result.stderr)")
        #expect(hint.isEmpty || result.stderr.contains(hint), "\(result.stderr)")
    }

    /// One message, and the status of wrong usage for the whole pipe.
    @Test(arguments: [
        "dlt-extract users.jsonl | dlt-normalize | dlt-load sqlite:///m.db",
        "dlt-extract files --nwe users.jsonl | dlt-normalize | dlt-load sqlite:///m.db",
        "dlt-extract files users.jsonl | dlt-normalize --tabel x | dlt-load sqlite:///m.db",
    ])
    func `wrong usage is told once and ends the pipe with 64`(line: String) throws {
        let result = try shell(line)
        #expect(result.status == 64, "\(result.stderr)")
        let said = result.stderr.split(separator: "\n").filter {
            !$0.hasPrefix("hint:") && !$0.contains(" from 1 file") && !$0.contains(" into ")
        }
        #expect(said.count == 1, "\(result.stderr)")
        #expect(!Files.exists(folder.path("m.db")))
        // A pipe that never began leaves no pipeline.
        let pipelines = try shell("dlt-state pipelines --json").stdout
        #expect(line.contains("files users.jsonl") || pipelines.isEmpty, "\(pipelines)")
    }

    @Test func `the last line tells of a failure before it`() throws {
        let result = try shell("dlt-extract files nothing.jsonl | dlt-normalize | dlt-load sqlite:///m.db")
        #expect(result.status == 66)
        #expect(
            result.stderr.contains("nothing was loaded into sqlite:///m.db: dlt-extract ended with 66"),
            "\(result.stderr)")
        #expect(!result.stderr.contains("dlt-normalize:"), "\(result.stderr)")
        #expect(try shell("dlt-state pipelines --json").stdout.isEmpty)
    }

    @Test func `messages among packages are told as such`() throws {
        for format in ["text", "json"] {
            let result = try shell(
                "echo '{\"a\":null}' | dlt-normalize --table t --log-format \(format) 2>&1 | dlt-load sqlite:///m.db")
            #expect(result.stderr.contains("is a message, not a package"), "\(result.stderr)")
            #expect(result.stderr.contains("leave out 2>&1"))
        }
    }

    @Test func `either spelling of a value is taken`() throws {
        for options in [
            "--write-disposition delete_insert --primary-key id", "--write-disposition delete-insert --primary-key id",
            "--schema-contract discard-row", "--schema-contract '{\"columns\":\"discard-value\"}'",
        ] {
            let result = try shell("dlt-normalize --pipeline p --table t \(options) < users.jsonl > /dev/null")
            #expect(result.status == 0 || result.status == 65, "\(options): \(result.stderr)")
            #expect(!result.stderr.contains("expected"), "\(options): \(result.stderr)")
        }
        let load = try shell("dlt-load sqlite:///m.db --replace-strategy truncate_and_insert --pending")
        #expect(load.status == 0, "\(load.stderr)")
    }

    @Test func `the schema that is meant is found`() throws {
        #expect(try shell("dlt-extract files users.jsonl | dlt-normalize | dlt-load sqlite:///u.db").status == 0)
        #expect(try shell("dlt-schema show sqlite:///u.db --data-dir empty").stdout.contains("users"))
        #expect(
            try shell(
                "dlt-schema export --pipeline users > users.schema.yaml; dlt-schema diff users.schema.yaml sqlite:///u.db"
            ).status == 0)
        let database = try shell("dlt-schema show u.db")
        #expect(
            database.status == 64 && database.stderr.contains("hint: dlt-schema show sqlite:///u.db"),
            "\(database.stderr)")
        let missing = try shell("dlt-schema show sqlite:///no.db")
        #expect(missing.status == 66 && missing.stderr.contains("there is no file /"), "\(missing.stderr)")
        let pull = try shell("dlt-state pull sqlite:///no.db --pipeline users")
        #expect(pull.status == 66 && pull.stderr.contains("there is no file /"), "\(pull.stderr)")
        #expect(
            try shell(
                "cp users.jsonl orders.jsonl; dlt-extract files orders.jsonl | dlt-normalize | dlt-load sqlite:///u.db"
            ).status == 0)
        let named = try shell("dlt-schema show orders")
        #expect(named.status == 0 && named.stdout.contains("schema orders"), "\(named.stderr)")
        let several = try shell("dlt-schema show sqlite:///u.db --data-dir empty")
        #expect(several.status == 64 && several.stderr.contains("there are users, orders"), "\(several.stderr)")
        #expect(try shell("dlt-schema show sqlite:///u.db --schema-name orders").stdout.contains("schema orders"))
        let unnamed = try shell("dlt-schema show")
        #expect(unnamed.status == 64 && unnamed.stderr.contains("orders, users"), "\(unnamed.stderr)")
    }

    @Test func `dlt-state alone shows the overview, and tables are whole in files`() throws {
        let name = String(repeating: "a-long-name-", count: 8)
        #expect(
            try shell("mkdir \(name); dlt-extract files users.jsonl | dlt-normalize | dlt-load sqlite:///\(name)/u.db")
                .status == 0)
        let overview = try shell("dlt-state")
        #expect(overview.status == 0 && overview.stdout.contains("\(name)/u.db"), "\(overview.stdout)")
        let packages = try shell("dlt-state packages --loaded")
        #expect(packages.stdout.split(separator: "\n").first?.hasSuffix("load id") == true, "\(packages.stdout)")
    }

    @Test func `a model is named in a schema`() throws {
        try folder.write(
            "order.json",
            #"{"title":"Order","type":"object","properties":{"id":{"type":"integer"}},"additionalProperties":true}"#)
        #expect(
            try shell(
                "echo '{\"id\":1}' | dlt-normalize --table t --pipeline m --schema order.json | dlt-load sqlite:///m.db"
            ).status == 0)
        let shown = try shell("dlt-schema show --pipeline m")
        #expect(shown.stdout.contains("model: Order"), "\(shown.stdout)")
        #expect(!shown.stdout.contains("x-json-schema"))
    }
}
