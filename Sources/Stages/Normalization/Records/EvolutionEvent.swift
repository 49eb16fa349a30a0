package import DataContracts
package import JSONText
package import Schemas

/// A change of the schema while records were normalized, with the input that caused it.
package enum EvolutionEvent {
    case tableAdded(table: String, parent: String?)
    case columnAdded(table: String, column: Column, cause: Cause)
    /// Two keys of the input go to one column.
    case nameCollision(table: String, column: String, keys: [String])
    /// Lists of two keys go to one child table.
    case listCollision(table: String, child: String, keys: [String])
    /// The contract of a table has left something out; `text` is its JSON, a row or a value, valid only now.
    case contractViolated(ContractViolation, text: UnsafeBufferPointer<UInt8>, isRow: Bool)
    /// A frozen contract ends the run.
    case contractBroken(ContractViolation)
    /// A quality metric of a table is out of its range.
    case qualityViolated(QualityMeter.Finding, table: String)

    package struct Cause {
        /// The key as written, from the row down.
        package let key: String
        /// The value's JSON, shortened.
        package let value: String
    }

    package var document: JSONValue {
        switch self {
        case .tableAdded(let table, let parent):
            var object: JSONObject = ["event": "table_added", "table": .string(table)]
            object["parent"] = parent.map { .string($0) }
            return .object(object)
        case .columnAdded(let table, let column, let cause):
            return [
                "event": .string(column.has("variant") ? "variant_added" : "column_added"), "table": .string(table),
                "column": .string(column.name), "data_type": .string(column.dataType?.rawValue ?? ""),
                "key": .string(cause.key), "value": .string(cause.value),
            ]
        case .nameCollision(let table, let column, let keys):
            return [
                "event": "name_collision", "table": .string(table), "column": .string(column),
                "keys": .strings(keys),
            ]
        case .listCollision(let table, let child, let keys):
            return [
                "event": "name_collision", "table": .string(table), "child": .string(child), "keys": .strings(keys),
            ]
        case .contractViolated(let violation, let text, _):
            var object: JSONObject = ["event": "contract_violated"]
            object.merge(violation.document)
            object["reason"] = .string(violation.reason)
            object["value"] = .string(EvolutionEvent.excerpt(text))
            return .object(object)
        case .contractBroken(let violation):
            var object: JSONObject = ["event": "contract_violated"]
            object.merge(violation.document)
            object["reason"] = .string(violation.reason)
            return .object(object)
        case .qualityViolated(let finding, let table):
            var object: JSONObject = ["event": "quality_violated", "table": .string(table)]
            object["column"] = finding.property.map { .string($0) }
            object["metric"] = .string(finding.metric)
            object["expected"] = .string(finding.expected)
            object["got"] = .string(finding.got)
            object["contract"] = .string("model of table \(table)")
            object["severity"] = finding.isWarning ? "warning" : "error"
            return .object(object)
        }
    }
}

extension EvolutionEvent {
    /// It may come with each record.
    var isFrequent: Bool { if case .contractViolated = self { true } else { false } }

    /// Whether to report it even for a run that publishes nothing: it may be the reason.
    var mayEndRun: Bool {
        switch self {
        case .contractBroken, .qualityViolated: true
        default: false
        }
    }

    static func excerpt(_ text: UnsafeBufferPointer<UInt8>) -> String {
        let shown = String(decoding: text.prefix(400), as: UTF8.self)
        return shown.count > 60 ? shown.prefix(60) + "…" : shown
    }
}
