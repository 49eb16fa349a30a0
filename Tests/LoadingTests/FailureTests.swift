import JSONText
import LoadPackages
import PipelineStates
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

/// What happens when something is not as it should be: one clear sentence, the right status, nothing touched.
@Suite struct FailureTests {
    private func expect(
        _ fixture: Fixture, _ arguments: [String], status: Int32, _ words: String..., stdin: String = "",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try fixture.load(arguments, stdin: stdin)
        #expect(result.status == status, "\(result)", sourceLocation: location)
        for word in words { #expect(result.stderr.contains(word), "\(result)", sourceLocation: location) }
    }

    @Test func `a damaged job is noticed before anything is touched`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        let job = "data/spool/p/packages/\(Paths.lastComponent(path))/jobs/users.0.jsonl.zst"
        var bytes = try fixture.folder.bytes(job)
        bytes[bytes.count / 2] ^= 0x10
        try fixture.folder.write(job, bytes)
        try expect(fixture, [path], status: 65, "checksum", "hint:")
        #expect(!Files.exists(fixture.folder.path("x.db")))
        #expect(try fixture.places() == [1, 0, 0])
        try Files.remove(fixture.folder.path(job))
        try expect(fixture, [path], status: 65, "missing")
    }

    @Test func `a locked database is waited for and then is temporary`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        let other = try Database.open(fixture.folder.path("x.db"))
        try other.execute("CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
        try expect(fixture, [path, "--lock-timeout", "0.3"], status: 75, "another program", "--pending --pipeline p")
        try other.execute("COMMIT")
        try expect(fixture, ["--pending"], status: 0, "3 rows")
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
    }

    @Test func `a reader in the way of the commit is waited for`() throws {
        let fixture = try Fixture()
        let first = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        #expect(try fixture.load([first]).status == 0)
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(4, 3))
        let reader = try fixture.database()
        try reader.execute("BEGIN; SELECT count(*) FROM users")
        try expect(fixture, [path, "--lock-timeout", "0.3"], status: 75, "commit")
        #expect(try reader.integer("SELECT count(*) FROM users") == 3)
        try reader.execute("COMMIT")
        #expect(try fixture.load([path]).status == 0)
        #expect(try fixture.value("SELECT count(*) FROM users") == "6")
    }

    @Test func `what is no database is not touched`() throws {
        let fixture = try Fixture()
        let state = StateTree(sources: ["p": ["resources": ["users": ["cursor": 1]]]])
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3), state: state)
        let text = String(repeating: "this is a letter, not a database\n", count: 100)
        try fixture.folder.write("x.db", text)
        try expect(fixture, [path], status: 65, "is not an SQLite database")
        #expect(try fixture.folder.text("x.db") == text)
        #expect(try fixture.places() == [1, 0, 0])
    }

    @Test func `URLs that cannot be used are explained`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
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

    @Test func `too many columns name the table and what to do`() throws {
        let fixture = try Fixture()
        let columns = (0..<2000).map { Column(name: "c\($0)", .bigint) }
        let path = try fixture.package(
            [Fixture.table("wide", columns)], rows: [("wide", "{\"c0\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
        try expect(fixture, [path], status: 65, "\"wide\"", "2002", "2000", "--max-table-nesting")
    }

    @Test func `a column that must not be null cannot be added to rows`() throws {
        let fixture = try Fixture()
        let first = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        let base = try fixture.schema(of: first)
        #expect(try fixture.load([first]).status == 0)
        let more = Fixture.users(more: [Column(name: "must", .bigint, nullable: false)])
        let path = try fixture.package(
            [more], rows: [("users", "{\"id\":9,\"must\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"9\"}")], base: base)
        try expect(fixture, [path], status: 65, "\"must\"", "\"users\"", "nullable")
        #expect(try fixture.query("SELECT name FROM pragma_table_info('users') WHERE name = 'must'") == [])
    }

    @Test func `a null where none may be names table and column`() throws {
        let fixture = try Fixture()
        let path = try fixture.package(
            [Fixture.table("t", [Column(name: "must", .bigint, nullable: false)])],
            rows: [("t", "{\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
        try expect(fixture, [path], status: 65, "t.must", "row 1 of t.0.jsonl.zst")
        #expect(try fixture.query("SELECT * FROM sqlite_master").isEmpty)
    }

    @Test func `a value of the wrong type names its place`() throws {
        let fixture = try Fixture()
        let path = try fixture.package(
            [Fixture.users()],
            rows: Fixture.userRows(1, 30) + [("users", "{\"id\":\"x\",\"_dlt_load_id\":\"%\",\"_dlt_id\":\"9\"}")])
        try expect(fixture, [path], status: 65, "row 31", "\"id\"", "bigint")
        #expect(try fixture.query("SELECT * FROM sqlite_master").isEmpty)
    }

    @Test func `what standard input says decides the end`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        let run = "{\"type\":\"RUN\",\"run\":\"1\"}\n"
        let line = "{\"type\":\"PACKAGE\",\"load_id\":\"x\",\"path\":\"\(path)\",\"pipeline\":\"p\",\"rows\":3}\n"
        try expect(fixture, [], status: 75, "nothing came")
        try expect(fixture, [], status: 75, "without END", "1 package", stdin: run + line)
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
        try expect(fixture, [], status: 65, stdin: run + line + "{\"type\":\"END\",\"exit_status\":65}\n")
        try expect(fixture, [], status: 10, stdin: run + line + "{\"type\":\"END\",\"exit_status\":10}\n")
        try expect(fixture, [], status: 0, stdin: run + line + "{\"type\":\"END\",\"exit_status\":0}\n")
        try expect(fixture, [], status: 0, stdin: run + "{\"type\":\"END\",\"exit_status\":0}\n")
        try expect(fixture, [], status: 75, "cut off", stdin: run + "{\"type\":\"PACK")
        try expect(fixture, [], status: 65, "dlt-normalize", stdin: "{\"type\":\"HEADER\",\"pipeline\":\"p\"}\n")
        try expect(fixture, [], status: 66, "no-such", stdin: "no-such\n")
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
    }

    @Test func `a request to stop leaves the package waiting`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        let other = try Database.open(fixture.folder.path("x.db"))
        try other.execute("BEGIN EXCLUSIVE")
        let result = try runShell(
            "dlt-load \(fixture.url()) \(path) & \(untilStoppable); kill -TERM $!; wait $!")
        #expect(result.status == 143, "\(result)")
        #expect(result.stderr.contains("stopped by SIGTERM"))
        try other.execute("ROLLBACK")
        #expect(try fixture.places() == [1, 0, 0])
        #expect(try fixture.load(["--pending"]).status == 0)
    }
}
