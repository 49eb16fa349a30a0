import DestinationKinds
import Identifiers
import JSONText
import Schemas
import SystemIO
import TestSupport
import Testing

/// Names and values of other people never become SQL, and come out as they went in, through every way in.
struct HostileNamesTests {
    private static let conventions = ["snake_case", "direct", "duck_case"]

    /// The names that a destination can have side by side, each with what it becomes.
    private func names(
        _ pipeline: Pipeline, _ convention: String, _ normalize: (Naming, String) -> String?
    ) throws -> [(key: String, name: String)] {
        let kind = pipeline.destination.kind
        let naming = try Naming(named: convention, maxLength: 63)
        var seen: Set<[UInt8]> = []
        return HostileNames.all.compactMap { key in
            guard let name = normalize(naming, key), kind.columnNames.excess(of: name) == nil else { return nil }
            let folds = kind.casing == .insensitive
            let folded = name.utf8.map { folds && (65...90).contains($0) ? $0 + 32 : $0 }
            return seen.insert(folded).inserted ? (key, name) : nil
        }
    }

    /// A pipeline whose dataset has a table `canary` that no load knows of.
    private func pipeline(_ argument: CaseArgument) throws -> Pipeline {
        let pipeline = try Pipeline(argument)
        try pipeline.dataset.execute("CREATE TABLE canary (id bigint)")
        try pipeline.dataset.execute("INSERT INTO canary VALUES (1)")
        return pipeline
    }

    private func canaryLives(_ pipeline: Pipeline) throws -> Bool {
        try pipeline.query("SELECT id FROM canary") == [["1"]]
    }

    private func load(_ pipeline: Pipeline, _ records: String, _ options: String) throws -> ProgramResult {
        try pipeline.shell("dlt-normalize \(options) | dlt-load \"$URL\"", stdin: records)
    }

    private static func text(_ index: Int, _ key: String) -> String { "value \(index) of \(key)" }

    @Test(arguments: DestinationCases.present, conventions)
    func `any key is a column`(_ argument: CaseArgument, convention: String) throws {
        let pipeline = try pipeline(argument)
        let names = try names(pipeline, convention) { $0.normalizePath($1) }.filter { !$0.name.isEmpty }
        #expect(names.count > 40)
        var record = JSONObject()
        for (index, (key, _)) in names.enumerated() { record[key] = .string(Self.text(index, key)) }
        let line = JSONValue.object(record).serialized() + "\n"
        // Twice: what is there has to be found again, or its columns would be added once more.
        for round in 1...2 {
            let result = try load(pipeline, line, "--naming \(convention) --table t")
            #expect(result.status == 0, "round \(round): \(result)")
        }
        let columns = names.map { pipeline.destination.quoted($0.name) }.joined(separator: ", ")
        let rows = try pipeline.query("SELECT \(columns) FROM t")
        #expect(rows.count == 2)
        for row in rows {
            for (index, (key, name)) in names.enumerated() {
                let expected = pipeline.destination.kept(Self.text(index, key))
                #expect(row[index].map { Array($0.utf8) } == Array(expected.utf8), "column \(name.debugDescription)")
            }
        }
        #expect(try canaryLives(pipeline))
    }

    @Test(arguments: DestinationCases.present)
    func `any field is a table, and any list another`(_ argument: CaseArgument) throws {
        let convention = "direct"
        let pipeline = try pipeline(argument)
        let names = try names(pipeline, convention) { naming, key in naming.normalizeTablesPath(key) }
            .filter { !$0.name.isEmpty && !["canary", "sqlite_master"].contains($0.name) && $0.name.utf8.count < 55 }
        var lines = ""
        for (index, (key, _)) in names.enumerated() {
            let record: JSONObject = ["table": .string(key), "text": .string(Self.text(index, key)), "list": [1, 2]]
            lines += JSONValue.object(record).serialized() + "\n"
        }
        for round in 1...2 {
            let result = try load(pipeline, lines, "--naming \(convention) --table-from table")
            #expect(result.status == 0, "round \(round): \(result)")
        }
        let tables = Set(try pipeline.dataset.tables())
        for (index, (key, name)) in names.enumerated() {
            #expect(tables.contains(name), "\(name.debugDescription)")
            let values = try pipeline.query("SELECT text FROM \(pipeline.destination.quoted(name))")
            #expect(values == Array(repeating: [pipeline.destination.kept(Self.text(index, key))], count: 2))
            let nested = pipeline.destination.quoted(name + "▶list")
            #expect(try pipeline.value("SELECT count(*) FROM \(nested)") == "4", "\(name.debugDescription)")
        }
        #expect(try canaryLives(pipeline))
        #expect(tables.subtracting(["canary"]).count >= names.count)
    }

    private static let rows = [
        "a\"); DROP TABLE canary; --", "it's", "x\\", "$$", "\u{202E}x", "", " ", "e\u{301}", "\u{E9}",
    ]

