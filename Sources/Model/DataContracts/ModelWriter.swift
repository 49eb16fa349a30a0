package import JSONText
package import Schemas

/// Describes stored tables as JSON Schema: the model of a table if it has one, else the contents of its columns.
package struct ModelWriter {
    private let schema: Schema

    package init(_ schema: Schema) { self.schema = schema }

    /// The JSON Schema of a root table's records, or of its rows if there is no model.
    package func jsonSchema(of table: Table) -> JSONObject {
        if case .object(let model)? = table.properties[TableModel.Hint.schema] { return model }
        var document: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": .string(table.name),
        ]
        document.merge(object(of: table))
        let keys = table.columns(with: "primary_key").map(\.name)
        if !keys.isEmpty { document["x-primary-key"] = .strings(keys) }
        return document
    }

    private func object(of table: Table) -> JSONObject {
        var object: JSONObject = ["type": "object"]
        if let text = table.properties["description"] { object["description"] = text }
        var properties = JSONObject()
        var required: [String] = []
        for column in table.completeColumns where !SystemTables.isSystemName(column.name) && !column.has("variant") {
            properties[column.name] = .object(ModelWriter.property(of: column))
            if !column.isNullable { required.append(column.name) }
        }
        for child in schema.tables where child.isChild(of: table.name) {
            guard child.name.hasPrefix(table.name + "__") else { continue }
            properties[String(child.name.dropFirst(table.name.count + 2))] = .object(list(of: child))
        }
        object["properties"] = .object(properties)
        if !required.isEmpty { object["required"] = .strings(required) }
        if let contract = try? schema.contract(of: table.name).contract {
            if contract.columns == .freeze { object["additionalProperties"] = false }
            if contract.columns == .evolve { object["additionalProperties"] = true }
        }
        return object
    }

    /// A child table is a list: of objects, of values if it has only the column `value`, or of lists.
    private func list(of table: Table) -> JSONObject {
        let own = table.completeColumns.filter { !SystemTables.isSystemName($0.name) }
        if own.count == 1, let value = own.first, value.name == "value" {
            return ["type": .strings(["array", "null"]), "items": .object(ModelWriter.property(of: value))]
        }
        if own.isEmpty, let inner = schema.tables.first(where: { $0.name == table.name + "__list" }) {
            return ["type": .strings(["array", "null"]), "items": .object(list(of: inner))]
        }
        return ["type": .strings(["array", "null"]), "items": .object(object(of: table))]
    }

    private static func property(of column: Column) -> JSONObject {
        var property = JSONObject()
        var types: [String] = []
        switch column.dataType {
        case .bigint?, .wei?: types = ["integer"]
        case .double?: types = ["number"]
        case .decimal?:
            types = ["number", "string"]
            property["format"] = "decimal"
        case .bool?: types = ["boolean"]
        case .timestamp?:
            types = ["string"]
            property["format"] = "date-time"
        case .date?:
            types = ["string"]
            property["format"] = "date"
        case .time?:
            types = ["string"]
            property["format"] = "time"
        case .binary?:
            types = ["string"]
            property["contentEncoding"] = "base64"
        case .text?:
            types = ["string"]
            if let length = column.precision { property["maxLength"] = .integer(length) }
        case .json?: types = ["object", "array"]
        case nil: break
        }
        if column.isNullable, !types.isEmpty { types.append("null") }
        var ordered = JSONObject()
        if types.count == 1 {
            ordered["type"] = .string(types[0])
        } else if !types.isEmpty {
            ordered["type"] = .strings(types)
        }
        ordered.merge(property)
        if let text = column.hints["description"], !text.isNull { ordered["description"] = text }
        return ordered
    }
}
