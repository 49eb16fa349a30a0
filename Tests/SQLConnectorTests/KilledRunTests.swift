import TestSupport
import Testing

struct KilledRunTests {
    @Test func `a first load that is killed goes on where its last state was, and brings each row once`() throws {
        // More than 32 MB, after which a run with an order reports its state.
        let file = try SourceFile(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, pad TEXT);
            WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 1300) INSERT INTO t SELECT i, printf('%.30000c', 'x') FROM g;
            """)
        let read = "dlt-extract sql sqlite:///source.db --cursor id --row-order asc -q"
        let result = try file.shell(
            """
            {
              \(read) & echo $! >&3
              wait
            } 3>extract.pid | (head -n 1250; kill -9 "$(cat extract.pid)"; cat >/dev/null) | dlt-normalize -q | dlt-load -q sqlite:///copy.db
            echo "${PIPESTATUS[@]:2}"
            sqlite3 copy.db 'SELECT count(*) BETWEEN 1000 AND 1249, count(*) = max(id) FROM t'
            \(read) >rest; grep -c '"RECORD"' rest; dlt-normalize -q <rest | dlt-load -q sqlite:///copy.db
            sqlite3 copy.db 'SELECT count(*), count(DISTINCT id), max(id) FROM t'
            """)
        #expect(result.lines.count == 4, "\(result)")
        #expect(result.lines.first == "75 75" && result.lines.dropFirst().first == "1|1", "\(result)")
        #expect(result.lines.dropFirst(2).first.flatMap { Int($0) } ?? 1300 < 300, "\(result)")
        #expect(result.lines.last == "1300|1300|1300", "\(result)")
    }
}
