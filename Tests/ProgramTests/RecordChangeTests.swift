import JSONText
import SQLite
import SystemIO
import TestSupport
import Testing

/// What is left out, hashed or redacted on the way appears nowhere after that.
struct RecordChangeTests {
    private let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    private func shell(_ script: String, key: String? = nil) throws -> ProgramResult {
        var environment = ["DLT_DATA_DIR": folder.path("data"), "DLT_PROJECT_DIR": folder.path]
        environment["DLT_HASH_KEY"] = key
        return try runShell(script, environment: environment, currentDirectory: folder.path)
    }

    private func values(_ query: String) throws -> [String] {
        let database = try Database.open(folder.path("x.db"), flags: .readWrite, busyTimeoutMilliseconds: 5000)
        let rows = try database.prepare(query)
        var values: [String] = []
        while try rows.step() { values.append(rows.isNull(0) ? "NULL" : rows.string(0)) }
        return values
    }

    /// Nothing of the run, the database or the spool holds a planted name.
    private func expectHidden(_ result: ProgramResult, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(!result.description.contains("PLANTED"), "\(result)", sourceLocation: sourceLocation)
        let found = try shell(
            """
            grep -rl PLANTED data x.db events rejects 2>/dev/null
            find data -name '*.zst' -exec zstd -dcq {} + 2>/dev/null | grep PLANTED
            dlt-schema alert events --all --with-values --dry-run 2>/dev/null | grep PLANTED
            """)
        #expect(found.stdout.isEmpty, "\(found)", sourceLocation: sourceLocation)
    }

    private static let people = """
        {"id":1,"name":"PLANTED a","card":"PLANTED b","o":{"s":"PLANTED c","k":1},"l":[{"s":"PLANTED d","q":1}],"j":{"deep":{"s":"PLANTED e"}}}
        {"id":"PLANTED id","name":"PLANTED f","card":"PLANTED g","o":{"s":"PLANTED h","k":"PLANTED k"},"l":[{"s":"PLANTED i","q":"x"}]}
        {"id":3,"name":"PLANTED
        {"card":"PLANTED c2","name":"PLANTED n2","id":2,"new":"x"}

        """

    @Test(arguments: [1, 3])
    func `what is hidden appears nowhere, in this run and in later ones`(workers: Int) throws {
        _ = try folder.write("people.jsonl", Self.people)
        let options =
            "--exclude card --hash name --redact o.s --redact l.s --redact j.deep.s --exclude o.k --redact id --rename l=items"
        let run =
            "dlt-extract files people.jsonl | dlt-normalize --workers \(workers) --events events --rejects rejects --max-table-nesting 1"
        let contract = "--schema-contract '{\"data_type\":\"discard_row\",\"columns\":\"discard_value\"}'"
        for (number, script) in ["\(run) \(options)", "\(run) \(contract)", "\(run) --explain id -v", run].enumerated()
        {
            let result = try shell("\(script) | dlt-load sqlite:///x.db --keep-loaded 9", key: "secret key")
            #expect(result.status == 3, "\(number): \(result)")
            try expectHidden(result)
        }
        #expect(try values("SELECT DISTINCT length(name) FROM people WHERE name IS NOT NULL") == ["64"])
        #expect(try values("SELECT name FROM pragma_table_info('people') WHERE name IN ('card', 'o__k')").isEmpty)
        #expect(try values("SELECT DISTINCT s FROM people__items") == ["***"])
        let schema = try shell("dlt-schema export --pipeline people --format json")
        #expect(schema.stdout.contains("x-changes") && !schema.stdout.contains("secret key"))
        let kept = try shell(
            "dlt-extract files people.jsonl | dlt-normalize --keep card --schema-contract evolve --rejects rejects | dlt-load sqlite:///x.db",
            key: "secret key")
        #expect(kept.status == 3, "\(kept)")
        #expect(try values("SELECT card FROM people WHERE card LIKE 'PLANTED%'").count == 3)
    }

