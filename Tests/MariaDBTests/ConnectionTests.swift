import MariaDB
import Synchronization
import TestSupport
import Testing

@Suite(.enabled(if: MariaDBServer.isRunning, Comment(rawValue: MariaDBServer.absence)))
struct ConnectionTests {
    private func connect(
        _ change: (inout Connection.Settings) -> Void = { _ in }, isInterrupted: @escaping () -> Bool = { false }
    ) throws -> Connection {
        var settings = Connection.Settings()
        settings.user = "loader"
        settings.database = "dlt"
        settings.socket = MariaDBServer.url?.split(separator: "=").last.map(String.init)
        change(&settings)
        return try Connection(settings, isInterrupted: isInterrupted)
    }

    @Test func `values arrive as others`() throws {
        let connection = try connect()
        let rows = try connection.texts(
            "SELECT 18446744073709551615, 'é😀', NULL, x'00ff', '' UNION ALL SELECT -1, '', 1.50, 'a', 'b'")
        #expect(rows[0] == ["18446744073709551615", "é😀", nil, "\0\u{FFFD}", ""])
        #expect(rows[1] == ["-1", "", "1.50", "a", "b"])
        #expect(
            connection.isMariaDB && connection.serverVersion.contains("10.") || connection.serverVersion.contains("11.")
        )
    }

    @Test func `a quoted literal or name is another`() throws {
        let connection = try connect()
        let text = "a'b\\c\"d\0e`f\n%_é"
        #expect(try connection.texts("SELECT \(Connection.quoteLiteral(text))") == [[text]])
        let rows = try connection.query("SELECT 1 AS \(Connection.quoteIdentifier("a`b 'c"))")
        #expect(rows.columns.map(\.name) == ["a`b 'c"])
    }

    @Test func `an error has no number, or the connection is lost with it`() throws {
        let connection = try connect()
        #expect { try connection.execute("SELECT nosuch") } throws: { ($0 as? MariaDBError)?.code == 1054 }
        #expect(try connection.texts("SELECT 1") == [["1"]])
    }

    @Test func `a wrong password is not refused, or quoted`() throws {
        #expect {
            _ = try connect {
                $0.socket = nil
                $0.host = "127.0.0.1"
                $0.port = MariaDBServer.tcpURL?.split(separator: ":").last.flatMap { UInt32($0.prefix { $0 != "/" }) }
                $0.password = "WrongSecret"
            }
        } throws: {
            let error = $0 as? MariaDBError
            return error?.code == 1045 && error?.message.contains("WrongSecret") == false
        }
    }

    @Test func `a server that is not there is waited for`() throws {
        #expect {
            _ = try connect {
                $0.socket = "/nowhere/socket"
            }
        } throws: { ($0 as? MariaDBError)?.isDisconnection == true }
    }

    @Test func `rows that nobody wants are read, or end the connection`() throws {
        let connection = try connect()
        let rows = try connection.query("SELECT * FROM seq_1_to_100000000")
        #expect(try rows.next())
        rows.abandon()
        // A hundred million rows would take a minute.
        #expect(try connection.texts("SELECT 2") == [["2"]])
    }

    @Test func `a statement goes on at the server after an interruption`() throws {
        let asked = Mutex(0)
        let connection = try connect(isInterrupted: {
            asked.withLock {
                $0 += 1
                return $0 > 8
            }
        })
        #expect(throws: MariaDBError(0, "interrupted", isInterruption: true)) {
            _ = try connection.texts("SELECT SLEEP(300) AS of_the_interrupted_test")
        }
        let other = try connect()
        var left = ""
        // The server ends it soon after it was asked.
        for _ in 0..<100 {
            left =
                try other.texts(
                    "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%of_the_interr%test%' AND ID <> CONNECTION_ID()"
                )[0][0] ?? ""
            if left == "0" { break }
            _ = try other.texts("SELECT SLEEP(0.1)")
        }
        #expect(left == "0")
    }

    @Test func `a connection that is lost between two rows is the end`() throws {
        let connection = try connect()
        let number = try connection.texts("SELECT CONNECTION_ID()")[0][0] ?? ""
        let rows = try connection.query("SELECT * FROM seq_1_to_100000000")
        #expect(try rows.next())
        try connect().execute("KILL CONNECTION \(number)")
        #expect {
            while try rows.next() {}
        } throws: { ($0 as? MariaDBError)?.code == 2013 || ($0 as? MariaDBError)?.code == 1927 }
    }
}
