import JSONText
import LoadPackages
import Schemas
import SystemIO
import TestSupport
import Testing

@Suite struct AppendTests {
    @Test(arguments: DestinationCases.present)
    func `a first load makes dlt's tables and moves the package`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let path = try pipeline.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        let result = try pipeline.load([path])
        expect(result, 0, "dlt-load: 3 rows: users 3; 1 package into \(pipeline.dataset.url.prefix { $0 != ":" }):")
        #expect(
            try pipeline.query("SELECT id, name FROM users ORDER BY id") == [["1", "u1"], ["2", "u2"], ["3", "u3"]])
        #expect(try pipeline.columnNames("users") == ["id", "name", "_dlt_load_id", "_dlt_id"])
        #expect(try pipeline.dataset.columns(of: "users").map(\.isNullable) == [true, true, false, false])
        #expect(
            try pipeline.dataset.tables().sorted() == ["_dlt_loads", "_dlt_pipeline_state", "_dlt_version", "users"])
        #expect(try pipeline.places() == [0, 1, 0])
        #expect(
            try Files.list(pipeline.spool.path(of: pipeline.spool.packages(.loaded)[0], in: .loaded)) == [
                "manifest.json"
            ])
        #expect(try pipeline.spool.home().dataset == pipeline.dataset.name)
        #expect(
            try pipeline.value(
                "SELECT count(*) FROM _dlt_loads l JOIN _dlt_version v ON version_hash = schema_version_hash") == "1")
        #expect(
            try pipeline.spool.committedSchema(pipeline.name)?.versionHash
                == pipeline.value("SELECT version_hash FROM _dlt_version"))
    }

    @Test(arguments: DestinationCases.present)
    func `loading again changes nothing`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let path = try pipeline.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        try FileCopy.tree(path, to: pipeline.folder.path("copy"))
        expect(try pipeline.load([path]), 0)
        func all() throws -> [[[String?]]] {
            try pipeline.dataset.tables().sorted().map { try pipeline.query("SELECT * FROM \($0)") }
        }
        let before = try all()
        expect(try pipeline.load([path]), 0)
        expect(try pipeline.load([pipeline.folder.path("copy")]), 0, "had been loaded before")
        #expect(try all() == before)
        #expect(try pipeline.value("SELECT count(*) FROM users") == "3")
    }

    @Test(arguments: DestinationCases.present)
    func `rows, nested rows and new columns arrive with dlt's types`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        expect(
            try pipeline.take([
                #"{"id":1,"ok":true,"x":1.5,"at":"2024-01-01T10:00:00+02:00","o":{"k":"é"},"l":[{"n":1},{"n":2}]}"#
            ]), 0)
        expect(try pipeline.take([#"{"id":2,"new":"x","l":[{"n":3,"deep":"y"}],"other":[1]}"#]), 0)
        let columns: [(name: String, type: DataType)] = [
            ("id", .bigint), ("ok", .bool), ("x", .double), ("at", .timestamp), ("o__k", .text), ("new", .text),
        ]
        #expect(
            try pipeline.rows("t", columns, "ORDER BY id") == [
                ["1", "true", "1.5", "2024-01-01 08:00:00.000000", "é", nil], ["2", nil, nil, nil, nil, "x"],
            ])
        #expect(
            try pipeline.query(
                "SELECT t.id, n, deep FROM t JOIN t__l ON t._dlt_id = t__l._dlt_parent_id ORDER BY t.id, _dlt_list_idx")
                == [["1", "1", nil], ["1", "2", nil], ["2", "3", "y"]])
        #expect(try pipeline.query("SELECT value FROM t__other") == [["1"]])
        let stored = try pipeline.dataset.columns(of: "t")
        #expect(
            stored.map(\.name) == ["id", "ok", "x", "at", "o__k", "_dlt_load_id", "_dlt_id", "new"])
        #expect(stored.map(\.isNullable) == [true, true, true, true, true, false, false, true])
        let types = pipeline.destination.declaredTypes
        #expect(
            stored.prefix(5).map(\.type)
                == ["a_bigint", "a_bool", "a_double", "a_timestamp", "a_text"].map { types[$0] })
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads WHERE status = 0") == "2")
    }

    @Test(arguments: DestinationCases.present)
    func `rows with other keys and another order land in their columns`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        var rows: [(table: String, row: String)] = []
        for id in 0..<200 {
            var members = ["\"id\":\(id)", "\"_dlt_load_id\":\"%\"", "\"_dlt_id\":\"r\(id)\""]
            if id % 3 == 0 { members.append("\"name\":\"n\(id)\"") }
            if id % 7 == 0 { members.reverse() }
            if id % 11 == 0 { members = members.map { $0.replacing("\"id\"", with: "\"\\u0069d\"") } }
            rows.append(("users", "{" + members.joined(separator: ",") + "}"))
        }
        expect(try pipeline.load([pipeline.spool.makePackage([TestPackages.users()], rows: rows)]), 0)
        let expected = (0..<200).map { [String($0), $0 % 3 == 0 ? "n\($0)" : "", "r\($0)"] }
        #expect(try pipeline.query("SELECT id, coalesce(name, ''), _dlt_id FROM users ORDER BY id") == expected)
    }

    @Test(arguments: DestinationCases.present)
    func `a column without a name is left out as dlt leaves it out`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let path = try pipeline.spool.makePackage(
            [TestPackages.table("t", [Column(name: "", .bigint), Column(name: "a", .bigint)])],
            rows: [("t", "{\"\":5,\"a\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
        expect(try pipeline.load([path]), 0)
        #expect(try pipeline.columnNames("t") == ["a", "_dlt_load_id", "_dlt_id"])
    }

    @Test(arguments: DestinationCases.present)
    func `a run key is loaded once`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let (users, rows) = (TestPackages.users(), TestPackages.userRows(1, 3))
        let first = try pipeline.spool.makePackage([users], rows: rows, runKey: "january")
        expect(try pipeline.load([first]), 0)
        let base = try pipeline.spool.committedSchema(pipeline.name)
        let second = try pipeline.spool.makePackage([users], rows: rows, base: base, runKey: "january")
        expect(try pipeline.load([second]), 0, "--again")
        #expect(try pipeline.value("SELECT count(*) FROM users") == "3")
        // What normalize hands on for a key that is done: a package of which the manifest is left.
        let done = Paths.join(pipeline.spool.path, "loaded", Paths.lastComponent(first))
        expect(try pipeline.load([done]), 0, "had been loaded before")
        expect(try pipeline.load([done, "--dataset", pipeline.dataset.name + "_elsewhere"]), 65, "--again")
        let third = try pipeline.spool.makePackage(
            [users], rows: TestPackages.userRows(4, 3), base: base, runKey: "january")
        expect(try pipeline.load([third, "--again"]), 0)
        #expect(try pipeline.value("SELECT count(*) FROM users") == "6")
    }

    @Test(arguments: DestinationCases.present)
    func `an empty machine pulls state and schema, and goes on`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        expect(try pipeline.take([#"{"id":1}"#]), 0)
        let result = try pipeline.shell(
            """
            rm -r "$DLT_DATA_DIR"; dlt-state pull "$URL" && echo '{"id":2}' | dlt-normalize --table t | dlt-load "$URL" \
            && dlt-schema history "$URL"
            """)
        expect(result, 0)
        #expect(try pipeline.sum() == Pipeline.sum(1...2))
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_version") == "1")
    }
}