    @Test func `hashes are equal for equal values, and need the same key`() throws {
        _ = try folder.write(
            "a.jsonl", "{\"id\":1,\"e\":\"x\"}\n{\"id\":2,\"e\":\"x\"}\n{\"id\":3,\"e\":\"y\"}\n{\"id\":4,\"e\":null}\n"
        )
        let run = "dlt-extract files a.jsonl -q | dlt-normalize -q"
        let load = "| dlt-load sqlite:///x.db -q"
        let keyless = try shell("\(run) --hash e \(load)")
        #expect(keyless.status == 78 && keyless.stderr.contains("set DLT_HASH_KEY"), "\(keyless)")
        #expect(try shell("\(run) --hash e \(load)", key: "k1").status == 0)
        // printf x | openssl dgst -sha256 -hmac k1
        let codes = try values("SELECT e FROM a ORDER BY id")
        #expect(codes[0] == codes[1] && codes[0] != codes[2] && codes[3] == "NULL")
        for options in ["--hash e", ""] {
            let other = try shell("\(run) \(options) \(load)", key: "k2")
            #expect(other.status == 78 && other.stderr.contains("is not the key"), "\(other)")
            #expect(try shell("\(run) \(options) \(load)").status == 78)
        }
        _ = try folder.write(".dlt/secrets.toml", "dlt_hash_key = \"k1\"\n")
        #expect(try shell("\(run) \(load)").status == 0)
        #expect(try values("SELECT count(DISTINCT e) FROM a") == ["2"])
        #expect(try shell("dlt-extract files a.jsonl | dlt-normalize --hash 'a[0]'").status == 64)
    }

    /// What a source says of the types of its columns follows.
    @Test func `columns are those of the changed records`() throws {
        _ = try folder.write("c.csv", "id,card,zip,n\n1,4711,8000,5\n2,4712,8001,6\n")
        let options = "--exclude card --rename zip=code --redact n --rename id=key --primary-key id"
        let csv = try shell("dlt-extract files c.csv | dlt-normalize \(options) | dlt-load sqlite:///x.db -q")
        #expect(csv.status == 0, "\(csv)")
        let columns =
            "SELECT name || ' ' || type FROM pragma_table_info('TABLE') WHERE name NOT LIKE '\\_dlt%' ESCAPE '\\'"
        #expect(try values(columns.replacing("TABLE", with: "c")) == ["key BIGINT", "code BIGINT", "n TEXT"])
        _ = try folder.write(
            "tap",
            """
            {"type":"SCHEMA","stream":"s","schema":{"properties":{"card":{"type":"integer"},"o":{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}}},"old":{"type":"number"}}},"key_properties":[]}
            {"type":"RECORD","stream":"s","record":{"card":4711,"o":{"a":1,"b":2},"old":1}}

            """)
        let tap = try shell(
            "dlt-normalize --exclude card --exclude o.a --redact o.b --rename old=new < tap | dlt-load sqlite:///x.db -q"
        )
        #expect(tap.status == 0, "\(tap)")
        #expect(try Set(values(columns.replacing("TABLE", with: "s"))) == ["o__b TEXT", "new DOUBLE"])
    }

    @Test(arguments: [
        ("mail", "--hash mail"), ("user.mail", "--redact user.mail"), ("user.mail", "--exclude user"),
        ("mail", "--hash mail --rename mail=address"),
    ])
    func `a cursor whose values are hidden is refused, since the state would keep one`(cursor: String, options: String)
        throws
    {
        _ = try folder.write("people.jsonl", #"{"id":1,"mail":"PLANTED a","user":{"mail":"PLANTED b"}}"# + "\n")
        let pipe = "dlt-extract files people.jsonl --cursor \(cursor) | dlt-normalize"
        let refused = try shell("\(pipe) \(options); exit ${PIPESTATUS[1]}", key: "secret key")
        #expect(refused.status == 64, "\(refused)")
        #expect(refused.stderr.contains("is the cursor of resource people"), "\(refused)")
        try expectHidden(refused)
        // Another name for it hides nothing, and a cursor beside it is free.
        for other in [
            "\(pipe) --rename id=number", "\(pipe.split(separator: cursor).joined(separator: "id")) \(options)",
        ] {
            let result = try shell("rm -rf data; \(other); exit ${PIPESTATUS[1]}", key: "secret key")
            #expect(result.status == 0, "\(result)")
        }
    }

    @Test func `a path that no record has is told`() throws {
        _ = try folder.write("a.jsonl", "{\"id\":1}\n")
        let result = try shell("dlt-extract files a.jsonl | dlt-normalize --exclude emial --rename id=key")
        #expect(result.stderr.contains("no record of a had emial"), "\(result)")
        #expect(!result.stderr.contains("had id"))
    }
}
