import DatasetReaders
import JSONText
import QueryExpressions
import Schemas

/// The columns of a table: what the schema and the database say of them.
struct TableDescription {
    private let table: DatasetTable

    init(_ table: DatasetTable) { self.table = table }

    var rows: MemoryRows {
        let heads = [
            QueryColumn(name: "column", type: .text), QueryColumn(name: "type", type: .text),
            QueryColumn(name: "stored_type", type: .text), QueryColumn(name: "nullable", type: .bool),
            QueryColumn(name: "hints", type: .text), QueryColumn(name: "description", type: .text),
        ]
        return MemoryRows(
            heads,
            table.columns.map { column in
                let type = column.type ?? StoredTypes.type(of: column.storedType)
                let hints = hints(column)
                let description = column.definition?.hints["description"]?.stringValue
                return [
                    .text(column.name), .text(type.rawValue), .text(column.storedType), .bool(column.isNullable),
                    hints.map { .text($0) } ?? .null, description.map { .text($0) } ?? .null,
                ]
            })
    }

    private func hints(_ column: DatasetColumn) -> String? {
        guard let definition = column.definition else { return nil }
        let flags = [
            "primary_key", "merge_key", "unique", "row_key", "parent_key", "root_key", "hard_delete", "dedup_sort",
            "variant", "incremental", "partition", "cluster", "sort",
        ].filter { definition.has($0) }
        return flags.isEmpty ? nil : flags.joined(separator: ", ")
    }
}
