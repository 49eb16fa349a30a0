import DataContracts
package import Identifiers
import JSONText
package import Schemas

extension StreamHints {
    /// Adds the hints of a resource to its table, as dlt's extract does before any row arrives.
    package func apply(to schema: inout Schema, table name: String, resource: String, naming: Naming) throws {
        var table =
            schema[table: name]
            ?? Table(properties: [
                "name": .string(name), "write_disposition": "append", "resource": .string(resource),
            ])
        table.properties["resource"] = .string(resource)
        for (column, hints) in columns?.members ?? [] {
            let name = naming.normalizePath(column)
            var hinted = table[column: name] ?? Column(name: name)
            let wasComplete = hinted.isComplete
            hinted.merge(Column(hints: hints.objectValue ?? [:]))
            hinted.name = name
            if wasComplete { table.put(hinted) } else { table.complete(hinted) }
        }
        if let contract { table.properties["schema_contract"] = contract }
        for (key, value) in tableProperties.members {
            table.properties[key] = key == "references" ? StreamHints.normalized(references: value, naming) : value
        }
        if let mergeKey { setKey("merge_key", mergeKey, &table, naming) }
        if let primaryKey { setKey("primary_key", primaryKey, &table, naming) }
        if let writeDisposition { writeDisposition.apply(to: &table, naming) }
        if let maximumNesting {
            var marks = table.properties["x-normalizer"]?.objectValue ?? [:]
            marks["max_nesting"] = .integer(maximumNesting)
            table.properties["x-normalizer"] = .object(marks)
        }
        schema.put(table)
        try declare(in: &schema, table: name, naming)
        if let rootKey { RootKeyRule.set(rootKey, in: &schema) }
        RootKeyRule.apply(to: &schema, chainOf: name)
    }

    /// Gives columns without a type the declared one. If a contract decides about new columns, it waits for the data.
    private func declare(in schema: inout Schema, table name: String, _ naming: Naming) throws {
        guard let declaredTypes else { return }
        let rules = try HintRules(settings: schema.settings)
        let limit = schema.maximumNesting(of: name)
        for declared in declaredTypes.tables(name, naming, nesting: limit) {
            let contract =
                (try? schema.contract(of: schema[table: declared.name] == nil ? name : declared.name).contract)
            guard let contract,
                declared.parent == nil || schema[table: declared.name] != nil || contract.tables == .evolve
            else { continue }
            var table = schema[table: declared.name] ?? declared.withoutColumns
            guard contract.columns == .evolve || !table.columns.contains(where: \.isComplete) else { continue }
            for column in declared.columns where table[column: column.name]?.isComplete != true {
                guard let type = column.dataType, !SystemTables.isSystemName(column.name) else { continue }
                var complete = rules.column(named: column.name, type, isVariant: false)
                if let hinted = table[column: column.name] { complete.merge(hinted) }
                table.complete(complete)
            }
            schema.put(table)
        }
    }

    /// The names in `[{"referenced_table", "columns", "referenced_columns"}]` as names of tables and columns.
    private static func normalized(references: JSONValue, _ naming: Naming) -> JSONValue {
        .array(
            (references.arrayValue ?? []).map { reference in
                guard var object = reference.objectValue else { return reference }
                if let table = object["referenced_table"]?.stringValue {
                    object["referenced_table"] = .string(naming.normalizeTablesPath(table))
                }
                for key in ["columns", "referenced_columns"] {
                    guard let columns = object[key]?.arrayValue else { continue }
                    object[key] = .array(columns.map { $0.stringValue.map { .string(naming.normalizePath($0)) } ?? $0 })
                }
                return .object(object)
            })
    }

    /// A key replaces the previous one as a whole; columns of the previous key stay unchanged. A column of the key is
    /// required unless a hint makes it nullable.
    private func setKey(_ hint: String, _ names: [String], _ table: inout Table, _ naming: Naming) {
        let before = Set(table.columns(with: hint).map { ExactString($0.name) })
        for column in table.columns(with: hint) {
            var column = column
            column.hints[hint] = nil
            table.put(column)
        }
        for name in names.map(naming.normalizePath) {
            var column = table[column: name] ?? Column(name: name)
            let said = (columns?.members ?? []).last { naming.normalizePath($0.key) == name }?.value["nullable"]?
                .boolValue
            let isKeptNullable = before.contains(ExactString(name)) && column.hints["nullable"]?.boolValue == true
            column.hints["nullable"] = .bool(said ?? isKeptNullable)
            column.hints[hint] = true
            table.put(column)
        }
    }
}

extension Table {
    fileprivate var withoutColumns: Table { Table(properties: properties) }
}

extension Schema {
    /// The number of levels of nesting that are unpacked in records of a root table.
    func maximumNesting(of root: String) -> Int {
        let limit =
            self[table: root]?.maxNesting ?? normalizers["json"]?["config", "max_nesting"]?.intValue
            ?? RecordNormalizer.maximumNesting
        return min(limit, RecordNormalizer.maximumNesting)
    }
}
