import PostgreSQL
import Synchronization
import SystemIO
import TestSupport
import Testing

@Suite(.enabled(if: PostgreSQLServer.isRunning, "\(PostgreSQLServer.absence)"))
struct ConnectionTests {
    static func open(
        _ url: String? = PostgreSQLServer.url, _ more: [(name: String, value: String)] = [],
        isInterrupted: @escaping () -> Bool = { false }
    ) throws -> Connection {
        try Connection.open([("dbname", url ?? "")] + more, timeout: 10, isInterrupted: isInterrupted)
    }

    @Test func `parameters and results go round, NULL and empty text apart`() throws {
        let connection = try ConnectionTests.open()
        let result = try connection.execute(
            "SELECT $1::text, $2::text, $3::text UNION ALL SELECT 'b', NULL, ''", ["a'\"\\ é", nil, ""])
        #expect(result.rows == [["a'\"\\ é", nil, ""], ["b", nil, ""]])
    }

    @Test func `several statements run, and the last one's result counts`() throws {
        let connection = try ConnectionTests.open()
        let result = try connection.execute(
            "CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1), (2); DELETE FROM t WHERE a > 0")
        #expect(result.affectedRows == 2)
    }

    @Test(arguments: ["plain", "it's", "a\\b", "'\\'", "\"q\"", "\"\u{301}x", "'\u{301}'; --", "日本\n\t"])
    func `quoted names and texts are taken as they are`(text: String) throws {
        let connection = try ConnectionTests.open()
        for setting in ["on", "off"] {
            try connection.execute("SET standard_conforming_strings = \(setting)")
            let result = try connection.execute(
                "SELECT \(Connection.quoteLiteral(text)) AS \(Connection.quoteIdentifier(text))")
            #expect(result.string(0, 0) == text)
            let name = try connection.execute(
                "CREATE TEMP TABLE IF NOT EXISTS q (\(Connection.quoteIdentifier(text)) int); "
                    + "SELECT attname FROM pg_attribute WHERE attrelid = 'q'::regclass AND attnum = 1")
            #expect(name.string(0, 0) == text)
        }
    }

    @Test func `an error has its code, and the connection goes on`() throws {
        let connection = try ConnectionTests.open()
        let error = #expect(throws: PostgreSQLError.self) { try connection.execute("SELECT * FROM absent") }
        #expect(error?.sqlState == "42P01")
        #expect(error?.message == "relation \"absent\" does not exist")
        #expect(error?.isDisconnected == false)
        #expect(try connection.execute("SELECT 1").string(0, 0) == "1")
    }

    @Test func `a wrong password is told by its code`() throws {
        let error = #expect(throws: PostgreSQLError.self) {
            _ = try ConnectionTests.open(PostgreSQLServer.tcpURL, [("password", "wrong")])
        }
        #expect(error?.sqlState == "28P01")
        #expect(error?.message.contains("LOCATION") == false)
    }

    @Test func `nobody listening is no code and no connection`() throws {
        let error = #expect(throws: PostgreSQLError.self) { _ = try ConnectionTests.open("postgresql://127.0.0.1:1/x") }
        #expect(error?.sqlState == nil)
        #expect(error?.isDisconnected == true)
        #expect(error?.message.contains("refused") == true)
    }

    @Test func `a request to stop ends what runs at the server`() throws {
        let isAsked = Atomic(false)
        let connection = try ConnectionTests.open { isAsked.load(ordering: .relaxed) }
        isAsked.store(true, ordering: .relaxed)
        let begun = Clock.monotonicNanoseconds()
        let error = #expect(throws: PostgreSQLError.self) { try connection.execute("SELECT pg_sleep(30)") }
        #expect(error?.isInterruption == true)
        #expect(Clock.monotonicNanoseconds() - begun < 10_000_000_000)
    }

    @Test func `an ended session is noticed with the server's reason`() throws {
        let connection = try ConnectionTests.open()
        let other = try ConnectionTests.open()
        let process = try connection.execute("SELECT pg_backend_pid()").string(0, 0) ?? ""
        try other.execute("SELECT pg_terminate_backend(\(process), 5000)")
        let error = #expect(throws: PostgreSQLError.self) { try connection.execute("SELECT 1") }
        #expect(error?.sqlState == "57P01", "\(String(describing: error))")
        #expect(throws: PostgreSQLError.self) { try connection.execute("SELECT 1") }
        #expect(!connection.isConnected)
    }

    @Test func `COPY takes data cut anywhere`() throws {
        let connection = try ConnectionTests.open()
        try connection.execute("CREATE TEMP TABLE t (a int, b text)")
        try connection.beginCopy("COPY t FROM STDIN")
        for byte in Array("1\tx\n2\t\\N\n3\té\n".utf8) { try connection.copy([byte]) }
        #expect(try connection.endCopy() == 3)
        #expect(
            try connection.execute("SELECT a, b FROM t ORDER BY a").rows == [["1", "x"], ["2", nil], ["3", "é"]])
    }

    @Test func `COPY of more than any buffer holds does not hang`() throws {
        let connection = try ConnectionTests.open()
        try connection.execute("CREATE TEMP TABLE t (a text)")
        try connection.beginCopy("COPY t FROM STDIN")
        let line = [UInt8](repeating: 0x61, count: 999) + [0x0A]
        let chunk = Array((0..<1000).map { _ in line }.joined())
        for _ in 0..<40 { try connection.copy(chunk) }
        #expect(try connection.endCopy() == 40_000)
    }

    @Test func `an abandoned COPY leaves nothing and the connection usable`() throws {
        let connection = try ConnectionTests.open()
        try connection.execute("CREATE TEMP TABLE t (a int)")
        try connection.beginCopy("COPY t FROM STDIN")
        try connection.copy(Array("1\n2\n".utf8))
        connection.abandonCopy()
        #expect(try connection.execute("SELECT count(*) FROM t").string(0, 0) == "0")
    }

    @Test func `a refused row of a COPY is told with its place`() throws {
        let connection = try ConnectionTests.open()
        try connection.execute("CREATE TEMP TABLE t (a int)")
        try connection.beginCopy("COPY t FROM STDIN")
        try connection.copy(Array("1\nx\n".utf8))
        let error = #expect(throws: PostgreSQLError.self) { _ = try connection.endCopy() }
        #expect(error?.sqlState == "22P02")
        #expect(error?.context == "COPY t, line 2, column a: \"x\"")
    }
}
