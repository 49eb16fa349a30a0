import DuckDB
import Synchronization
import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: DuckDBLibrary.isThere, "\(DuckDBLibrary.absence)"))
struct DatabaseTests {
    let folder: WorkDirectory

    init() throws { folder = try WorkDirectory() }

    func memory(isInterrupted: @escaping () -> Bool = { false }) throws -> Database {
        try Database.open(nil, [("threads", "2")], isInterrupted: isInterrupted)
    }

    @Test func `parameters and results go round, NULL and empty text apart`() throws {
        let database = try memory()
        let rows = try database.query(
            "SELECT ?::VARCHAR, ?::VARCHAR, ?, ?::VARCHAR, epoch_us(?::TIMESTAMPTZ) UNION ALL SELECT 'b', '', 1, NULL, 0",
            [.text("a'\"\\ é\0"), .text(""), .integer(.min), .null, .timestamp(-1)])
        #expect(rows == [["a'\"\\ é\0", "", "-9223372036854775808", nil, "-1"], ["b", "", "1", nil, "0"]])
    }

    @Test func `rows of a query come in its order, whatever the threads`() throws {
        let rows = try memory().query("SELECT range, 'x' FROM range(300000) ORDER BY range DESC").map { $0[0] }
        #expect(rows == (0..<300000).reversed().map { "\($0)" })
    }

    @Test func `changed rows are counted`() throws {
        let database = try memory()
        #expect(try database.execute("CREATE TABLE t (a INTEGER)") == 0)
        #expect(try database.execute("INSERT INTO t SELECT * FROM range(5)") == 5)
        #expect(try database.execute("DELETE FROM t WHERE a < ?", [.integer(2)]) == 2)
        #expect(try database.execute("UPDATE t SET a = 9") == 3)
    }

    @Test(arguments: ["plain", "it's", "a\\b", "'\\'", "\"q\"", "\"\u{301}x", "'\u{301}'; --", "日本\n\t"])
    func `quoted names and texts are taken as they are`(text: String) throws {
        let database = try memory()
        try database.execute("CREATE TABLE t (\(Database.quoteIdentifier(text)) INTEGER)")
        #expect(try database.query("SELECT column_name FROM duckdb_columns() WHERE table_name = 't'") == [[text]])
        #expect(try database.query("SELECT \(Database.quoteLiteral(text + "\0z"))") == [[text + "\0z"]])
    }

    @Test func `an error has its kind and one line`() throws {
        let database = try memory()
        let error = #expect(throws: DuckDBError.self) { try database.execute("SELECT * FROM absent") }
        #expect(error?.kind == "Catalog")
        #expect(error?.message == "Table with name absent does not exist!")
        #expect(try database.query("SELECT 1") == [["1"]])
        let two = #expect(throws: DuckDBError.self) { try database.execute("SELECT 1; SELECT 2") }
        #expect(two?.kind == "Invalid Input")
        let unbound = #expect(throws: DuckDBError.self) { try database.query("SELECT ?, ?", [.integer(1)]) }
        #expect(unbound != nil)
        let option = #expect(throws: DuckDBError.self) { _ = try Database.open(nil, [("threads", "none")]) }
        #expect(option?.message == "the option threads cannot be 'none'")
    }

    @Test func `a transaction in which a statement failed is never committed`() throws {
        let database = try memory()
        try database.execute("CREATE TABLE t (a TINYINT)")
        try database.begin()
        try database.execute("INSERT INTO t VALUES (1)")
        let error = #expect(throws: DuckDBError.self) { try database.execute("INSERT INTO t SELECT 300") }
        #expect(error?.isData == true)
        // DuckDB itself would report success here.
        #expect(throws: DuckDBError.self) { try database.commit() }
        try database.rollback()
        #expect(try database.query("SELECT * FROM t") == [])
        try database.begin()
        try database.execute("INSERT INTO t VALUES (2)")
        try database.commit()
        #expect(try database.query("SELECT * FROM t") == [["2"]])
    }

