import JSONText
import LoadPackages
import PipelineStates
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

/// State, homes, chains of packages, and schemas that several runs evolve at once.
@Suite struct ChainTests {
    private func state(_ cursor: Int) -> StateTree {
        StateTree(sources: ["p": ["resources": ["users": ["cursor": .integer(cursor)]]]])
    }

    private func subtrees(_ state: StateTree?) -> JSONObject {
        let subtree = StateTree.Subtree(source: "p", resource: "users")
        return [subtree.key: (state?.hash(of: subtree)).map { .string($0) } ?? .null]
    }

    private func storedState(_ fixture: Fixture) throws -> [[String]] {
        try fixture.query("SELECT version, version_hash, _dlt_load_id FROM _dlt_pipeline_state ORDER BY rowid")
    }

    @Test func `state is dlt's and is written when it changes only`() throws {
        let fixture = try Fixture()
        let first = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 1))
        #expect(try fixture.load([first]).status == 0)
        // As dlt 1.31 computes it for a pipeline named p without sources.
        #expect(try storedState(fixture).map { $0[1] } == ["r7dlkG4du9CDezi8oH6s0rV/FZD6DRje5MDqI+ksb3Y="])
        let second = try fixture.package([Fixture.users()], rows: Fixture.userRows(2, 1))
        #expect(try fixture.load([second]).status == 0)
        #expect(try storedState(fixture).count == 1)
        let third = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(3, 1), state: state(3), subtrees: subtrees(nil))
        #expect(try fixture.load([third]).status == 0)
        let rows = try storedState(fixture)
        #expect(rows.map { $0[0] } == ["1", "2"])
        #expect(rows.last?[2] == Paths.lastComponent(third))
        #expect(try fixture.spool.committedState().sources == state(3))
        #expect(try fixture.spool.committedState().versionHash == rows.last?[1])
        let times = try fixture.query(
            "SELECT s.created_at, v.inserted_at, l.inserted_at FROM _dlt_loads l JOIN _dlt_pipeline_state s ON "
                + "s._dlt_load_id = load_id JOIN _dlt_version v ON v.version_hash = schema_version_hash LIMIT 1")
        #expect(times[0].sorted() == times[0])
    }

    @Test func `waiting predecessors are committed first, oldest first`() throws {
        let fixture = try Fixture()
        let first = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(1, 1), state: state(1), subtrees: subtrees(nil))
        let second = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(2, 1), base: fixture.schema(of: first),
            baseID: fixture.id(of: first),
            state: state(2), subtrees: subtrees(state(1)))
        let third = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(3, 1), base: fixture.schema(of: second),
            baseID: fixture.id(of: second), state: state(3), subtrees: subtrees(state(2)))
        let plan = try fixture.load([third, "--dry-run"])
        #expect(plan.status == 0, "\(plan)")
        #expect(plan.lines.filter { $0.contains("insert 1 row into table users") }.count == 3)
        #expect(!Files.exists(fixture.folder.path("x.db")))
        let result = try fixture.load([third])
        #expect(result.status == 0, "\(result)")
        #expect(result.stderr.contains("3 packages, 1 table, 3 rows"))
        #expect(try fixture.query("SELECT id FROM users ORDER BY rowid") == [["1"], ["2"], ["3"]])
        #expect(try fixture.places() == [0, 3, 0])
        #expect(try fixture.spool.committedState().sources == state(3))
    }

    @Test func `a conflict of state fails the package and all that builds on it`() throws {
        let fixture = try Fixture()
        let first = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(1, 1), state: state(1), subtrees: subtrees(nil))
        let base = try fixture.schema(of: first)
        #expect(try fixture.load([first]).status == 0)
        // Another run has committed cursor 2 while these two were made from cursor 1.
        let other = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(2, 1), base: base, state: state(2), subtrees: subtrees(state(1)))
        let late = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(2, 1), base: base, state: state(5), subtrees: subtrees(state(1)))
        let later = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(6, 1), base: base, baseID: fixture.id(of: late), state: state(6),
            subtrees: subtrees(state(5)))
        let unrelated = try fixture.package([Fixture.users()], rows: Fixture.userRows(9, 1), base: base)
        #expect(try fixture.load([other]).status == 0)
        let result = try fixture.load([later])
        #expect(result.status == 75, "\(result)")
        #expect(result.stderr.contains("run the whole pipe again"))
        #expect(try fixture.places() == [1, 2, 2])
        #expect(try fixture.spool.committedState().sources == state(2))
        #expect(try fixture.value("SELECT count(*) FROM users") == "2")
        #expect(try fixture.load([unrelated]).status == 0)
        let again = try fixture.load([late])
        #expect(again.status == 75, "\(again)")
    }

    @Test func `a database that was removed makes local state start anew`() throws {
        let fixture = try Fixture()
        let first = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(1, 1), state: state(1), subtrees: subtrees(nil))
        let base = try fixture.schema(of: first)
        #expect(try fixture.load([first]).status == 0)
        try Files.remove(fixture.folder.path("x.db"))
        let second = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(2, 1), base: base, state: state(2), subtrees: subtrees(state(1)))
        #expect(try fixture.load([second]).status == 75)
        #expect(try fixture.spool.committedState().sources == StateTree())
        #expect(try fixture.spool.committedSchema("p") == nil)
        let third = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(1, 2), state: state(2), subtrees: subtrees(nil))
        #expect(try fixture.load([third]).status == 0)
        #expect(try fixture.value("SELECT count(*) FROM users") == "2")
    }

    @Test func `killed after the commit and run again, each row is there once`() throws {
        let fixture = try Fixture()
        let path = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(1, 3), state: state(1), subtrees: subtrees(nil))
        try FileCopy.tree(fixture.spool.path, to: fixture.folder.path("before"))
        #expect(try fixture.load([path]).status == 0)
        let committed = try fixture.spool.committedState()
        // Nothing of what follows the commit has happened.
        try Files.removeTree(fixture.spool.path)
        try FileCopy.tree(fixture.folder.path("before"), to: fixture.spool.path)
        let result = try fixture.load(["--pending"])
        #expect(result.status == 0, "\(result)")
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
        #expect(try fixture.value("SELECT count(*) FROM _dlt_loads") == "1")
        #expect(try fixture.places() == [0, 1, 0])
        #expect(try fixture.spool.committedState() == committed)
        #expect(try fixture.spool.home().destination != nil)
    }

    @Test func `one spool loads into two destinations, and only the home moves`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        let name = Paths.lastComponent(path)
        #expect(try fixture.load([path, "--keep-loaded", "1"]).status == 0)
        let kept = Paths.join(fixture.spool.path, "loaded", name)
        let other = try fixture.load([kept], database: "y.db")
        #expect(other.status == 0, "\(other)")
        #expect(try fixture.value("SELECT count(*) FROM users", database: "y.db") == "3")
        let second = try fixture.package(
            [Fixture.users()], rows: Fixture.userRows(4, 1), base: fixture.spool.committedSchema("p"))
        #expect(try fixture.load([second], database: "y.db").status == 0)
        #expect(try fixture.places() == [1, 1, 0])
        let pending = try fixture.load(["--pending", "--pipeline", "p"], database: "y.db")
        #expect(pending.status == 64, "\(pending)")
        #expect(try fixture.load(["--pending"], database: "y.db").status == 0)
        #expect(try fixture.places() == [1, 1, 0])
        #expect(try fixture.load(["--pending"]).status == 0)
        #expect(try fixture.places() == [0, 2, 0])
        #expect(try fixture.folder.list("data/spool/p/loaded/\(name)") == ["manifest.json"])
    }

    @Test func `a run key is loaded once`() throws {
        let fixture = try Fixture()
        let first = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3), runKey: "january")
        #expect(try fixture.load([first]).status == 0)
        let base = try fixture.spool.committedSchema("p")
        let second = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3), base: base, runKey: "january")
        let result = try fixture.load([second])
        #expect(result.status == 0, "\(result)")
        #expect(result.stderr.contains("--again"))
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
        // What normalize hands on for a key that is done: a package of which the manifest is left.
        let done = Paths.join(fixture.spool.path, "loaded", Paths.lastComponent(first))
        let confirmed = try fixture.load([done])
        #expect(confirmed.status == 0 && confirmed.stderr.contains("had been loaded before"), "\(confirmed)")
        let elsewhere = try fixture.load([done], database: "y.db")
        #expect(elsewhere.status == 65 && elsewhere.stderr.contains("--again"), "\(elsewhere)")
        let third = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3), base: base, runKey: "january")
        #expect(try fixture.load([third, "--again"]).status == 0)
        #expect(try fixture.value("SELECT count(*) FROM users") == "6")
    }

    @Test func `a dataset is a file of its own beside the main one`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        #expect(try fixture.load([path, "--dataset", "ds"]).status == 0)
        #expect(!Files.exists(fixture.folder.path("x.db")))
        #expect(try fixture.value("SELECT count(*) FROM users", database: "x__ds.db") == "3")
        #expect(try fixture.spool.home().dataset == "ds")
    }

    // MARK: Replace

    @Test func `replace empties the whole chain of tables and nothing else`() throws {
        let fixture = try Fixture()
        let child = Fixture.table("users__tags", [Column(name: "value", .text)], parent: "users")
        let other = Fixture.table("other", [Column(name: "a", .bigint)])
        func tag(_ id: Int) -> (String, String) {
            (
                "users__tags",
                "{\"value\":\"t\",\"_dlt_parent_id\":\"r\(id)\",\"_dlt_list_idx\":0,\"_dlt_id\":\"c\(id)\"}"
            )
        }
        let first = try fixture.package(
            [Fixture.users("replace"), child, other],
            rows: Fixture.userRows(1, 3) + [
                tag(1), tag(2), ("other", "{\"a\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"o\"}"),
            ])
        #expect(try fixture.load([first]).status == 0)
        let base = try fixture.spool.committedSchema("p")
        let second = try fixture.package([], rows: Fixture.userRows(7, 1), base: base)
        let sql = try fixture.load([second, "--sql"])
        #expect(sql.stdout.contains("DELETE FROM main.\"users__tags\";\n"))
        #expect(
            sql.stdout.contains(
                "-- INSERT INTO main.\"users\" (\"id\", \"name\", \"_dlt_load_id\", \"_dlt_id\") VALUES (?, ?, ?, ?);"))
        #expect(try fixture.load([second]).status == 0)
        #expect(try fixture.query("SELECT id FROM users") == [["7"]])
        #expect(try fixture.value("SELECT count(*) FROM users__tags") == "0")
        #expect(try fixture.value("SELECT count(*) FROM other") == "1")
        let nothing = try fixture.package([], rows: [], base: base, emptyJobs: ["users"])
        #expect(try fixture.load([nothing]).status == 0)
        #expect(try fixture.value("SELECT count(*) FROM users") == "0")
        #expect(try fixture.value("SELECT count(*) FROM _dlt_loads") == "3")
        #expect(try fixture.value("SELECT count(*) FROM _dlt_version") == "1")
    }

    // MARK: Joined schemas

    @Test(arguments: [false, true])
    func `two runs that evolve one schema differently lose no row, in either order`(_ isSwapped: Bool) throws {
        let fixture = try Fixture()
        let first = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 1))
        let base = try fixture.schema(of: first)
        #expect(try fixture.load([first]).status == 0)
        let left = try fixture.package(
            [
                Fixture.users(more: [
                    Column(name: "x", .bigint, nullable: true), Column(name: "l", .bigint, nullable: true),
                ])
            ],
            rows: [("users", "{\"id\":2,\"x\":5,\"l\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"2\"}")], base: base)
        let right = try fixture.package(
            [
                Fixture.users(more: [
                    Column(name: "x", .text, nullable: true), Column(name: "r", .bool, nullable: true),
                ])
            ],
            rows: [
                ("users", "{\"id\":3,\"x\":\"7\",\"r\":true,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"3\"}"),
                ("users", "{\"id\":4,\"x\":\"seven\",\"_dlt_load_id\":\"%\",\"_dlt_id\":\"4\"}"),
            ], base: base)
        for path in isSwapped ? [right, left] : [left, right] {
            let result = try fixture.load([path])
            #expect(result.status == 0, "\(result)")
        }
        #expect(try fixture.value("SELECT count(*) FROM _dlt_version") == "3")
        #expect(
            try fixture.spool.committedSchema("p")?.versionHash
                == fixture.value("SELECT schema_version_hash FROM _dlt_loads ORDER BY inserted_at DESC"))
        if isSwapped {
            #expect(
                try fixture.query("SELECT id, x, r, l FROM users WHERE id > 1 ORDER BY id") == [
                    ["2", "5", "", "1"], ["3", "7", "1", ""], ["4", "seven", "", ""],
                ])
        } else {
            #expect(
                try fixture.query("SELECT id, x, x__v_text, r, l FROM users WHERE id > 1 ORDER BY id") == [
                    ["2", "5", "", "", "1"], ["3", "7", "", "1", ""], ["4", "", "seven", "", ""],
                ])
            let variant = try fixture.spool.committedSchema("p")?[table: "users"]?[column: "x__v_text"]
            #expect(variant?.has("variant") == true)
        }
        let schema = try #require(try fixture.spool.committedSchema("p"))
        #expect(schema.contentHash() == schema.versionHash)
    }
}
