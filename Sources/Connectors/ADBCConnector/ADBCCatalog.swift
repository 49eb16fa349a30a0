import ADBC
import Arrow
import ArrowRecords
import Failures
import JSONText
import Schemas
import TableSources

/// What a driver says of tables: names, keys and nullability by `GetObjects`, types by `GetTableSchema`.
/// <https://arrow.apache.org/adbc/current/format/specification.html>
struct ADBCCatalog {
    private let session: ADBCTableSession
    private let connection: ADBCConnection
    private let action: String

    init(_ session: ADBCTableSession, _ connection: ADBCConnection) {
        self.session = session
        self.connection = connection
        action = "read the catalog of \(session.shown)"
    }

    /// A table or view, and where it is.
    private struct Entry {
        let catalog: String?
        let schema: String?
        let name: String
        let isView: Bool
        let object: JSONObject
    }

    func tables(_ request: CatalogRequest) throws(TableError) -> [SourceTable] {
        let single = request.names.count == 1 ? request.names[0].name : nil
        let schema = request.schema ?? (single == nil ? nil : request.names[0].schema)
        let found: [Entry]
        do throws(ADBCError) {
            found = try entries(.everything, schema: schema, table: single)
        } catch {
            // Some drivers know only names that they are given.
            guard error.status == .notImplemented, !request.names.isEmpty else { throw explained(error) }
            found = request.names.map {
                Entry(catalog: nil, schema: $0.schema ?? request.schema, name: $0.name, isView: false, object: [:])
            }
        }
        let home = home(request.schema)
        var tables: [SourceTable] = []
        for entry in found {
            if request.names.isEmpty {
                guard request.includesViews || !entry.isView, isHome(entry, home) else { continue }
            } else {
                let isNamed = request.names.contains { name in
                    name.name == entry.name && isHome(entry, name.schema ?? home)
                }
                guard isNamed else { continue }
            }
            tables.append(try table(entry, request))
        }
        return tables.sorted { Array($0.name.name.utf8).lexicographicallyPrecedes(Array($1.name.name.utf8)) }
    }

    func names(in schema: String?) throws(TableError) -> [TableName] {
        let home = home(schema)
        do throws(ADBCError) {
            return try entries(.tables, schema: schema, table: nil).filter { isHome($0, home) }
                .map { TableName(schema: schema, $0.name) }
        } catch { throw explained(error) }
    }

    func schemas() throws(TableError) -> [String] {
        do throws(ADBCError) {
            var names: [String] = []
            for catalog in try objects(.schemas, schema: nil, table: nil) {
                for schema in catalog["catalog_db_schemas"]?.arrayValue ?? [] {
                    guard let name = schema.objectValue?["db_schema_name"]?.stringValue, !isOwn(name), !name.isEmpty,
                        !names.contains(name)
                    else { continue }
                    names.append(name)
                }
            }
            return names
        } catch { throw explained(error) }
    }

    private func explained(_ error: ADBCError) -> TableError { TableError(error, unableTo: action) }

    // MARK: Names

    /// The schema of tables that are named without one; nil: any that is not the database's own.
    private func home(_ named: String?) -> String? {
        if let named { return named }
        if let current = connection.option("adbc.connection.db_schema"), !current.isEmpty { return current }
        switch session.product {
        case .postgresql: return "public"
        case .duckdb: return "main"
        case .sqlite, .other: return nil
        }
    }

    private func isHome(_ entry: Entry, _ home: String?) -> Bool {
        home.map { $0 == entry.schema } ?? !isOwn(entry.schema ?? "")
    }

    private func isOwn(_ schema: String) -> Bool {
        ["information_schema", "pg_catalog", "pg_toast", "mysql", "performance_schema", "sys"].contains(
            schema.lowercased())
    }

    // MARK: Objects

    private func entries(_ depth: ADBCConnection.Depth, schema: String?, table: String?) throws(ADBCError) -> [Entry] {
        let current = connection.option("adbc.connection.catalog")
        var entries: [Entry] = []
        for catalog in try objects(depth, schema: schema, table: table) {
            let name = catalog["catalog_name"]?.stringValue
            if let current, !current.isEmpty, let name, name != current { continue }
            for schema in catalog["catalog_db_schemas"]?.arrayValue ?? [] {
                for table in schema.objectValue?["db_schema_tables"]?.arrayValue ?? [] {
                    guard let object = table.objectValue, let table = object["table_name"]?.stringValue else {
                        continue
                    }
                    let type = object["table_type"]?.stringValue?.lowercased() ?? "table"
                    guard type.contains("table") || type.contains("view"), !type.contains("toast"),
                        !type.contains("system")
                    else { continue }
                    entries.append(
                        Entry(
                            catalog: name, schema: schema.objectValue?["db_schema_name"]?.stringValue, name: table,
                            isView: type.contains("view"), object: object))
                }
            }
        }
        return entries
    }

