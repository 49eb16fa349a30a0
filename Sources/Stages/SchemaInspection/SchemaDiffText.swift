import InspectionSupport
import JSONText
import Schemas

extension SchemaDiff.Difference {
    var object: JSONObject {
        var object: JSONObject = ["change": .string(change.rawValue)]
        object["table"] = table.map { .string($0) }
        object["column"] = column.map { .string($0) }
        object["property"] = property.map { .string($0) }
        object["old"] = old ?? (property == nil ? nil : .null)
        object["new"] = new ?? (property == nil ? nil : .null)
        return object
    }
}

extension SchemaDiff {
    /// The differences for people, with the signs of diff(1).
    func text() -> String {
        var text = ""
        var table: String?
        for difference in differences {
            if difference.property == nil && difference.column == nil, let name = difference.table {
                text += wholeTable(difference, name)
                table = nil
                continue
            }
            if let name = difference.table {
                if table != name { text += "~ \(name)\n" }
                table = name
            }
            text += line(difference)
        }
        return text
    }

    private func wholeTable(_ difference: Difference, _ name: String) -> String {
        let sign = difference.change == .added ? "+" : "-"
        guard let table = (difference.change == .added ? new : old)[table: name] else { return "" }
        let facts = (table.parent.map { ["below \($0)"] } ?? []) + table.propertyTexts
        var text = "\(sign) \(name)" + (facts.isEmpty ? "" : "  (\(facts.joined(separator: ", ")))") + "\n"
        for column in table.columns { text += self.column(sign, column) }
        return text
    }

    private func column(_ sign: String, _ column: Column) -> String {
        let hints = column.hintTexts
        return "    \(sign) \(column.name)  \(column.typeText)"
            + (hints.isEmpty ? "" : "  \(hints.joined(separator: ", "))")
            + "\n"
    }

    private func line(_ difference: Difference) -> String {
        switch (difference.change, difference.property) {
        case (.changed, let property?):
            let values = "\(SchemaDiff.shown(difference.old)) -> \(SchemaDiff.shown(difference.new))"
            guard difference.table != nil else { return "~ \(property): \(values)\n" }
            let place = difference.column.map { "\($0)  " } ?? ""
            return "    ~ \(place)\(property): \(values)\n"
        case (.added, _): return column("+", Column(hints: difference.new?.objectValue ?? [:]))
        default: return column("-", Column(hints: difference.old?.objectValue ?? [:]))
        }
    }

    private static func shown(_ value: JSONValue?) -> String {
        value.map { $0.stringValue ?? $0.serialized() } ?? "(none)"
    }
}
