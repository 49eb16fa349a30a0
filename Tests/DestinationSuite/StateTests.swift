import JSONText
import LoadPackages
import PipelineStates
import Schemas
import SystemIO
import TestSupport
import Testing

@testable import Destinations

/// The pipeline's state and dlt's own tables.
@Suite struct StateTests {
    private func state(_ pipeline: Pipeline, _ cursor: Int) -> StateTree {
        StateTree(sources: [pipeline.name: ["resources": ["users": ["cursor": .integer(cursor)]]]])
    }

    private func subtrees(_ pipeline: Pipeline, _ state: StateTree?) -> JSONObject {
        let subtree = StateTree.Subtree(source: pipeline.name, resource: "users")
        return [subtree.key: (state?.hash(of: subtree)).map { .string($0) } ?? .null]
    }

    @Test(arguments: DestinationCases.present)
    func `state is written when it changes only`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let spool = pipeline.spool
        func stored() throws -> [[String?]] {
            try pipeline.query("SELECT version, version_hash, _dlt_load_id FROM _dlt_pipeline_state ORDER BY version")
        }
        expect(try pipeline.load([spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 1))]), 0)
        expect(try pipeline.load([spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(2, 1))]), 0)
        #expect(try stored().count == 1)
        let third = try spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(3, 1), state: state(pipeline, 3),
            subtrees: subtrees(pipeline, nil))
        expect(try pipeline.load([third]), 0)
        let rows = try stored()
        #expect(rows.map { $0[0] } == ["1", "2"])
        #expect(rows.last?[2] == Paths.lastComponent(third))
        #expect(try spool.committedState().sources == state(pipeline, 3))
        #expect(try spool.committedState().versionHash == rows.last?[1])
        let times = try pipeline.query(
            "SELECT s.created_at, v.inserted_at, l.inserted_at FROM _dlt_loads l JOIN _dlt_pipeline_state s ON "
                + "s._dlt_load_id = load_id JOIN _dlt_version v ON v.version_hash = schema_version_hash "
                + "WHERE s.version = 1")[0].compactMap { $0 }
        #expect(times.sorted() == times && times.count == 3)
    }

    @Test(arguments: DestinationCases.present)
    func `waiting predecessors are committed first, oldest first`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        var last: String?
        for number in 1...3 {
            last = try pipeline.spool.makePackage(
                [TestPackages.users()], rows: TestPackages.userRows(number, 1),
                base: last.map { try pipeline.schema(of: $0) },
                baseID: last.map { try pipeline.id(of: $0) }, state: state(pipeline, number),
                subtrees: subtrees(pipeline, number == 1 ? nil : state(pipeline, number - 1)))
        }
        let third = try #require(last)
        let plan = try pipeline.load([third, "--dry-run"])
        expect(plan, 0)
        #expect(plan.lines.filter { $0.contains("insert 1 row into table users") }.count == 3)
        #expect(try !pipeline.dataset.exists())
        expect(try pipeline.load([third]), 0, "3 rows: users 3; 3 packages into")
        #expect(
            try pipeline.query("SELECT id FROM users JOIN _dlt_loads ON load_id = _dlt_load_id ORDER BY inserted_at")
                == [["1"], ["2"], ["3"]])
        #expect(try pipeline.places() == [0, 3, 0])
        #expect(try pipeline.spool.committedState().sources == state(pipeline, 3))
    }

    @Test(arguments: DestinationCases.present)
    func `killed after the commit and run again, each row is there once`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let (spool, folder) = (pipeline.spool, pipeline.folder)
        let path = try spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(1, 3), state: state(pipeline, 1),
            subtrees: subtrees(pipeline, nil))
        try FileCopy.tree(spool.path, to: folder.path("before"))
        expect(try pipeline.load([path]), 0)
        let committed = try spool.committedState()
        // Nothing of what follows the commit has happened.
        try Files.removeTree(spool.path)
        try FileCopy.tree(folder.path("before"), to: spool.path)
        expect(try pipeline.load(["--pending"]), 0)
        #expect(try pipeline.value("SELECT count(*) FROM users") == "3")
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "1")
        #expect(try pipeline.places() == [0, 1, 0])
        #expect(try spool.committedState() == committed)
        #expect(try spool.home().destination != nil)
    }

    @Test(arguments: DestinationCases.present)
    func `a state of another run is a conflict, and its destination's is taken over`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let spool = pipeline.spool
        func package(_ id: Int, _ cursor: Int) throws -> String {
            try spool.makePackage(
                [TestPackages.users()], rows: TestPackages.userRows(id, 1), state: state(pipeline, cursor),
                subtrees: subtrees(pipeline, cursor == 1 ? nil : state(pipeline, 1)))
        }
        expect(try pipeline.load([package(1, 1)]), 0)
        let (first, second) = (try package(2, 2), try package(3, 5))
        let old = try spool.committedState()
        expect(try pipeline.load([first]), 0)
        // As on another machine, which does not know of it.
        try spool.commit(old)
        expect(try pipeline.load([second]), 75, "run the whole pipe again")
        #expect(try pipeline.places() == [0, 2, 1])
        #expect(try spool.committedState().sources == state(pipeline, 2))
        #expect(try pipeline.value("SELECT count(*) FROM users") == "2")
    }

    // MARK: Between destinations

    /// dlt's tables of a pipeline that has loaded the same packages, without what tells the destination or the time.
    private func systemRows(_ pipeline: Pipeline, _ loading: [String]) throws -> [String: [String]] {
        for path in loading { expect(try pipeline.load([path]), 0) }
        let tables = [SystemTables.version, SystemTables.loads, SystemTables.state]
        var rows: [String: [String]] = [:]
        for table in tables {
            rows[table.name] = try pipeline.contents(
                table,
                without: ["inserted_at", "created_at", "state", "version_hash", "schema_version_hash", "_dlt_id"])
        }
        let versions = try pipeline.query("SELECT version_hash FROM _dlt_version ORDER BY version").map { $0[0] ?? "" }
        #expect(
            try pipeline.query("SELECT DISTINCT schema_version_hash FROM _dlt_loads ORDER BY 1").compactMap { $0[0] }
                == versions.sorted())
        rows["hashes"] = versions
        rows["states"] = try pipeline.query("SELECT state FROM _dlt_pipeline_state ORDER BY version").map { row in
            var state = try StoredText.document(row[0] ?? "").objectValue ?? [:]
            for key in ["destination_type", "destination_name", "dataset_name", "_version_hash"] { state[key] = nil }
            return JSONValue.object(state).serialized()
        }
        for name in ["users", "users__tags"] {
            let schema = try #require(try pipeline.spool.committedSchema("s"))
            rows[name] = try pipeline.contents(try #require(schema[table: name]))
        }
        return rows
    }

    @Test func `rows and dlt's own tables are the same at every destination`() throws {
        let maker = try WorkDirectory()
        let spool = try #require(Spool(dataDirectory: maker.path("data"), pipeline: "s"))
        let tags = TestPackages.table("users__tags", [Column(name: "value", .text, nullable: true)], parent: "users")
        let tag = #"{"value":"t","_dlt_parent_id":"r1","_dlt_list_idx":0,"_dlt_id":"c1"}"#
        let first = try spool.makePackage(
            [TestPackages.users(), tags], rows: TestPackages.userRows(1, 3) + [("users__tags", tag)])
        let reader = try PackageReader(first)
        let tree = StateTree(sources: ["s": ["resources": ["users": ["cursor": 5]]]])
        let second = try spool.makePackage(
            [TestPackages.users(more: [Column(name: "x", .double, nullable: true)])],
            rows: [("users", #"{"id":9,"x":0.1,"_dlt_load_id":"%","_dlt_id":"9"}"#)], base: reader.schema,
            baseID: reader.manifest.loadID, state: tree)
        var expected: [String: [String]]?
        for argument in DestinationCases.present {
            let pipeline = try Pipeline(argument, named: "s")
            try FileCopy.tree(maker.path("data"), to: pipeline.folder.path("data"))
            let paths = try [first, second].map { pipeline.spool.path(of: try pipeline.id(of: $0), in: .waiting) }
            let rows = try systemRows(pipeline, paths)
            #expect(rows["users"]?.count == 4 && rows["states"]?.count == 2)
            if let expected { #expect(rows == expected, "\(argument.testDescription)") } else { expected = rows }
        }
    }
}
