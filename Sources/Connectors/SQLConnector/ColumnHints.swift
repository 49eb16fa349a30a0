import JSONText
import Schemas
import TableSources

/// What SCHEMA says of a table, so that no value has to decide.
enum ColumnHints {
    static func hints(
        of table: SourceTable, _ columns: [SourceColumn], _ level: ReflectionLevel, withReferences: Bool
    ) -> JSONObject {
        var hinted = JSONObject()
        for column in columns { hinted[column.name] = .object(hints(of: column, level)) }
        var hints: JSONObject = ["columns": .object(hinted)]
        let references = withReferences ? self.references(table, columns) : []
        if !references.isEmpty { hints["references"] = .array(references) }
        return hints
    }

    private static func hints(of column: SourceColumn, _ level: ReflectionLevel) -> JSONObject {
        var hints = JSONObject()
        if level != .minimal, let type = column.dataType {
            hints["data_type"] = .string(type.rawValue)
            switch type {
            case .decimal, .wei:
                hints["precision"] = column.precision.map { .integer($0) }
                hints["scale"] = column.scale.map { .integer($0) }
            case .timestamp:
                hints["timezone"] = column.hasTimezone.map { .bool($0) }
            default: break
            }
            if level == .fullWithPrecision, type != .decimal, type != .wei {
                hints["precision"] = column.precision.map { .integer($0) }
            }
        }
        hints["nullable"] = column.isNullable.map { .bool($0) }
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