    @Test(arguments: ["1", "2"])
    func `a request to stop ends a statement, and what follows is as usual`(threads: String) throws {
        let asked = Atomic(false)
        let database = try Database.open(nil, [("threads", threads)]) { asked.load(ordering: .relaxed) }
        asked.store(true, ordering: .relaxed)
        let begun = Clock.monotonicNanoseconds()
        let error = #expect(throws: DuckDBError.self) {
            try database.execute(
                "CREATE TABLE t AS SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b")
        }
        #expect(error?.isInterruption == true, "\(String(describing: error))")
        #expect(Clock.monotonicNanoseconds() - begun < 10_000_000_000)
        asked.store(false, ordering: .relaxed)
        #expect(try database.query("SELECT 1") == [["1"]])
    }

    @Test func `a request to stop does not keep a transaction from ending`() throws {
        let asked = Atomic(false)
        let database = try memory { asked.load(ordering: .relaxed) }
        try database.execute("CREATE TABLE t (a INTEGER)")
        try database.begin()
        try database.execute("INSERT INTO t VALUES (1)")
        asked.store(true, ordering: .relaxed)
        try database.commit()
        try database.begin()
        try database.rollback()
        let appender = try Appender(database, catalog: nil, schema: nil, table: "t", columns: ["a"])
        let error = #expect(throws: DuckDBError.self) { try appender.append(rows: 0) }
        #expect(error?.isInterruption == true)
        asked.store(false, ordering: .relaxed)
        #expect(try database.query("SELECT * FROM t") == [["1"]])
    }

    @Test func `a file that another process has open is a lock`() async throws {
        let file = folder.path("shared.duckdb")
        let database = try Database.open(file)
        await #expect(processExitsWith: .success) { [file = file as String] in
            let error = #expect(throws: DuckDBError.self) { _ = try Database.open(file) }
            #expect(error?.isLock == true, "\(String(describing: error))")
        }
        database.close()
        await #expect(processExitsWith: .success) { [file = file as String] in try Database.open(file).close() }
    }

    /// What a load does: rows into tables of a file and into staging tables, merged and committed as one.
    func load(_ file: String, of database: Database, first: Int64) throws {
        try database.execute("ATTACH \(Database.quoteLiteral(file)) AS dlt (STORAGE_VERSION 'v1.0.0')")
        try database.begin()
        try database.execute("CREATE SCHEMA IF NOT EXISTS dlt.main")
        try database.execute("CREATE TABLE IF NOT EXISTS dlt.main.items (id BIGINT, v VARCHAR)")
        try database.execute("CREATE TEMP TABLE items (id BIGINT, v VARCHAR)")
        let appender = try Appender(
            database, catalog: "temp", schema: "main", table: "items", columns: ["v", "id"])
        for row in 0..<1000 {
            appender.vectors[0].storeNull(row)
            appender.vectors[1].store(first + Int64(row), row)
        }
        try appender.append(rows: 1000)
        try appender.flush()
        try database.execute(
            "DELETE FROM dlt.main.items AS d WHERE EXISTS (SELECT 1 FROM temp.main.items AS s WHERE s.id = d.id)")
        try database.execute("INSERT INTO dlt.main.items (id, v) SELECT id, v FROM temp.main.items")
        try database.execute("ALTER TABLE dlt.main.items ADD COLUMN IF NOT EXISTS added INTEGER")
    }

    @Test func `a file and staging tables change in one transaction, or not at all`() throws {
        let file = folder.path("it's.duckdb")
        for (first, isCommitted) in [(0, true), (500, true), (9000, false)] {
            let database = try memory()
            try load(file, of: database, first: Int64(first))
            if isCommitted { try database.commit() }
        }
        let reader = try memory()
        try reader.execute("ATTACH \(Database.quoteLiteral(file)) AS dlt (READ_ONLY)")
        #expect(
            try reader.query("SELECT count(*), count(DISTINCT id), max(id), count(v) FROM dlt.main.items")
                == [["1500", "1500", "1499", "0"]])
        let error = #expect(throws: DuckDBError.self) { try reader.execute("DELETE FROM dlt.main.items") }
        #expect(error?.kind == "Invalid Input")
    }

    @Test func `files that cannot be opened are told apart`() throws {
        let text = #expect(throws: DuckDBError.self) {
            _ = try Database.open(folder.write("text.duckdb", String(repeating: "no database ", count: 2000)))
        }
        #expect(text?.isNotADatabase == true, "\(String(describing: text))")
        let cut = #expect(throws: DuckDBError.self) { _ = try Database.open(folder.write("cut.duckdb", "")) }
        #expect(cut?.isNotADatabase == true, "\(String(describing: cut))")
        let database = try memory()
        let absent = #expect(throws: DuckDBError.self) {
            try database.execute("ATTACH '\(folder.path("absent.duckdb"))' AS a (READ_ONLY)")
        }
        #expect(absent?.kind == "IO")
        #expect(absent?.isLock == false)
    }
}
