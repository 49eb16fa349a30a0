import JSONText
import LoadPackages
import PipelineStates
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

/// State, homes, and what becomes of packages that build on each other.
@Suite struct ChainTests {
    private func state(_ cursor: Int) -> StateTree {
        StateTree(sources: ["p": ["resources": ["users": ["cursor": .integer(cursor)]]]])
    }

    private func subtrees(_ state: StateTree?) -> JSONObject {
        let subtree = StateTree.Subtree(source: "p", resource: "users")
        return [subtree.key: (state?.hash(of: subtree)).map { .string($0) } ?? .null]
    }

    private func storedState(_ fixture: SQLiteFixture) throws -> [[String]] {
        try fixture.query("SELECT version, version_hash, _dlt_load_id FROM _dlt_pipeline_state ORDER BY rowid")
    }

    @Test func `state is dlt's and is written when it changes only`() throws {
        let fixture = try SQLiteFixture()
        let first = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 1))
        #expect(try fixture.load([first]).status == 0)
        // As dlt 1.31 computes it for a pipeline named p without sources.
        #expect(try storedState(fixture).map { $0[1] } == ["r7dlkG4du9CDezi8oH6s0rV/FZD6DRje5MDqI+ksb3Y="])
        let second = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(2, 1))
        #expect(try fixture.load([second]).status == 0)
        #expect(try storedState(fixture).count == 1)
        let third = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(3, 1), state: state(3), subtrees: subtrees(nil))
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

    @Test func `a conflict of state fails the package and all that builds on it`() throws {
        let fixture = try SQLiteFixture()
        let first = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(1, 1), state: state(1), subtrees: subtrees(nil))
        let base = try fixture.schema(of: first)
        #expect(try fixture.load([first]).status == 0)
        // Another run has committed cursor 2 while these two were made from cursor 1.
        let other = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(2, 1), base: base, state: state(2),
            subtrees: subtrees(state(1)))
        let late = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(2, 1), base: base, state: state(5),
            subtrees: subtrees(state(1)))
        let later = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(6, 1), base: base, baseID: fixture.id(of: late),
            state: state(6),
            subtrees: subtrees(state(5)))
        let unrelated = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(9, 1), base: base)
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
        let fixture = try SQLiteFixture()
        let first = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(1, 1), state: state(1), subtrees: subtrees(nil))
        let base = try fixture.schema(of: first)
        #expect(try fixture.load([first]).status == 0)
        try Files.remove(fixture.folder.path("x.db"))
        let second = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(2, 1), base: base, state: state(2),
            subtrees: subtrees(state(1)))
        #expect(try fixture.load([second]).status == 75)
        #expect(try fixture.spool.committedState().sources == StateTree())
        #expect(try fixture.spool.committedSchema("p") == nil)
        let third = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(1, 2), state: state(2), subtrees: subtrees(nil))
        #expect(try fixture.load([third]).status == 0)
        #expect(try fixture.value("SELECT count(*) FROM users") == "2")
    }

    @Test func `one spool loads into two destinations, and only the home moves`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        let name = Paths.lastComponent(path)
        #expect(try fixture.load([path, "--keep-loaded", "1"]).status == 0)
        let kept = Paths.join(fixture.spool.path, "loaded", name)
        let other = try fixture.load([kept], database: "y.db")
        #expect(other.status == 0, "\(other)")
        #expect(try fixture.value("SELECT count(*) FROM users", database: "y.db") == "3")
        let second = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(4, 1), base: fixture.spool.committedSchema("p"))
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
}
