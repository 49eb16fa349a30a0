import JSONText
import Schemas
import TableSources

/// What SCHEMA says of a table, so that no value has to decide.
enum ColumnHints {
    static func hints(
        of table: SourceTable, _ columns: [SourceColumn], _ level: ReflectionLevel, withReferences: Bool
    ) -> JSONObject {
        var hinted = JSONObject()
        for column in columns { hinted[column.name] = .object(column.hints(level)) }
        var hints: JSONObject = ["columns": .object(hinted)]
        let references = withReferences ? self.references(table, columns) : []
        if !references.isEmpty { hints["references"] = .array(references) }
        return hints
    }

    /// As dlt: several keys to one table are one entry.
    private static func references(_ table: SourceTable, _ columns: [SourceColumn]) -> [JSONValue] {
        let names = Set(columns.map(\.name))
        var merged: [SourceReference] = []
        for reference in table.references where reference.columns.allSatisfy(names.contains) {
            if let place = merged.firstIndex(where: { $0.table == reference.table }) {
                merged[place].columns += reference.columns
                merged[place].referencedColumns += reference.referencedColumns
            } else {
                merged.append(reference)
            }
        }
        return merged.map { reference in
            [
                "referenced_table": .string(reference.table), "columns": .strings(reference.columns),
                "referenced_columns": .strings(reference.referencedColumns),
            ]
        }
    }
}
