import DatasetReaders
import Testing

@testable import DuckDBConnector

struct GuardTests {
    @Test(arguments: [
        "SELECT * FROM sqlite_scan('/etc/x.db', 't')", "FROM main.\"SQLITE_scan\"('x', 't')",
        "FROM/**/sqlite_query ('a', 'b')",
        "CALL ducklake_cleanup_old_files('shop')", "FROM ducklake_expire_snapshots('shop')", "FROM query('SELECT 1')",
        "SELECT 1 UNION ALL FROM postgres_query('a', 'DELETE FROM t')", "FROM U&\"\\0073qlite_scan\"('x')",
    ])
    func `no function of an extension reaches a file, or changes a lake`(_ sql: String) {
        #expect(throws: QueryFailure.self, "\(sql)") { try DuckDBGuard.check(StatementText(sql, .duckdb)) }
    }

    @Test(arguments: [
        "SELECT * FROM ducklake_snapshots('shop')", "SELECT query, sqlite_name FROM t WHERE a = 'sqlite_scan('",
        "SELECT count(*) FROM query",
    ])
    func `names that only look alike are let pass`(_ sql: String) throws {
        try DuckDBGuard.check(StatementText(sql, .duckdb))
    }
}
