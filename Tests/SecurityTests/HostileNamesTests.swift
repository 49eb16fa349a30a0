import Identifiers
import JSONText
import TestSupport
import Testing

/// Names and values of other people never become SQL, and come out as they went in, through every way in.
struct HostileNamesTests {
    private static let conventions = ["snake_case", "direct", "duck_case"]

    /// The names that an engine can have side by side, each with what it becomes.
    private func names(
        _ engine: Engine, _ convention: String, _ normalize: (Naming, String) -> String?
    ) throws -> [(key: String, name: String)] {
        let naming = try Naming(named: convention, maxLength: 63)
        var seen: Set<[UInt8]> = []
        return HostileNames.all.compactMap { key in
            guard let name = normalize(naming, key), engine == .sqlite || name.utf8.count <= 63 else { return nil }
            // SQLite does not tell capital from small letters.
            let folded = engine == .sqlite ? name.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 } : Array(name.utf8)
            return seen.insert(folded).inserted ? (key, name) : nil
        }
    }

    private static func text(_ index: Int, _ key: String) -> String { "value \(index) of \(key)" }

    /// PostgreSQL's text takes no U+0000; it is left out, as dlt does.
    private func stored(_ text: String, _ engine: Engine) -> String {
        engine == .sqlite ? text : String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\0" }))
    }

    @Test(arguments: Engine.present, conventions)
    func `any key is a column`(engine: Engine, convention: String) throws {
        let dataset = try Dataset(engine)
        let names = try names(engine, convention) { $0.normalizePath($1) }.filter { !$0.name.isEmpty }
        #expect(names.count > 40)
        var record = JSONObject()
        for (index, (key, _)) in names.enumerated() { record[key] = .string(Self.text(index, key)) }
        let line = JSONValue.object(record).serialized() + "\n"
        // Twice: what is there has to be found again, or its columns would be added once more.
        for round in 1...2 {
            let result = try dataset.load(line, "--naming \(convention) --table t")
            #expect(result.status == 0, "round \(round): \(result)")
        }
        let columns = names.map { Dataset.quoted($0.name) }.joined(separator: ", ")
        let rows = try dataset.query("SELECT \(columns) FROM t")
        #expect(rows.count == 2)
        for row in rows {
            for (index, (key, name)) in names.enumerated() {
                let expected = stored(Self.text(index, key), engine)
                #expect(row[index].map { Array($0.utf8) } == Array(expected.utf8), "column \(name.debugDescription)")
            }
        }
        #expect(try dataset.canaryLives())
    }

    @Test(arguments: Engine.present)
    func `any field is a table, and any list another`(engine: Engine) throws {
        let convention = "direct"
        let dataset = try Dataset(engine)
        let names = try names(engine, convention) { naming, key in naming.normalizeTablesPath(key) }
            .filter { !$0.name.isEmpty && !["canary", "sqlite_master"].contains($0.name) && $0.name.utf8.count < 55 }
        var lines = ""
        for (index, (key, _)) in names.enumerated() {
            let record: JSONObject = ["table": .string(key), "text": .string(Self.text(index, key)), "list": [1, 2]]
            lines += JSONValue.object(record).serialized() + "\n"
        }
        for round in 1...2 {
            let result = try dataset.load(lines, "--naming \(convention) --table-from table")
            #expect(result.status == 0, "round \(round): \(result)")
        }
        let tables = try dataset.tables()
        for (index, (key, name)) in names.enumerated() {
            #expect(tables.contains(name), "\(name.debugDescription)")
            let values = try dataset.query("SELECT text FROM \(Dataset.quoted(name))")
            #expect(values == Array(repeating: [stored(Self.text(index, key), engine)], count: 2))
            let nested = Dataset.quoted(name + "▶list")
            #expect(try dataset.value("SELECT count(*) FROM \(nested)") == "4", "\(name.debugDescription)")
        }
        #expect(try dataset.canaryLives())
        #expect(tables.subtracting(["canary"]).count >= names.count)
    }

    private static let rows = [
        "a\"); DROP TABLE canary; --", "it's", "x\\", "$$", "\u{202E}x", "", " ", "e\u{301}", "\u{E9}",
    ]

    /// Every strategy of merging, on a table and columns with such names, by keys with such values.
    @Test(
        arguments: Engine.present,
        ["upsert", "delete-insert", "insert-only", "scd2", "replace", "merge-key", "hard-delete"])
    func `merges take any name and any key`(engine: Engine, way: String) throws {
        let dataset = try Dataset(engine)
        let (table, key, other, gone) = (
            "t\"; DROP TABLE canary; --", "k' \") ; --", "(position)", "gone $$ \\' (key)"
        )
        let columns = JSONValue.object([
            gone: ["data_type": "bool", "hard_delete": true], other: ["data_type": "bigint", "dedup_sort": "desc"],
        ]).serialized()
        try dataset.place.folder.write("columns.json", columns)
        try dataset.place.folder.write("key", key)
        let hints: String
        switch way {
        case "merge-key": hints = "--write-disposition merge --merge-key \"$(cat key)\""
        case "hard-delete":
            hints = "--write-disposition merge --primary-key \"$(cat key)\" --columns @columns.json"
        case "scd2", "replace": hints = "--write-disposition \(way)"
        default: hints = "--write-disposition \(way) --primary-key \"$(cat key)\""
        }
        func lines(_ number: Int) -> String {
            Self.rows.enumerated().map { index, value in
                var record: JSONObject = [
                    key: .string(value), other: .integer(number), "list'\"": [.string(value)], "place": "x", "s": "y",
                ]
                if way == "hard-delete" { record[gone] = .bool(number == 2 && index == 0) }
                return JSONValue.object(record).serialized() + "\n"
            }.joined()
        }
        for number in 1...2 {
            let result = try dataset.shell(
                "dlt-normalize --naming direct --table \"$(cat table)\" \(hints) | dlt-load \"$URL\"".replacing(
                    "$(cat table)", with: "$TABLE"
                ).replacing("dlt-normalize", with: "export TABLE='t\"; DROP TABLE canary; --'; dlt-normalize"),
                stdin: lines(number))
            #expect(result.status == 0, "\(way) \(number): \(result)")
        }
        let stored = Dataset.quoted(table.replacing("\"", with: "_"))
        let column = Dataset.quoted(key.replacing("\"", with: "_").replacing("'", with: "_"))
        let found = try dataset.query("SELECT \(column) FROM \(stored)").compactMap { $0[0] }.map { Array($0.utf8) }
        let expected = Self.rows.dropFirst(way == "hard-delete" ? 1 : 0).map { Array($0.utf8) }
        let times = way == "scd2" ? 2 : 1
        #expect(found.count == expected.count * times, "\(found.count)")
        #expect(Set(found) == Set(expected))
        let number = way == "insert-only" ? "1" : "2"
        if way != "scd2" {
            #expect(try dataset.query("SELECT DISTINCT \(Dataset.quoted(other)) FROM \(stored)") == [[number]])
        }
        #expect(try dataset.canaryLives())
    }

    /// What `--sql` prints can be run by the database's own program, whatever the names, and makes the same tables.
    @Test(arguments: Engine.present)
    func `printed SQL is the SQL of a load`(engine: Engine) throws {
        let (printed, loaded) = (try Dataset(engine), try Dataset(engine))
        let names = try names(engine, "direct") { $0.normalizePath($1) }.filter { !$0.name.isEmpty }
        var record = JSONObject()
        for (key, _) in names { record[key] = .string(key) }
        let lines = ["t\"; DROP TABLE canary; --", "u\rv\nw", "x\\", "\u{2028}y"].map { table in
            record["table"] = .string(table)
            return JSONValue.object(record).serialized() + "\n"
        }.joined()
        let options = "--naming direct --table-from table --write-disposition upsert --primary-key a"
        let client = engine == .sqlite ? "sqlite3 -bail x.db" : "psql -X -q -v ON_ERROR_STOP=1 \"$URL\""
        let result = try printed.shell(
            "dlt-normalize \(options) | dlt-load \"$URL\" --sql > plan.sql && \(client) < plan.sql >&2", stdin: lines)
        #expect(result.status == 0, "\(result)")
        #expect(try loaded.load(lines, options).status == 0)
        #expect(try printed.tables() == loaded.tables())
        for table in try loaded.tables() {
            let query =
                engine == .sqlite
                ? "SELECT name, type FROM pragma_table_info('\(table.replacing("'", with: "''"))')"
                : "SELECT attname, atttypid FROM pg_catalog.pg_attribute WHERE attnum > 0 AND attrelid = "
                    + "'\(Dataset.quoted(table).replacing("'", with: "''"))'::regclass ORDER BY attnum"
            let columns = try loaded.query(query)
            #expect(try printed.query(query) == columns && !columns.isEmpty, "\(table.debugDescription)")
        }
        #expect(try printed.canaryLives())
        #expect(try printed.value("SELECT count(*) FROM _dlt_loads") == "1")
    }

    /// A schema that somebody has made may hold what no naming convention lets through.
    @Test(arguments: Engine.present)
    func `names of an imported schema and of its package are names`(engine: Engine) throws {
        let dataset = try Dataset(engine)
        let table = "t\n; DROP TABLE canary; --"
        let column = "c\r\n\"; DROP TABLE canary; --"
        let schema: JSONObject = [
            "version": 1, "engine_version": 11, "name": .string(dataset.pipeline),
            "tables": [
                table: [
                    "columns": [column: ["data_type": "text", "nullable": true]], "write_disposition": "append",
                    "description": "'); DROP TABLE canary; --", "resource": .string(table),
                ]
            ],
            "normalizers": ["names": "direct", "json": ["module": "dlt.common.normalizers.json.relational"]],
        ]
        try dataset.place.folder.write("s.json", JSONValue.object(schema).serialized())
        let line = JSONValue.object(["table": .string(table), column: "x"]).serialized() + "\n"
        let client = engine == .sqlite ? "sqlite3 -bail x.db" : "psql -X -q -v ON_ERROR_STOP=1 \"$URL\""
        let result = try dataset.shell(
            """
            dlt-schema import s.json && dlt-normalize --table-from table > lines && dlt-load "$URL" --sql < lines > plan.sql
            \(client) < plan.sql; dlt-load "$URL" < lines
            """, stdin: line)
        #expect(try dataset.canaryLives(), "\(result)")
        #expect(
            try !dataset.place.folder.text("plan.sql").split(separator: "\n").contains {
                $0.hasPrefix("; DROP") && !$0.contains("\"")
            }, "\(result)")
    }

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

    @Test(arguments: ["a'; DROP TABLE canary; --", "x\" y", "$(touch evil)", "`touch evil`", "a b", "ü", "-x"])
    func `a pipeline and a dataset may have odd names`(name: String) throws {
        for engine in Engine.present {
            let dataset = try Dataset(engine)
            let result = try dataset.place.shell(
                """
                echo '{"a":1}' | dlt-normalize --table t --pipeline="$NAME" | dlt-load "$URL" --dataset="$NAME"
                dlt-state show --pipeline="$NAME" >/dev/null
                """, ["NAME": engine == .sqlite ? name : name + dataset.pipeline, "URL": dataset.url])
            #expect(result.status == 0, "\(result)")
            #expect(try dataset.canaryLives())
            #expect(try dataset.place.shell("find . -name evil").stdout.isEmpty)
        }
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
