import JSONText
import LoadPackages
import PipelineStates
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

/// Files as datasets: their URLs, their locks, and what is no database.
@Suite struct FileTests {
    private func expect(
        _ fixture: SQLiteFixture, _ arguments: [String], status: Int32, _ words: String..., stdin: String = "",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try fixture.load(arguments, stdin: stdin)
        #expect(result.status == status, "\(result)", sourceLocation: location)
        for word in words { #expect(result.stderr.contains(word), "\(result)", sourceLocation: location) }
    }

    @Test func `a locked database is waited for and then is temporary`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        let other = try Database.open(fixture.folder.path("x.db"))
        try other.execute("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
        try expect(fixture, [path, "--lock-timeout", "0.3"], status: 75, "another program", "--pending --pipeline p")
        try other.execute("COMMIT")
        try expect(fixture, ["--pending"], status: 0, "3 rows")
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
    }

    @Test func `an option's value that looks like another destination is not one`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        let url = "sqlite:///" + fixture.folder.path("y.db")
        let result = try run(
            program: "dlt-load", arguments: ["--dataset", "x.duckdb", url, path],
            environment: ["DLT_DATA_DIR": fixture.folder.path("data")])
        #expect(result.status == 0, "\(result)")
        #expect(Files.exists(fixture.folder.path("y__x.duckdb.db")))
    }

    @Test func `a reader in the way of the commit is waited for`() throws {
        let fixture = try SQLiteFixture()
        let first = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        #expect(try fixture.load([first]).status == 0)
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(4, 3))
        let reader = try fixture.database()
        try reader.execute("BEGIN; SELECT count(*) FROM users")
        try expect(fixture, [path, "--lock-timeout", "0.3"], status: 75, "commit")
        #expect(try reader.integer("SELECT count(*) FROM users") == 3)
        try reader.execute("COMMIT")
        #expect(try fixture.load([path]).status == 0)
        #expect(try fixture.value("SELECT count(*) FROM users") == "6")
    }

    @Test func `what is no database is not touched`() throws {
        let fixture = try SQLiteFixture()
        let state = StateTree(sources: ["p": ["resources": ["users": ["cursor": 1]]]])
        let path = try fixture.spool.makePackage(
            [TestPackages.users()], rows: TestPackages.userRows(1, 3), state: state)
        let text = String(repeating: "this is a letter, not a database\n", count: 100)
        try fixture.folder.write("x.db", text)
        try expect(fixture, [path], status: 65, "is not an SQLite database")
        #expect(try fixture.folder.text("x.db") == text)
        #expect(try fixture.places() == [1, 0, 0])
    }

    @Test func `URLs that cannot be used are explained`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        func load(_ url: String) throws -> ProgramResult {
            try run(program: "dlt-load", arguments: [url, path], currentDirectory: fixture.folder.path)
        }
        for (url, status, word) in [
            ("x.db", 64, "sqlite:///name.db"), ("oracle://u:secret@h/x", 64, "oracle"), ("sqlite://x.db", 64, "three"),
            ("sqlite:///", 64, "no file"), ("sqlite:///:memory:", 64, "memory"), ("sqlite:///~/x.db", 64, "$HOME"),
            ("sqlite:///none/x.db", 73, "folder none"), ("sqlite:////proc/x.db", 73, "/proc"),
        ] as [(String, Int32, String)] {
            let result = try load(url)
            #expect(result.status == status, "\(url): \(result)")
            #expect(result.stderr.contains(word) || word == "three", "\(url): \(result)")
            #expect(!result.stderr.contains("secret"))
        }
        let relative = try load("sqlite:///sub.db")
        #expect(relative.status == 0, "\(relative)")
        #expect(Files.exists(fixture.folder.path("sub.db")))
    }

    @Test func `a dataset is a file of its own beside the main one`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        #expect(try fixture.load([path, "--dataset", "ds"]).status == 0)
        #expect(!Files.exists(fixture.folder.path("x.db")))
        #expect(try fixture.value("SELECT count(*) FROM users", database: "x__ds.db") == "3")
        #expect(try fixture.spool.home().dataset == "ds")
    }

    @Test func `loading again changes no byte`() throws {
        let fixture = try SQLiteFixture()
        let path = try fixture.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        #expect(try fixture.load([path]).status == 0)
        #expect(try fixture.spool.home().destination == fixture.url())
        let before = try fixture.folder.bytes("x.db")
        #expect(try fixture.load([path]).status == 0)
        #expect(try fixture.folder.bytes("x.db") == before)
    }
}
