import JSONText
import LoadPackages
import PipelineStates
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

@Suite struct AppendTests {
    @Test func `a first load makes dlt's tables and moves the package`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        let result = try fixture.load([path])
        #expect(result.status == 0, "\(result)")
        #expect(result.stderr.hasPrefix("dlt-load: 1 package, 1 table, 3 rows into sqlite://"))
        #expect(
            try fixture.query("SELECT id, name FROM users ORDER BY id") == [["1", "u1"], ["2", "u2"], ["3", "u3"]])
        #expect(
            try fixture.query("SELECT sql FROM sqlite_master WHERE name = 'users'") == [
                [
                    "CREATE TABLE \"users\" (\n\t\"id\" BIGINT, \n\t\"name\" TEXT, \n\t\"_dlt_load_id\" TEXT NOT NULL, \n\t"
                        + "\"_dlt_id\" VARCHAR(128) NOT NULL\n)"
                ]
            ])
        #expect(
            try fixture.query("SELECT name FROM sqlite_master") == [
                ["_dlt_version"], ["_dlt_pipeline_state"], ["_dlt_loads"], ["users"],
            ])
        #expect(try fixture.places() == [0, 1, 0])
        #expect(
            try fixture.folder.list("data/spool/p/loaded/\(try fixture.spool.packages(.loaded)[0])") == [
                "manifest.json"
            ])
        #expect(try fixture.spool.home().destination == fixture.url())
        #expect(
            try fixture.value(
                "SELECT count(*) FROM _dlt_loads l JOIN _dlt_version v ON version_hash = schema_version_hash") == "1")
        #expect(
            try fixture.spool.committedSchema("p")?.versionHash
                == fixture.value("SELECT version_hash FROM _dlt_version"))
    }

    @Test func `loading again changes nothing`() throws {
        let fixture = try Fixture()
        let path = try fixture.package([Fixture.users()], rows: Fixture.userRows(1, 3))
        try FileCopy.tree(path, to: fixture.folder.path("copy"))
        #expect(try fixture.load([path]).status == 0)
        let before = try fixture.folder.bytes("x.db")
        let again = try fixture.load([path])
        #expect(again.status == 0, "\(again)")
        let copied = try fixture.load([fixture.folder.path("copy")])
        #expect(copied.status == 0, "\(copied)")
        #expect(copied.stderr.contains("had been loaded before"))
        #expect(try fixture.folder.bytes("x.db") == before)
        #expect(try fixture.value("SELECT count(*) FROM users") == "3")
    }
}

enum FileCopy {
    static func tree(_ from: String, to: String) throws {
        let result = try run(argv: ["cp", "-a", from, to], stdin: [])
        if result.status != 0 { throw Fixture.Missing(result.stderr) }
    }
}
