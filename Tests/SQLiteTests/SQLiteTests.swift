import SQLite
import TestSupport
import Testing

struct SQLiteTests {
    let folder: WorkDirectory
    let database: Database

    init() throws {
        folder = try WorkDirectory()
        database = try Database.open(folder.path("test.db"))
    }

    @Test func `values of every type go round`() throws {
        try database.execute("CREATE TABLE t (i, d, s, b, n)")
        let insert = try database.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)")
        let bytes = Array("päckt".utf8)
        try bytes.withUnsafeBufferPointer { text in
            try insert.bind(1, Int64.min)
            try insert.bind(2, 0.1)
            try insert.bind(3, text: text)
            try insert.bind(4, blob: UnsafeRawBufferPointer(text))
            try insert.bindNull(5)
            try insert.run()
        }
        try insert.bind(3, "a\0b")
        try insert.bind(4, blob: [0, 1])
        try insert.run()
        #expect(database.changes == 1)
        #expect(insert.parameterCount == 5)

        let select = try database.prepare("SELECT * FROM t")
        #expect((0..<select.columnCount).map(select.columnName) == ["i", "d", "s", "b", "n"])
        #expect(try select.step())
        #expect((0..<5).map(select.type) == [.integer, .float, .text, .blob, .null])
        #expect(select.int64(0) == .min)
        #expect(select.double(1) == 0.1)
        #expect(Array(select.text(2)) == bytes)
        #expect(Array(select.blob(3)) == bytes)
        #expect(select.isNull(4))
        #expect(try select.step())
        #expect(select.string(2) == "a\0b")
        #expect(Array(select.blob(3)) == [0, 1])
        #expect(try !select.step())
    }

    @Test func `empty text and empty bytes are not NULL`() throws {
        let select = try database.prepare("SELECT typeof(?1), typeof(?2), typeof(?3), typeof(?4)")
        try select.bind(1, "")
        try select.bind(2, text: UnsafeBufferPointer(start: nil, count: 0))
        try select.bind(3, blob: [])
        try select.bind(4, blob: UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(try select.step())
        #expect((0..<4).map(select.string) == ["text", "text", "blob", "blob"])
    }

    @Test func `bindings last through reset`() throws {
        let select = try database.prepare("SELECT ?1")
        try select.bind(1, 7)
        try select.step()
        select.reset()
        try select.step()
        #expect(select.int64(0) == 7)
    }

    @Test func `a failed statement tells what, where and why`() throws {
        let error = #expect(throws: SQLiteError.self) { try database.execute("SELECT * FROM absent") }
        #expect(error?.description == "no such table: absent (in: SELECT * FROM absent)")
        try database.execute("CREATE TABLE u (a UNIQUE); INSERT INTO u VALUES (1)")
        let insert = try database.prepare("INSERT INTO u VALUES (1)")
        let conflict = #expect(throws: SQLiteError.self) { try insert.run() }
        #expect(conflict?.isConstraint == true)
        #expect(conflict?.extendedCode == 2067)
        #expect(throws: SQLiteError.self) { _ = try database.prepare("-- nothing") }
    }

    @Test func `transactions are visible`() throws {
        #expect(database.isAutocommit)
        try database.execute("BEGIN IMMEDIATE")
        #expect(database.inTransaction)
        let other = try Database.open(database.path, busyTimeoutMilliseconds: 10)
        let error = #expect(throws: SQLiteError.self) { try other.execute("BEGIN IMMEDIATE") }
        #expect(error?.isBusy == true)
        try database.execute("ROLLBACK")
        try other.execute("BEGIN IMMEDIATE; COMMIT")
        try other.close()
    }

    @Test func `reasons for not opening are told apart`() throws {
        let absent = #expect(throws: SQLiteError.self) {
            _ = try Database.open(folder.path("absent.db"), flags: .readOnly)
        }
        #expect(absent?.isCantOpen == true)
        #expect(absent?.systemCode == 2)
        let foreign = try Database.open(
            try folder.write("foreign.db", String(repeating: "not a database ", count: 100)))
        let error = #expect(throws: SQLiteError.self) { try foreign.execute("SELECT * FROM sqlite_schema") }
        #expect(error?.isNotADatabase == true)
        try database.execute("CREATE TABLE t (a)")
        let reader = try Database.open(database.path, flags: .readOnly)
        #expect(reader.isReadOnly)
        let refused = #expect(throws: SQLiteError.self) { try reader.execute("INSERT INTO t VALUES (1)") }
        #expect(refused?.isReadOnly == true)
    }

    @Test func `a full database says so`() throws {
        try database.execute("CREATE TABLE t (a); PRAGMA max_page_count = 2")
        let error = #expect(throws: SQLiteError.self) {
            try database.execute("INSERT INTO t VALUES (zeroblob(100000))")
        }
        #expect(error?.isFull == true)
    }

    @Test func `the connection cannot close under a statement`() throws {
        var statement: Statement? = try database.prepare("SELECT 1")
        let error = #expect(throws: SQLiteError.self) { try database.close() }
        #expect(error?.isBusy == true)
        #expect(try statement?.step() == true)
        statement = nil
        try database.close()
        try database.close()
    }

    @Test func `names and texts are quoted`() throws {
        for text in ["plain", "o'clock", "say \"hi\"", "", "a\0b", "ünï", "`[;--"] {
            #expect(try database.string("SELECT \(Database.quoteLiteral(text))") == text)
        }
        #expect(try database.string("SELECT typeof(\(Database.quoteLiteral("a\0b")))") == "text")
        let name = "we \"ird'; DROP"
        try database.execute("CREATE TABLE \(Database.quoteIdentifier(name)) (a)")
        #expect(try database.string("SELECT name FROM sqlite_schema") == name)
    }

    @Test func `limits can be asked for`() throws {
        #expect(database.limit(.columns) >= 2000)
        #expect(database.limit(.variables) >= 32_766)
    }

    @Test func `a long statement ends when it is asked to, and undoes what it did`() throws {
        final class Patience { var questions = 0 }
        let patience = Patience()
        let database = try Database.open(":memory:") {
            patience.questions += 1
            return patience.questions > 3
        }
        try database.execute("CREATE TABLE t (a)")
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        let error = #expect(throws: SQLiteError.self) {
            try database.execute("\(endless) INSERT INTO t SELECT i FROM n WHERE i % 1000000 = 1")
        }
        #expect(error?.isInterruption == true)
        #expect(patience.questions == 4)
        #expect(try database.integer("SELECT count(*) FROM t") == 0)
    }

    @Test func `single values are read`() throws {
        #expect(try database.integer("SELECT 42") == 42)
        #expect(try database.integer("SELECT NULL") == nil)
        #expect(try database.string("SELECT 1 WHERE 0") == nil)
    }
}
