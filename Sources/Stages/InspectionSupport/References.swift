import JSONText
package import Schemas

/// A reference between tables: written in the schema, or implied by dlt's own keys.
package struct Reference {
    package let table: String
    /// Empty if a table does without dlt's keys; then only the tables are known.
    package let columns: [String]
    package let referencedTable: String
    package let referencedColumns: [String]
    package let label: String
    package let cardinality: String
}

extension Schema {
    /// In dlt's order.
    package var references: [Reference] {
        var references: [Reference] = []
        for table in tables {
            references += impliedReferences(of: table)
            for value in table.properties["references"]?.arrayValue ?? [] {
                guard let other = value["referenced_table"]?.stringValue else { continue }
                references.append(
                    Reference(
                        table: value["table"]?.stringValue ?? table.name,
                        columns: value["columns"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                        referencedTable: other,
                        referencedColumns: value["referenced_columns"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                        label: value["label"]?.stringValue ?? "",
                        cardinality: value["cardinality"]?.stringValue ?? "one_to_many"))
            }
        }
        if let version = system(SystemTables.versionName), let loads = system(SystemTables.loadsName) {
            for (column, other, label, cardinality) in [
                ("version_hash", "schema_version_hash", "_dlt_schema_version", "one_to_many"),
                ("schema_name", "schema_name", "_dlt_schema_name", "many_to_many"),
            ] {
                guard let from = version.column(called: column), let to = loads.column(called: other) else { continue }
                references.append(
                    Reference(
                        table: version.name, columns: [from], referencedTable: loads.name, referencedColumns: [to],
                        label: label, cardinality: cardinality))
            }
        }
        return references
    }

    private func impliedReferences(of table: Table) -> [Reference] {
        var references: [Reference] = []
        func refer(_ column: String?, _ other: Table, _ otherColumn: String?, _ label: String) {
            let isComplete = column != nil && otherColumn != nil
            references.append(
                Reference(
                    table: table.name, columns: isComplete ? [column ?? ""] : [], referencedTable: other.name,
                    referencedColumns: isComplete ? [otherColumn ?? ""] : [], label: label, cardinality: "many_to_one"))
        }
        if let parent = table.parent.flatMap({ self[table: $0] }) {
            refer(table.key("parent_key"), parent, parent.key("row_key"), "_dlt_parent")
            if let key = table.key("root_key"), let root = root(of: table.name) {
                refer(key, root, root.key("row_key"), "_dlt_root")
            }
        }
        if let loads = system(SystemTables.loadsName), let key = table.column(called: "_dlt_load_id") {
            refer(key, loads, loads.column(called: "load_id"), "_dlt_load")
        }
        return references
    }

    private func system(_ name: String) -> Table? { self[table: name] ?? tables.first { $0.resource == name } }
}

extension Table {
    fileprivate func key(_ hint: String) -> String? { columns(with: hint).first?.name }

    /// The column of that name, in any case that a naming convention gave it.
    fileprivate func column(called name: String) -> String? {
        if self[column: name] != nil { return name }
        return columns.first { $0.name.lowercased() == name }?.name
    }

    /// The columns that a destination would have. A column without a name exists only in dlt's schemas.
    package var drawnColumns: [Column] { columns.filter { $0.isComplete && !$0.name.isEmpty } }

    package var isDrawn: Bool { !drawnColumns.isEmpty }
}
