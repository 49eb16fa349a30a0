package import DatasetReaders
import JSONText
package import QueryExpressions
import Schemas

extension QueryTables {
    /// The tables of a dataset as portable queries see them.
    package init(_ catalog: DatasetCatalog) {
        let loads = catalog.tables.first { $0.kind == .system && $0.isCalled(SystemTables.loadsName) }
        let table = loads.flatMap { loads -> LoadsTable? in
            guard let id = loads.column(called: "load_id"), let status = loads.column(called: "status"),
                let time = loads.column(called: "inserted_at")
            else { return nil }
            return LoadsTable(name: loads.name, loadID: id, status: status, insertedAt: time)
        }
        self.init(catalog.tables.map { QueryTable($0, in: catalog) }, loads: table)
    }
}

extension QueryTable {
    fileprivate init(_ table: DatasetTable, in catalog: DatasetCatalog) {
        let keys = table.keys
        let references = (table.definition?.properties["references"]?.arrayValue ?? []).compactMap { value in
            value["referenced_table"]?.stringValue.map { other in
                Reference(
                    columns: value["columns"]?.arrayValue?.compactMap(\.stringValue) ?? [], table: other,
                    tableColumns: value["referenced_columns"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            }
        }
        self.init(
            name: table.name, parent: table.parent,
            columns: table.columns.map { column in
                let type = column.type ?? StoredTypes.type(of: column.storedType)
                return Column(
                    name: column.name, type: QueryType(type, hasZone: column.definition?.hasTimezone ?? true),
                    isSystem: table.isSystem(column))
            },
            keys: keys,
            references: references.filter { $0.columns.count == $0.tableColumns.count && !$0.columns.isEmpty })
    }
}

extension DatasetTable {
    fileprivate func isCalled(_ name: String) -> Bool {
        func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
        return plain(self.name) == plain(name)
    }

    /// The column of that name, whatever a naming convention has made of it.
    fileprivate func column(called name: String) -> String? {
        columns.first { $0.name.lowercased() == name }?.name
    }

    /// dlt's columns that link rows: by their hints, and where there are none by their names.
    var keys: QueryTable.Keys {
        func column(_ hint: String, _ name: String) -> String? {
            columns.first { $0.definition?.has(hint) ?? false }?.name ?? self.column(called: name)
        }
        var keys = QueryTable.Keys()
        keys.row = column("row_key", SystemColumns.id)
        keys.parent = parent == nil ? nil : column("parent_key", SystemColumns.parentID)
        keys.load = self.column(called: SystemColumns.loadID)
        keys.index = self.column(called: SystemColumns.listIndex)
        return keys
    }

    /// dlt's own.
    func isSystem(_ column: DatasetColumn) -> Bool {
        if kind == .system { return false }
        if column.name.lowercased().hasPrefix("_dlt_") { return true }
        return ["row_key", "parent_key", "root_key"].contains { column.definition?.has($0) ?? false }
    }
}

/// The types of tables that no schema describes, by the names that databases have for them.
enum StoredTypes {
    static func type(of stored: String) -> DataType {
        let name = stored.uppercased()
        func has(_ words: String...) -> Bool { words.contains { name.contains($0) } }
        // Values that hold several, whose names have those of their parts in them.
        if name.hasSuffix("]") || has("STRUCT(", "MAP(", "UNION(") { return .json }
        if has("INTERVAL", "RANGE", "ENUM(", "POINT") { return .text }
        if name == "BIT" || has("BOOL") { return .bool }
        if has("TIMESTAMP", "DATETIME") { return .timestamp }
        if has("INT", "SERIAL") { return .bigint }
        if has("DOUBLE", "FLOAT", "REAL") { return .double }
        if has("NUMERIC", "DECIMAL") { return .decimal }
        if has("JSON") { return .json }
        if has("BLOB", "BYTEA", "BINARY") { return .binary }
        if has("DATE") { return .date }
        if has("TIME") { return .time }
        return .text
    }
}
