import PostgreSQL
import TableSources

extension PostgreSQLTableSession: SharedTableSession {
    /// Pages of a part: 32 MB. The same in all sessions, so that parts are the same on all machines.
    private static let pagesPerPart = 4096

    /// TRUNCATE would empty a table in all views, and a rewritten table has its rows at other places.
    func hold(_ tables: [SourceTable]) throws(TableError) {
        let numbers = tables.map { "\($0.number)" }
        if numbers.isEmpty { return }
        let found = try run(
            """
            SELECT n.nspname, c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid IN (\(numbers.joined(separator: ", "))) AND c.relkind IN ('r', 'p') ORDER BY c.oid
            """, unableTo: "read the catalog of \(shown)")
        if found.rowCount == 0 { return }
        let names = found.rows.map { dialect.table(TableName(schema: $0[0], $0[1] ?? "")) }
        try run(
            "LOCK TABLE \(names.joined(separator: ", ")) IN ACCESS SHARE MODE", unableTo: "lock the tables of \(shown)")
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
