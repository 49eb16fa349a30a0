import DatasetReaders
import Destinations
import DuckDB
import Failures
import JSONText
import SystemIO
import TableSources

/// A look at a DuckDB file, which no other process can have open for writing meanwhile.
final class DuckDBTableSession: TableSession {
    let dialect: any TableDialect = DuckDBTableDialect()
    let shown: String
    let databaseName: String
    private let file: String
    private let workFolder: String
    private var database: Database?

    convenience init(
        _ database: Database, _ place: TablePlace, file: String, workFolder: String
    ) throws(DestinationError) {
        try self.init(database, shown: place.shown, file: file, workFolder: workFolder)
    }

    init(_ database: Database, shown: String, file: String, workFolder: String) throws(DestinationError) {
        self.database = database
        self.file = file
        self.workFolder = workFolder
        self.shown = shown
        databaseName = Paths.withoutExtension(Paths.lastComponent(file))
        // A library without time zones has no such option; all its times are UTC.
        _ = try? database.execute("SET GLOBAL TimeZone = 'UTC'")
        do throws(DuckDBError) { try database.execute("SET GLOBAL lock_configuration = true") } catch {
            throw DestinationError(error, unableTo: "read \(shown)", file: file)
        }
    }

    deinit { close() }

    func close() {
        guard let database else { return }
        database.close()
        self.database = nil
        if Files.exists(workFolder) { try? Files.removeTree(workFolder) }
    }

    func explained(_ error: DuckDBError, _ action: String) -> TableError {
        if error.isInterruption { return .stopped(unableTo: action) }
        switch error.kind {
        case "Permission", "Parser", "Binder", "Catalog", "Conversion", "Out of Range", "Invalid Input",
            "Not implemented", "Syntax":
            return TableError(.data, "unable to \(action): \(error.message)")
        case "Out of Memory":
            return TableError(
                .configuration, "unable to \(action): \(error.message)",
                hint: "the disk of TMPDIR takes what memory does not")
        default: return TableError(DestinationError(error, unableTo: action, file: file))
        }
    }

    // MARK: Catalog

    private func rows(_ sql: String, _ action: String? = nil) throws(TableError) -> [[String?]] {
        do throws(DuckDBError) { return try database?.query(sql) ?? [] } catch {
            throw explained(error, action ?? "read the catalog of \(shown)")
        }
    }

    func tables(_ request: CatalogRequest) throws(TableError) -> [SourceTable] {
        let schema = Database.quoteLiteral(request.schema ?? "main")
        var wanted = "c.schema_name = \(schema)"
        if request.names.isEmpty {
            if !request.includesViews { wanted += " AND v.view_name IS NULL" }
        } else {
            let pairs = request.names.map { name in
                "(\(name.schema.map { Database.quoteLiteral($0) } ?? schema), \(Database.quoteLiteral(name.name)))"
            }
            wanted = "(c.schema_name, c.table_name) IN (\(pairs.joined(separator: ", ")))"
        }
        let found = try rows(
            """
            SELECT c.schema_name, c.table_name, v.view_name IS NOT NULL, c.column_name, c.data_type, c.is_nullable,
            list_position(p.constraint_column_names, c.column_name), to_json(f.keys)
            FROM duckdb_columns() AS c
            LEFT JOIN duckdb_views() AS v ON v.database_name = c.database_name AND v.schema_name = c.schema_name
            AND v.view_name = c.table_name
            LEFT JOIN duckdb_constraints() AS p ON p.database_name = c.database_name AND p.schema_name = c.schema_name
            AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY'
            LEFT JOIN (SELECT schema_name, table_name, list([[referenced_table], constraint_column_names, referenced_column_names]
            ORDER BY constraint_index) AS keys FROM duckdb_constraints() WHERE database_name = current_database()
            AND constraint_type = 'FOREIGN KEY' GROUP BY ALL) AS f ON f.schema_name = c.schema_name AND f.table_name = c.table_name
            WHERE c.database_name = current_database() AND \(wanted) ORDER BY 1, 2, c.column_index
            """)
        var tables: [SourceTable] = []
        var keys: [(place: Int, name: String)] = []
        func endTable() {
            if !tables.isEmpty { tables[tables.count - 1].primaryKey = keys.sorted { $0.place < $1.place }.map(\.name) }
            keys = []
        }
        for row in found {
            let name = TableName(schema: row[0], row[1] ?? "")
            if tables.last?.name != name {
                endTable()
                tables.append(SourceTable(name, isView: row[2] == "true"))
                tables[tables.count - 1].references = row[7].map(Self.references) ?? []
            }
            var column = DuckDBColumns.column(row[3] ?? "", type: row[4] ?? "")
            column.isNullable = row[5] == "true"
            tables[tables.count - 1].columns.append(column)
            if let place = row[6].flatMap({ Int($0) }), place > 0 { keys.append((place, column.name)) }
        }
        endTable()
        return tables
    }

    private static func references(_ text: String) -> [SourceReference] {
        ((try? JSONValue(parsing: text))?.arrayValue ?? []).compactMap { key in
            guard let parts = key.arrayValue, parts.count == 3, let table = parts[0].arrayValue?.first?.stringValue
            else { return nil }
            return SourceReference(
                columns: parts[1].arrayValue?.compactMap(\.stringValue) ?? [], table: table,
                referencedColumns: parts[2].arrayValue?.compactMap(\.stringValue) ?? [])
        }
    }

    func names(in schema: String?) throws(TableError) -> [TableName] {
        try rows(
            """
            SELECT DISTINCT schema_name, table_name FROM duckdb_columns() WHERE database_name = current_database()
            AND schema_name = \(Database.quoteLiteral(schema ?? "main")) ORDER BY 2
            """
        ).map { TableName(schema: $0[0], $0[1] ?? "") }
    }

    func schemas() throws(TableError) -> [String] {
        try rows(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() AND NOT internal OR schema_name = 'main' "
                + "AND database_name = current_database() ORDER BY 1"
        ).compactMap { $0[0] }
    }

    // MARK: Rows

    func columns(ofQuery sql: String) throws(TableError) -> [SourceColumn] {
        try QueryText.check(query: sql, .duckdb)
        return try rows("SELECT column_name, column_type FROM (DESCRIBE (\n\(sql)\n))", "read the query").map {
            DuckDBColumns.column($0[0] ?? "", type: $0[1] ?? "")
        }
    }

    func rows(of selection: TableSelection) throws(TableError) -> any TableRows {
        if let condition = selection.condition { try QueryText.check(condition: condition, .duckdb) }
        let action = "read \(selection.described)"
        guard let database else { throw TableError(.unusable, "unable to \(action): the session has ended") }
        let sql = try SelectPrinter(dialect).sql(selection)
        do throws(DuckDBError) {
            let cursor = try Cursor(database, sql)
            try cursor.run([])
            return DuckDBTableRows(cursor, selection.columns, self, action)
        } catch { throw explained(error, action) }
    }
}
