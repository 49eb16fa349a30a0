import JSONText
import PostgreSQL
import Schemas
import TableSources

// Tables, columns, keys and references in one query. The server's own catalogs, since information_schema shows only
// what a user owns, and is slow.

extension PostgreSQLTableSession {
    /// Each domain and the type of its values, however many domains lie between.
    private static let domains = """
        WITH RECURSIVE domain(id, base, modifier) AS (
        SELECT oid, typbasetype, typtypmod FROM pg_catalog.pg_type WHERE typtype = 'd'
        UNION ALL SELECT d.id, t.typbasetype, CASE d.modifier WHEN -1 THEN t.typtypmod ELSE d.modifier END
        FROM domain AS d JOIN pg_catalog.pg_type AS t ON t.oid = d.base AND t.typtype = 'd')
        """

    /// Of `x(type, modifier)`: the type's number, its modifier, whether it is an array, its name.
    private static let typeColumns = """
        coalesce(d.base, x.type), coalesce(d.modifier, x.modifier),
        coalesce((SELECT e.typcategory = 'A' FROM pg_catalog.pg_type AS e WHERE e.oid = coalesce(d.base, x.type)), false),
        pg_catalog.format_type(x.type, x.modifier)
        """

    private static let typeJoin = """
        LEFT JOIN domain AS d ON d.id = x.type
        AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_type AS o WHERE o.oid = d.base AND o.typtype = 'd')
        """

    func tables(_ request: CatalogRequest) throws(TableError) -> [SourceTable] {
        let schema = request.schema.map { Connection.quoteLiteral($0) } ?? "pg_catalog.current_schema()"
        let wanted: String
        if request.names.isEmpty {
            let kinds = request.includesViews ? "'r', 'p', 'f', 'v', 'm'" : "'r', 'p', 'f'"
            // The leaves of a partitioned table are read through it.
            wanted = "n.nspname = \(schema) AND c.relkind IN (\(kinds)) AND NOT c.relispartition"
        } else {
            let pairs = request.names.map { name in
                "(\(name.schema.map { Connection.quoteLiteral($0) } ?? schema), \(Connection.quoteLiteral(name.name)))"
            }
            wanted =
                "(n.nspname, c.relname) IN (\(pairs.joined(separator: ", "))) AND c.relkind IN ('r', 'p', 'f', 'v', 'm')"
        }
        let isGenerated = serverVersion < 120_000 ? "false" : "a.attgenerated <> ''"
        let sql = """
            \(Self.domains)
            SELECT c.oid, n.nspname, c.relname, c.relkind IN ('v', 'm'), a.attname, a.attnotnull, a.attidentity <> '', \(isGenerated),
            \(Self.typeColumns),
            (SELECT k.place FROM pg_catalog.pg_index AS i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
            WHERE i.indrelid = c.oid AND i.indisprimary AND k.number = a.attnum),
            CASE a.attnum WHEN min(a.attnum) OVER (PARTITION BY c.oid) THEN (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
            f.relname, r.relname, (SELECT pg_catalog.json_agg(o.attname ORDER BY k.place) FROM unnest(s.conkey) WITH ORDINALITY AS k(number, place)
            JOIN pg_catalog.pg_attribute AS o ON o.attrelid = s.conrelid AND o.attnum = k.number),
            (SELECT pg_catalog.json_agg(o.attname ORDER BY k.place) FROM unnest(s.confkey) WITH ORDINALITY AS k(number, place)
            JOIN pg_catalog.pg_attribute AS o ON o.attrelid = s.confrelid AND o.attnum = k.number)) ORDER BY s.conname)
            FROM pg_catalog.pg_constraint AS s JOIN pg_catalog.pg_class AS r ON r.oid = s.confrelid AND r.relnamespace = c.relnamespace
            JOIN pg_catalog.pg_class AS f ON f.oid = s.conrelid WHERE s.conrelid = c.oid AND s.contype = 'f') END
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            CROSS JOIN LATERAL (SELECT a.atttypid, a.atttypmod) AS x(type, modifier) \(Self.typeJoin)
            WHERE \(wanted) ORDER BY n.nspname, c.relname, a.attnum
            """
        return Self.tables(try run(sql, unableTo: "read the catalog of \(shown)"))
    }