    /// Catalogs as JSON, since that is how nested columns are read here.
    private func objects(
        _ depth: ADBCConnection.Depth, schema: String?, table: String?
    ) throws(ADBCError) -> [JSONObject] {
        let stream = ArrowStream()
        try connection.objects(depth, schema: schema, table: table, into: stream.address)
        do {
            let columns = try stream.columns()
            let writer = ArrowRecordWriter(columns)
            let record = ByteBuffer()
            var objects: [JSONObject] = []
            while let batch = try stream.next(columns) {
                for row in 0..<batch.rowCount {
                    record.removeAll()
                    try writer.write(row, of: batch, to: record)
                    if let object = try JSONValue(parsing: record.bytes).objectValue { objects.append(object) }
                }
            }
            return objects
        } catch { throw ADBCError(.internalError, "\(error)") }
    }

    // MARK: Tables

    private func table(_ entry: Entry, _ request: CatalogRequest) throws(TableError) -> SourceTable {
        let isQualified = request.schema != nil || request.names.contains { $0.name == entry.name && $0.schema != nil }
        var table = SourceTable(TableName(schema: isQualified ? entry.schema : nil, entry.name), isView: entry.isView)
        table.columns = try columns(of: entry)
        let described = entry.object["table_columns"]?.arrayValue ?? []
        for column in described {
            guard let facts = column.objectValue, let name = facts["column_name"]?.stringValue,
                let index = table.columns.firstIndex(where: { $0.name == name })
            else { continue }
            take(facts, &table.columns[index])
        }
        for constraint in entry.object["table_constraints"]?.arrayValue ?? [] {
            if let facts = constraint.objectValue { take(constraint: facts, of: entry, &table) }
        }
        return table
    }

    private func columns(of entry: Entry) throws(TableError) -> [SourceColumn] {
        let action = "read the columns of \(entry.name)"
        do throws(ADBCError) {
            let found = try ArrowSchemaReader.columns { address throws(ADBCError) in
                try connection.columns(of: entry.name, in: entry.schema, catalog: entry.catalog, into: address)
            }
            do throws(ArrowError) { return try found.get().map { SourceColumn($0, session.product) } } catch {
                throw ADBCError(.invalidData, error.description)
            }
        } catch {
            guard error.status == .notImplemented else { throw TableError(error, unableTo: action) }
        }
        let name = session.dialect.table(TableName(schema: entry.schema, entry.name))
        return try session.columns("SELECT * FROM \(name) WHERE 1 = 0", unableTo: action)
    }

    private func take(_ facts: JSONObject, _ column: inout SourceColumn) {
        if let type = facts["xdbc_type_name"]?.stringValue, !type.isEmpty {
            column.take(storedType: type, session.product)
        }
        switch facts["xdbc_nullable"]?.intValue {
        case 0?: column.isNullable = false
        case 1?: column.isNullable = true
        default:
            switch facts["xdbc_is_nullable"]?.stringValue?.uppercased() {
            case "NO"?: column.isNullable = false
            case "YES"?: column.isNullable = true
            default: break
            }
        }
        column.isIdentity = facts["xdbc_is_autoincrement"]?.boolValue ?? false
        column.isGenerated = facts["xdbc_is_generatedcolumn"]?.boolValue ?? false
        guard column.dataType == .text, let size = facts["xdbc_column_size"]?.intValue, size > 0 else { return }
        column.precision = size
    }

    private func take(constraint facts: JSONObject, of entry: Entry, _ table: inout SourceTable) {
        let columns = (facts["constraint_column_names"]?.arrayValue ?? []).compactMap(\.stringValue)
        switch facts["constraint_type"]?.stringValue?.uppercased() {
        case "PRIMARY KEY"?: table.primaryKey = columns
        case "FOREIGN KEY"?:
            let usage = (facts["constraint_column_usage"]?.arrayValue ?? []).compactMap(\.objectValue)
            let targets = usage.compactMap { $0["fk_column_name"]?.stringValue }
            // As dlt: of the same schema only.
            guard let target = usage.first?["fk_table"]?.stringValue, targets.count == columns.count,
                usage[0]["fk_db_schema"]?.stringValue ?? "" == entry.schema ?? ""
            else { return }
            if let index = table.references.firstIndex(where: { $0.table == target }) {
                table.references[index].columns += columns
                table.references[index].referencedColumns += targets
            } else {
                table.references.append(SourceReference(columns: columns, table: target, referencedColumns: targets))
            }
        default: break
        }
    }
}
