import SQLite
import SystemIO
import TestSupport
import Testing

/// Tables that somebody else has made.
@Suite struct ForeignTableTests {
    private func run(_ fixture: SQLiteFixture, _ rows: String, _ options: String = "") throws -> ProgramResult {
        try runShell(
            "dlt-normalize --pipeline p --table t \(options) | dlt-load sqlite:///x.db", stdin: rows,
            environment: ["DLT_DATA_DIR": fixture.folder.path("data")], currentDirectory: fixture.folder.path)
    }

    private func make(_ fixture: SQLiteFixture, _ sql: String) throws {
        try Database.open(fixture.folder.path("x.db"), flags: .create).execute(sql)
    }

    @Test func `a STRICT table gets columns of the types that it knows`() throws {
        let fixture = try SQLiteFixture()
        try make(fixture, "CREATE TABLE t (id INTEGER, _dlt_load_id TEXT, _dlt_id TEXT) STRICT")
        let row =
            #"{"id":1,"a":true,"b":1.5,"c":"x","d":7,"e":"2024-01-01T00:00:00Z","f":"1.25","g":[{"y":1}],"h":"AAE="}"#
        let columns = #"{"f":{"data_type":"decimal"},"h":{"data_type":"binary"},"g":{"data_type":"json"}}"#
        let result = try run(fixture, row + "\n", "--columns '\(columns)'")
        #expect(result.status == 0, "\(result)")
        #expect(
            try fixture.query("SELECT a, b, c, d, f, g, hex(h) FROM t")
                == [["1", "1.5", "x", "7", "1.25", #"[{"y":1}]"#, "0001"]])
        let types = try fixture.query(
            "SELECT name, type FROM pragma_table_info('t') WHERE name IN ('a','b','c','d','e','f','g','h') ORDER BY name"
        )
        #expect(types.map { $0[1] } == ["INTEGER", "REAL", "TEXT", "INTEGER", "TEXT", "ANY", "TEXT", "BLOB"])
    }

    @Test func `a generated column is there`() throws {
        let fixture = try SQLiteFixture()
        try make(
            fixture, "CREATE TABLE t (id INTEGER, twice INTEGER AS (id * 2) STORED, _dlt_load_id TEXT, _dlt_id TEXT)")
        #expect(try run(fixture, "{\"id\":4}\n").status == 0)
        let refused = try run(fixture, "{\"id\":5,\"twice\":10}\n")
        #expect(refused.status == 65 && refused.stderr.contains("computes that column"), "\(refused)")
        #expect(try run(fixture, "{\"id\":6}\n").status == 0)
        #expect(try fixture.query("SELECT id, twice FROM t ORDER BY id") == [["4", "8"], ["6", "12"]])
    }

    @Test func `staged digits stay what the table has them as`() throws {
        let fixture = try SQLiteFixture()
        try make(fixture, "CREATE TABLE t (id TEXT, v TEXT, _dlt_load_id TEXT, _dlt_id TEXT)")
        let merge = #"--write-disposition merge --primary-key id --columns '{"v":{"data_type":"decimal"}}'"#
        #expect(try run(fixture, "{\"id\":1,\"v\":\"12345678901234567.89\"}\n", merge).status == 0)
        let again = try run(fixture, "{\"id\":1,\"v\":\"12345678901234567.99\"}\n", merge)
        #expect(again.status == 0, "\(again)")
        #expect(try fixture.query("SELECT id, v, typeof(v) FROM t") == [["1", "12345678901234567.99", "text"]])
    }

    @Test(arguments: ["sqlite_log", "SQLite_x"])
    func `names that SQLite keeps for itself are refused, and keep nobody waiting`(_ name: String) throws {
        let fixture = try SQLiteFixture()
        func load(_ table: String) throws -> ProgramResult {
            try runShell(
                "dlt-normalize --pipeline p --naming direct --table \(table) | dlt-load sqlite:///x.db",
                stdin: "{\"id\":1}\n",
                environment: ["DLT_DATA_DIR": fixture.folder.path("data")], currentDirectory: fixture.folder.path)
        }
        let refused = try load(name)
        #expect(refused.status == 65 && refused.stderr.contains("reserves names"), "\(refused)")
        #expect(try load("t").status == 0)
        #expect(try fixture.places() == [0, 1, 1])
    }

    @Test func `a view in the place of the table is told with what to do`() throws {
        let fixture = try SQLiteFixture()
        try make(fixture, "CREATE TABLE u (id INTEGER); CREATE VIEW t AS SELECT id FROM u")
        let refused = try run(fixture, "{\"id\":5}\n")
        #expect(refused.status == 65 && refused.stderr.contains("--resource NAME"), "\(refused)")
        #expect(try fixture.places() == [0, 0, 1])
    }
}