    private static func tables(_ found: QueryResult) -> [SourceTable] {
        var tables: [SourceTable] = []
        var keys: [(place: Int, name: String)] = []
        func endTable() {
            guard !tables.isEmpty else { return }
            tables[tables.count - 1].primaryKey = keys.sorted { $0.place < $1.place }.map(\.name)
            keys = []
        }
        for row in 0..<found.rowCount {
            func text(_ column: Int) -> String { found.string(row, column) ?? "" }
            let number = Int64(text(0)) ?? 0
            if tables.last?.number != number {
                endTable()
                var table = SourceTable(TableName(schema: text(1), text(2)), isView: text(3) == "t")
                table.number = number
                tables.append(table)
            }
            let type = PostgreSQLColumnType(
                type: Int(text(8)) ?? 0, modifier: Int(text(9)) ?? -1, isArray: text(10) == "t", name: text(11))
            var column = type.column(text(4), isNullable: text(5) == "f")
            column.isIdentity = text(6) == "t"
            column.isGenerated = text(7) == "t"
            tables[tables.count - 1].columns.append(column)
            if let place = found.string(row, 12).flatMap({ Int($0) }) { keys.append((place, column.name)) }
            if let references = found.string(row, 13) {
                tables[tables.count - 1].references = Self.references(references)
            }
        }
        endTable()
        return tables
    }

    private static func references(_ text: String) -> [SourceReference] {
        ((try? JSONValue(parsing: text))?.arrayValue ?? []).compactMap { entry in
            guard let parts = entry.arrayValue, parts.count == 4, let table = parts[1].stringValue else { return nil }
            return SourceReference(
                columns: parts[2].arrayValue?.compactMap(\.stringValue) ?? [], table: table,
                referencedColumns: parts[3].arrayValue?.compactMap(\.stringValue) ?? [])
        }
    }

    /// Of types that a result has.
    func columnTypes(_ types: [(type: Int, modifier: Int)]) throws(TableError) -> [PostgreSQLColumnType] {
        if types.isEmpty { return [] }
        let values = types.enumerated().map { "(\($0), \($1.type)::oid, \($1.modifier))" }.joined(separator: ", ")
        let found = try run(
            "\(Self.domains) SELECT \(Self.typeColumns) FROM (VALUES \(values)) AS x(place, type, modifier) \(Self.typeJoin) ORDER BY x.place",
            unableTo: "read the types of \(shown)")
        return (0..<found.rowCount).map { row in
            PostgreSQLColumnType(
                type: found.string(row, 0).flatMap { Int($0) } ?? 0,
                modifier: found.string(row, 1).flatMap { Int($0) } ?? -1,
                isArray: found.string(row, 2) == "t", name: found.string(row, 3) ?? "")
        }
    }

    func names(in schema: String?) throws(TableError) -> [TableName] {
        let schema = schema.map { Connection.quoteLiteral($0) } ?? "pg_catalog.current_schema()"
        let found = try run(
            """
            SELECT n.nspname, c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = \(schema) AND c.relkind IN ('r', 'p', 'f', 'v', 'm') ORDER BY 2
            """, unableTo: "read the catalog of \(shown)")
        return found.rows.map { TableName(schema: $0[0], $0[1] ?? "") }
    }

    func schemas() throws(TableError) -> [String] {
        try run(
            """
            SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
            AND pg_catalog.has_schema_privilege(oid, 'USAGE') ORDER BY nspname
            """, unableTo: "read the catalog of \(shown)"
        ).rows.compactMap { $0[0] }
    }
}
