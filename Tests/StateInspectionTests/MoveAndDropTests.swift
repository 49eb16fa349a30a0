import SQLite
import SystemIO
import TestSupport
import Testing

/// Pipelines that move to another home, or go.
@Suite struct MoveAndDropTests {
    private let folder: WorkDirectory

    init() throws {
        folder = try WorkDirectory()
        try folder.write("a.jsonl", "{\"id\":1,\"l\":[1,2]}\n")
        try folder.write("b.jsonl", "{\"id\":2,\"l\":[3]}\n")
    }

    private func shell(_ script: String) throws -> ProgramResult {
        try runShell(
            script, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
    }

    private static let pipe =
        "dlt-extract files --new '*.jsonl' --resource t --pipeline p -q | dlt-normalize -q | dlt-load -q"

    private func ids(_ file: String) throws -> [Int64] {
        let statement = try Database.open(folder.path(file), flags: .readOnly).prepare("SELECT id FROM t ORDER BY id")
        var ids: [Int64] = []
        while try statement.step() { ids.append(statement.int64(0)) }
        return ids
    }

    @Test func `a moved pipeline goes on in its new home`() throws {
        try Files.rename(folder.path("b.jsonl"), to: folder.path("b"))
        #expect(try shell("\(Self.pipe) sqlite:///one.db").status == 0)
        let moved = try shell(
            "dlt-state move sqlite:///two.db --pipeline p; mv b b.jsonl; \(Self.pipe) sqlite:///two.db")
        #expect(moved.status == 0, "\(moved)")
        #expect(try ids("one.db") == [1])
        #expect(try ids("two.db") == [2])
        // A schema that says "there is data" makes its tables anew.
        let nested = try Database.open(folder.path("two.db"), flags: .readOnly).integer("SELECT count(*) FROM t__l")
        #expect(nested == 1)
        #expect(try shell("dlt-state move sqlite:///two.db --pipeline p").stderr.contains("already"))
    }

    @Test func `a database that was moved with its rows only becomes the home`() throws {
        #expect(try shell("\(Self.pipe) sqlite:///one.db").status == 0)
        let moved = try shell(
            "mv one.db two.db; dlt-state move sqlite:///two.db --pipeline p --json && \(Self.pipe) sqlite:///two.db")
        #expect(moved.status == 0 && moved.stdout.contains("\"pushed\":false"), "\(moved)")
        #expect(try ids("two.db") == [1, 2])
    }

    @Test func `what waits is loaded in the new home, as the hint says`() throws {
        try Files.rename(folder.path("b.jsonl"), to: folder.path("b"))
        #expect(try shell("\(Self.pipe) sqlite:///one.db").status == 0)
        #expect(
            try shell("mv b b.jsonl; dlt-extract files --new '*.jsonl' --resource t --pipeline p -q | dlt-normalize -q")
                .status == 0)
        let moved = try shell("dlt-state move 'sqlite:///a new.db' --pipeline p")
        #expect(moved.status == 0, "\(moved)")
        let command = try #require(moved.stderr.firstMatch(of: /hint: (dlt-load .*) loads/)?.1)
        #expect(try shell(String(command)).status == 0)
        #expect(try ids("a new.db") == [2])
    }

    @Test func `a state that is newer elsewhere is not overwritten`() throws {
        #expect(try shell("\(Self.pipe) sqlite:///one.db").status == 0)
        let newer = try shell(
            """
            cp -a data old; echo '{"id":3,"l":[]}' > c.jsonl; \(Self.pipe) sqlite:///one.db
            mv one.db two.db; rm -r data; mv old data; dlt-state move sqlite:///two.db --pipeline p
            """)
        #expect(
            newer.status == 65 && newer.stderr.contains("dlt-state pull sqlite:///two.db --pipeline p --force"),
            "\(newer)")
        let pulled = try shell("dlt-state pull sqlite:///two.db --pipeline p --force && \(Self.pipe) sqlite:///two.db")
        #expect(pulled.status == 0, "\(pulled)")
        #expect(try ids("two.db") == [1, 2, 3])
    }

    @Test func `a dropped pipeline is gone, and its tables only when that was said`() throws {
        #expect(try shell("\(Self.pipe) sqlite:///one.db").status == 0)
        #expect(try shell("dlt-state drop").status == 64)
        let refused = try shell("dlt-state drop --pipeline p --tables")
        #expect(refused.status == 64 && refused.stderr.contains("t, t__l"), "\(refused)")
        #expect(try ids("one.db") == [1, 2])
        let dropped = try shell("dlt-state drop --pipeline p; ls -A data/spool; dlt-state pipelines")
        #expect(dropped.status == 0 && dropped.stdout.isEmpty, "\(dropped)")
        #expect(try ids("one.db") == [1, 2])
    }

    @Test func `with its tables it starts over`() throws {
        #expect(try shell("\(Self.pipe) sqlite:///one.db").status == 0)
        let dropped = try shell("dlt-state drop --pipeline p --tables --yes; sqlite3 one.db .tables")
        #expect(dropped.status == 0 && !dropped.stdout.contains("t__l"), "\(dropped)")
        let again = try shell("\(Self.pipe) sqlite:///one.db")
        #expect(again.status == 0, "\(again)")
        #expect(try ids("one.db") == [1, 2])
    }

    @Test func `rows that wait are not dropped without a word`() throws {
        #expect(
            try shell("dlt-extract files --new '*.jsonl' --resource t --pipeline p -q | dlt-normalize -q").status == 0)
        let refused = try shell("dlt-state drop --pipeline p")
        #expect(refused.status == 64 && refused.stderr.contains("1 package with 5 rows"), "\(refused)")
        #expect(try shell("dlt-state drop --pipeline p --yes").status == 0)
    }
}
