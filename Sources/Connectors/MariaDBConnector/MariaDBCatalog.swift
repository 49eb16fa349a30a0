import MariaDB
import TableSources

/// What information_schema says of tables, by one query.
struct MariaDBCatalog {
    private let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    /// A schema in SQL: nil is the connection's own.
    static func schema(_ name: String?) -> String { name.map(Connection.quoteLiteral) ?? "DATABASE()" }

    /// Rows of columns, and rows of keys.
    func tables(_ request: CatalogRequest) throws(MariaDBError) -> [SourceTable] {
        let wanted = condition(request)
        let found = try connection.texts(
            """
            SELECT t.TABLE_SCHEMA, t.TABLE_NAME, 'column', '', c.ORDINAL_POSITION, c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE, \
            c.CHARACTER_MAXIMUM_LENGTH, c.NUMERIC_PRECISION, c.NUMERIC_SCALE, c.IS_NULLABLE, c.EXTRA, t.TABLE_TYPE \
            FROM information_schema.TABLES AS t JOIN information_schema.COLUMNS AS c \
            ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME \
            AND \(Self.areSame("c.TABLE_SCHEMA", "t.TABLE_SCHEMA")) AND \(Self.areSame("c.TABLE_NAME", "t.TABLE_NAME")) \
            WHERE \(wanted) AND t.TABLE_TYPE <> 'SEQUENCE' \
            UNION ALL \
            SELECT t.TABLE_SCHEMA, t.TABLE_NAME, 'key', t.CONSTRAINT_NAME, t.ORDINAL_POSITION, t.COLUMN_NAME, \
            t.REFERENCED_TABLE_SCHEMA, t.REFERENCED_TABLE_NAME, t.REFERENCED_COLUMN_NAME, NULL, NULL, NULL, NULL, NULL \
            FROM information_schema.KEY_COLUMN_USAGE AS t \
            WHERE \(wanted) AND (t.CONSTRAINT_NAME = 'PRIMARY' OR t.REFERENCED_TABLE_NAME IS NOT NULL) \
            ORDER BY 3, 4, 5
            """)
        var tables: [TableName: SourceTable] = [:]
        for row in found {
            guard row.count == 14, let schema = row[0], let name = row[1] else { continue }
            let key = TableName(schema: schema, name)
            if row[2] == "column" {
                let isView = row[13]?.hasSuffix("VIEW") ?? false
                tables[key, default: SourceTable(key, isView: isView)].columns.append(column(row))
            } else {
                add(key: row, to: &tables[key])
            }
        }
        let keepsViews = !request.names.isEmpty || request.includesViews
        let namesSchema = request.schema != nil || request.names.contains { $0.schema != nil }
        return tables.values.filter { keepsViews || !$0.isView }
            .map { table in
                var table = table
                if !namesSchema { table.name.schema = nil }
                return table
            }
            .sorted { Array($0.name.name.utf8).lexicographicallyPrecedes(Array($1.name.name.utf8)) }
    }

    /// Names by their bytes: for the catalog's own comparison `ta`, `TA` and `tä` are one.
    private static func areSame(_ left: String, _ right: String) -> String {
        "CAST(\(left) AS BINARY) = CAST(\(right) AS BINARY)"
    }

    /// As the server itself does: by their bytes, unless it is set up to ignore the case.
    private static func isSchema(_ name: String) -> String {
        "t.TABLE_SCHEMA = \(name) AND (@@lower_case_table_names > 0 OR \(areSame("t.TABLE_SCHEMA", name)))"
    }

    private func condition(_ request: CatalogRequest) -> String {
        guard !request.names.isEmpty else { return Self.isSchema(Self.schema(request.schema)) }
        let names = request.names.map { name in
            let schema = Self.isSchema(Self.schema(name.schema ?? request.schema))
            return "(\(schema) AND t.TABLE_NAME = \(Connection.quoteLiteral(name.name)))"
        }
        return "(\(names.joined(separator: " OR ")))"
    }

    private func column(_ row: [String?]) -> SourceColumn {
        func number(_ index: Int) -> Int? { row[index].flatMap { Int($0) } }
        var column = SourceColumn(
            row[5] ?? "", type: row[6] ?? "", whole: row[7] ?? "", length: number(8), digits: number(9),
            scale: number(10),
            isNullable: row[11] == "YES")
        let extra = row[12]?.lowercased() ?? ""
        column.isIdentity = extra.contains("auto_increment")
        column.isGenerated =
            extra.contains("virtual generated") || extra.contains("stored generated")
            || extra.contains("persistent")
        return column
    }

    private func add(key row: [String?], to found: inout SourceTable?) {
        guard var table = found, let column = row[5] else { return }
        defer { found = table }
        guard let target = row[7], let targetColumn = row[8] else { return table.primaryKey.append(column) }
        // As dlt: of the same schema only.
        guard row[6] == row[0] else { return }
        // Several keys to one table are one reference, as in dlt.
        if let index = table.references.firstIndex(where: { $0.table == target }) {
            table.references[index].columns.append(column)
            table.references[index].referencedColumns.append(targetColumn)
        } else {
            table.references.append(
                SourceReference(columns: [column], table: target, referencedColumns: [targetColumn]))
        }
    }
}
