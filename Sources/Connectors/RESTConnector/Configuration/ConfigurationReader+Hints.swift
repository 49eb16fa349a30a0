import Documents
import JSONText
import ProgramSupport

/// A resource's hints for its table.
extension ConfigurationReader {
    private static let passedOn = [
        "table_name", "write_disposition", "merge_key", "schema_contract", "max_table_nesting", "table_format",
        "file_format", "references",
    ]

    mutating func hints(
        _ value: LocatedValue, _ document: LocatedValue, _ path: DocumentPath
    ) -> JSONObject {
        var hints = JSONObject()
        for key in Self.passedOn {
            if let hint = value[key], !hint.isNull { hints[key] = hint.json }
        }
        // A resource without a write disposition appends, as in dlt, whatever an earlier run did.
        if hints["write_disposition"] == nil { hints["usual_write_disposition"] = "append" }
        for key in ["max_table_nesting", "schema_contract", "root_key"] where hints[key] == nil {
            if let hint = document[key], !hint.isNull { hints[key] = hint.json }
        }
        if let disposition = hints["write_disposition"] {
            hints["write_disposition"] = HintOptions.disposition(disposition)
            if hints["write_disposition"] == nil {
                report(
                    path.key("write_disposition"), value["write_disposition"] ?? value,
                    "`\(disposition.plainText)` is not one of \(HintOptions.dispositionNames.joined(separator: ", "))")
            }
        }
        if let contract = hints["schema_contract"] {
            hints["schema_contract"] = HintOptions.contract(contract)
            if hints["schema_contract"] == nil {
                report(
                    path.key("schema_contract"), value["schema_contract"] ?? document["schema_contract"] ?? value,
                    "`\(contract.plainText)` is not a contract",
                    hint:
                        "evolve, freeze, discard_row or discard_value, or a mode each for tables, columns and data_type"
                )
            }
        }
        if let columns = value["columns"] {
            if let items = columns.items {
                var named = JSONObject()
                for item in items { if let name = item["name"]?.string { named[name] = item.json } }
                hints["columns"] = .object(named)
            } else if !columns.isNull {
                hints["columns"] = columns.json
            }
        }
        return hints
    }
}
