import Failures
import PostgreSQL
import TableSources

extension PostgreSQLTableSession: SharedTableSession {
    /// Pages of a part: 32 MB. The same in all sessions, so that parts are the same on all machines.
    private static let pagesPerPart = 4096

    /// TRUNCATE would empty a table in all views, and a rewritten table has its rows at other places.
    func hold(_ tables: [SourceTable]) throws(TableError) {
        let action = "lock the tables of \(shown)"
        let found = try run(
            """
            SELECT c.oid, c.relkind, n.nspname, c.relname FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid = ANY ('\(Self.list(tables.map(\.number)))'::pg_catalog.oid[]) ORDER BY c.oid
            """, unableTo: "read the catalog of \(shown)")
        func names(_ kinds: [String]) -> [String] {
            found.rows.filter { kinds.contains($0[1] ?? "") }.map {
                dialect.table(TableName(schema: $0[2], $0[3] ?? ""))
            }
        }
        let lockable = names(["r", "p"])
        if !lockable.isEmpty {
            try run("LOCK TABLE \(lockable.joined(separator: ", ")) IN ACCESS SHARE MODE", unableTo: action)
        }
        // Locks the tables below them, too.
        for view in names(["v", "m"]) { try run("SELECT FROM \(view) LIMIT 0", unableTo: action) }
        let foreign = Set(found.rows.filter { $0[1] == "f" }.compactMap { $0[0].flatMap { Int64($0) } })
        try checkFiles(of: tables.map(\.number).filter { !foreign.contains($0) }, action)
    }

    private static func list(_ numbers: [Int64]) -> String { "{\(numbers.map { "\($0)" }.joined(separator: ","))}" }

    /// The view is older than the locks: a table that was emptied, rewritten or replaced in between would be read as an empty one.
    ///
    /// - Parameter numbers: of tables that must be locked. All others that this session has locked are checked as well.
    private func checkFiles(of numbers: [Int64], _ action: String) throws(TableError) {
        // pg_class is as old as the view; the function knows the file of now.
        let changed = try run(
            """
            WITH RECURSIVE named(oid) AS (SELECT pg_catalog.unnest('\(Self.list(numbers))'::pg_catalog.oid[])
            UNION SELECT i.inhrelid FROM named AS n JOIN pg_catalog.pg_inherits AS i ON i.inhparent = n.oid),
            held(oid) AS (SELECT l.relation FROM pg_catalog.pg_locks AS l
            WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid())
            SELECT c.relname FROM (SELECT oid FROM named UNION SELECT oid FROM held) AS r
            LEFT JOIN pg_catalog.pg_class AS c ON c.oid = r.oid
            WHERE r.oid NOT IN (SELECT oid FROM held) OR r.oid >= 16384 AND c.relkind = 'r'
            AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(r.oid) ORDER BY r.oid LIMIT 1
            """, unableTo: action)
        guard changed.rowCount > 0 else { return }
        throw TableError(
            .temporary,
            "unable to \(action): another session emptied, rewrote or replaced \(changed.string(0, 0) ?? "one of them") meanwhile",
            hint: "run the same command again")
    }

    func exportSnapshot() throws(TableError) -> String {
        try run("SELECT pg_catalog.pg_export_snapshot()", unableTo: "share the view of \(shown)").string(0, 0) ?? ""
    }

    /// Ranges of pages of a table, or of each partition. Views, tables with children, and tables of a server that would scan a whole
    /// table for each range, are one part.
    func parts(of table: SourceTable) throws(TableError) -> [TablePart] {
        guard serverVersion >= 140_000 else { return [TablePart()] }
        let found = try run(
            """
            SELECT n.nspname, c.relname, c.relkind IN ('r', 'm') AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits AS i
            WHERE i.inhparent = c.oid), pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint,
            pg_catalog.has_table_privilege(c.oid, 'SELECT'), c.oid <> \(table.number)
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid IN (SELECT t.relid FROM pg_catalog.pg_partition_tree(\(table.number)) AS t WHERE t.isleaf)
            OR c.oid = \(table.number) AND c.relkind <> 'p' ORDER BY c.oid
            """, unableTo: "read the catalog of \(shown)")
        var parts: [TablePart] = []
        for row in found.rows {
            // Who may read a partitioned table may not read its partitions by themselves.
            guard row[4] == "t" else { return [TablePart()] }
            let leaf = row[5] == "t" ? TableName(schema: row[0], row[1] ?? "") : nil
            guard row[2] == "t", let pages = row[3].flatMap({ Int($0) }) else {
                parts.append(TablePart(table: leaf))
                continue
            }
            // Rows that are added later lie past these pages, or the view does not have them. An empty table has a part, too: in the
            // next session it may have pages.
            for first in stride(from: 0, to: max(pages, 1), by: Self.pagesPerPart) {
                let range = "ctid >= '(\(first),0)'::tid AND ctid < '(\(first + Self.pagesPerPart),0)'::tid"
                parts.append(TablePart(table: leaf, condition: range))
            }
        }
        return parts
    }
}