    /// Every strategy of merging, on a table and columns with such names, by keys with such values.
    @Test(
        arguments: DestinationCases.present,
        ["upsert", "delete-insert", "insert-only", "scd2", "replace", "merge-key", "hard-delete"])
    func `merges take any name and any key`(_ argument: CaseArgument, way: String) throws {
        if let strategy = MergeStrategy(rawValue: way), !argument.destination.kind.mergeStrategies.contains(strategy) {
            return
        }
        let pipeline = try pipeline(argument)
        let (table, key, other, gone) = (
            "t\"; DROP TABLE canary; --", "k' \") ; --", "(position)", "gone $$ \\' (key)"
        )
        let columns = JSONValue.object([
            gone: ["data_type": "bool", "hard_delete": true], other: ["data_type": "bigint", "dedup_sort": "desc"],
        ]).serialized()
        try pipeline.folder.write("columns.json", columns)
        try pipeline.folder.write("key", key)
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
            let result = try pipeline.shell(
                "dlt-normalize --naming direct --table \"$(cat table)\" \(hints) | dlt-load \"$URL\"".replacing(
                    "$(cat table)", with: "$TABLE"
                ).replacing("dlt-normalize", with: "export TABLE='t\"; DROP TABLE canary; --'; dlt-normalize"),
                stdin: lines(number))
            #expect(result.status == 0, "\(way) \(number): \(result)")
        }
        let stored = pipeline.destination.quoted(table.replacing("\"", with: "_"))
        let column = pipeline.destination.quoted(key.replacing("\"", with: "_").replacing("'", with: "_"))
        let found = try pipeline.query("SELECT \(column) FROM \(stored)").compactMap { $0[0] }.map { Array($0.utf8) }
        let expected = Self.rows.dropFirst(way == "hard-delete" ? 1 : 0).map { Array($0.utf8) }
        let times = way == "scd2" ? 2 : 1
        #expect(found.count == expected.count * times, "\(found.count)")
        #expect(Set(found) == Set(expected))
        let number = way == "insert-only" ? "1" : "2"
        if way != "scd2" {
            #expect(
                try pipeline.query("SELECT DISTINCT \(pipeline.destination.quoted(other)) FROM \(stored)") == [[number]]
            )
        }
        #expect(try canaryLives(pipeline))
    }

    /// What `--sql` prints can be run by the database's own program, whatever the names, and makes the same tables.
    @Test(arguments: DestinationCases.present)
    func `printed SQL is the SQL of a load`(_ argument: CaseArgument) throws {
        let (printed, loaded) = (try pipeline(argument), try pipeline(argument))
        let names = try names(printed, "direct") { $0.normalizePath($1) }.filter { !$0.name.isEmpty }
        var record = JSONObject()
        for (key, _) in names { record[key] = .string(key) }
        let lines = ["t\"; DROP TABLE canary; --", "u\rv\nw", "x\\", "\u{2028}y"].map { table in
            record["table"] = .string(table)
            return JSONValue.object(record).serialized() + "\n"
        }.joined()
        let options = "--naming direct --table-from table --write-disposition upsert --primary-key a"
        let result = try printed.shell(
            "dlt-normalize \(options) | dlt-load \"$URL\" --sql > plan.sql && \(printed.dataset.client) < plan.sql >&2",
            stdin: lines)
        #expect(result.status == 0, "\(result)")
        #expect(try load(loaded, lines, options).status == 0)
        #expect(try Set(printed.dataset.tables()) == Set(loaded.dataset.tables()))
        for table in try loaded.dataset.tables() {
            let columns = try loaded.dataset.columns(of: table)
            #expect(
                try printed.dataset.columns(of: table) == columns && !columns.isEmpty, "\(table.debugDescription)")
        }
        #expect(try canaryLives(printed))
        #expect(try printed.value("SELECT count(*) FROM _dlt_loads") == "1")
    }

    /// A schema that somebody has made may hold what no naming convention lets through.
    @Test(arguments: DestinationCases.present)
    func `names of an imported schema and of its package are names`(_ argument: CaseArgument) throws {
        let pipeline = try pipeline(argument)
        let table = "t\n; DROP TABLE canary; --"
        let column = "c\r\n\"; DROP TABLE canary; --"
        let schema: JSONObject = [
            "version": 1, "engine_version": 11, "name": .string(pipeline.name),
            "tables": [
                table: [
                    "columns": [column: ["data_type": "text", "nullable": true]], "write_disposition": "append",
                    "description": "'); DROP TABLE canary; --", "resource": .string(table),
                ]
            ],
            "normalizers": ["names": "direct", "json": ["module": "dlt.common.normalizers.json.relational"]],
        ]
        try pipeline.folder.write("s.json", JSONValue.object(schema).serialized())
        let line = JSONValue.object(["table": .string(table), column: "x"]).serialized() + "\n"
        let result = try pipeline.shell(
            """
            dlt-schema import s.json && dlt-normalize --table-from table > lines && dlt-load "$URL" --sql < lines > plan.sql
            \(pipeline.dataset.client) < plan.sql; dlt-load "$URL" < lines
            """, stdin: line)
        #expect(try canaryLives(pipeline), "\(result)")
        #expect(
            try !pipeline.folder.text("plan.sql").split(separator: "\n").contains {
                $0.hasPrefix("; DROP") && !$0.contains("\"")
            }, "\(result)")
    }

    @Test(
        arguments: DestinationCases.present,
        ["a'; DROP TABLE canary; --", "x\" y", "$(touch evil)", "`touch evil`", "a b", "ü", "-x"])
    func `a pipeline and a dataset may have odd names`(_ argument: CaseArgument, name: String) throws {
        let pipeline = try pipeline(argument)
        let result = try pipeline.shell(
            """
            echo '{"a":1}' | dlt-normalize --table t --pipeline="$NAME" | dlt-load "$URL" --dataset="$NAME"
            dlt-state show --pipeline="$NAME" >/dev/null
            """, ["NAME": name + pipeline.name])
        #expect(result.status == 0, "\(result)")
        #expect(try canaryLives(pipeline))
        #expect(try pipeline.shell("find . -name evil").stdout.isEmpty)
    }
}
