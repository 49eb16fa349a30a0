import TestSupport
import Testing

struct BinaryValueTests {
    /// The Base64 of most of them begins with "0x", as hexadecimal digits do.
    @Test func `bytes arrive as other bytes`() throws {
        let values = ["D31001", "D31F", "D310", "D31FFFFFFFFF", "D3200102", "D3", "", "00FF"]
        let rows = values.enumerated().map { "(\($0), x'\($1)')" }.joined(separator: ",")
        let file = try SourceFile(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB NOT NULL); INSERT INTO t VALUES \(rows);")
        let result = try file.shell(
            """
            set -o pipefail
            dlt-extract sql sqlite:///source.db | dlt-normalize -q | dlt-load -q sqlite:///loaded.db &&
              sqlite3 loaded.db 'SELECT hex(b) FROM t ORDER BY id'
            """)
        #expect(result.status == 0 && result.stdout == values.joined(separator: "\n") + "\n", "\(result)")
    }
}
