import TestSupport
import Testing

/// The Base64 of most of them begins with "0x", as hexadecimal digits do.
struct BinaryValueTests {
    private static let values = ["D31001", "D31F", "D310", "D31FFFFFFFFF", "D3200102", "D3", "", "00FF"]

    @Test func `bytes arrive as other bytes`() throws {
        let rows = Self.values.enumerated().map { "(\($0), x'\($1)')" }.joined(separator: ",")
        let file = try SourceFile(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB NOT NULL); INSERT INTO t VALUES \(rows);")
        let result = try file.shell(
            """
            set -o pipefail
            dlt-extract sql sqlite:///source.db | dlt-normalize -q | dlt-load -q sqlite:///loaded.db &&
              sqlite3 loaded.db 'SELECT hex(b) FROM t ORDER BY id'
            """)
        #expect(result.status == 0 && result.stdout == Self.values.joined(separator: "\n") + "\n", "\(result)")
    }

    @Test(.enabled(if: PostgreSQLServer.isRunning, Comment(rawValue: PostgreSQLServer.absence)))
    func `bytes of PostgreSQL arrive as other bytes`() throws {
        let rows = Self.values.enumerated().map { "(\($0), '\\x\($1)')" }.joined(separator: ",")
        let database = try SourceDatabase("CREATE TABLE t(id int, b bytea); INSERT INTO t VALUES \(rows)")
        let result = try database.shell(
            """
            set -o pipefail
            dlt-extract sql "$URL" --schema $SCHEMA | dlt-normalize -q | dlt-load -q sqlite:///loaded.db &&
              sqlite3 loaded.db 'SELECT hex(b) FROM t ORDER BY id'
            """)
        #expect(result.status == 0 && result.stdout == Self.values.joined(separator: "\n") + "\n", "\(result)")
    }
}
