package import JSONText
package import Schemas

/// Describes stored tables as a data contract of the Open Data Contract Standard, v3.1.
package struct ODCSWriter {
    private let schema: Schema

    package init(_ schema: Schema) { self.schema = schema }

    /// - Parameter tables: root tables, in the order of the document.
    package func document(of tables: [Table]) -> JSONObject {
        let known = tables.compactMap { $0.properties[TableModel.Hint.contract]?.objectValue }.first ?? [:]
        var document: JSONObject = [
            "apiVersion": known["apiVersion"] ?? "v3.1.0", "kind": "DataContract",
            "id": known["id"] ?? .string(schema.name),
            "name": known["name"] ?? .string(schema.name),
            "version": known["version"] ?? .string("\(schema.version).0.0"), "status": known["status"] ?? "active",
        ]
        for key in ["domain", "tenant", "dataProduct"] { document[key] = known[key] }
        document["schema"] = .array(tables.map { .object(object(of: $0)) })
        return document
    }

    private func object(of table: Table) -> JSONObject {
        let model = ModelWriter(schema).jsonSchema(of: table)
        let quality = table.properties[TableModel.Hint.quality]?.arrayValue ?? []
        var object: JSONObject = [
            "name": table.properties[TableModel.Hint.contract]?["table"] ?? .string(table.name),
            "physicalName": .string(table.name), "logicalType": "object", "physicalType": "table",
        ]
        if let text = table.properties["description"] { object["description"] = text }
        let keys = table.columns(with: "primary_key").map(\.name)
        let root = resolved(.object(model), in: .object(model))
        object["properties"] = .array(
            properties(of: root, in: .object(model), keys: keys, quality: quality, path: [], open: 0))
        let own = quality.filter { $0["path"] == nil }.map(ODCSWriter.metric)
        if !own.isEmpty { object["quality"] = .array(own) }
        return object
    }

    private func resolved(_ value: JSONValue, in document: JSONValue) -> JSONObject {
        var value = value
        for _ in 0..<32 {
            if let reference = value["$ref"]?.stringValue {
                guard let target = ModelCompiler.resolve(reference, in: document) else { break }
                value = target
            } else if let some = (value["anyOf"] ?? value["oneOf"])?.arrayValue,
                case let others = some.filter({ $0["type"]?.stringValue != "null" }), others.count == 1
            {
                value = others[0]
            } else {
                break
            }
        }
        return value.objectValue ?? [:]
    }

    private func properties(
        of object: JSONObject, in document: JSONValue, keys: [String], quality: [JSONValue], path: [String], open: Int
    ) -> [JSONValue] {
        let required = object["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        return (object["properties"]?.objectValue?.members ?? []).map { name, value in
            let here = path + [name]
            var property: JSONObject = ["name": .string(name)]
            let inner = resolved(value, in: document)
            property.merge(typed(inner, in: document, quality: quality, path: here, open: open))
            var metrics = property["quality"]?.arrayValue ?? []
            property["quality"] = nil
            if let text = inner["description"] ?? value["description"] { property["description"] = text }
            if required.contains(name) { property["required"] = true }
            if path.isEmpty, let position = keys.firstIndex(of: name) {
                property["primaryKey"] = true
                property["primaryKeyPosition"] = .integer(position + 1)
            }
            metrics += quality.filter { $0["path"] == .strings(here) }.map(ODCSWriter.metric)
            if !metrics.isEmpty { property["quality"] = .array(metrics) }
            return .object(property)
        }
    }

    /// The standard's properties for a value's type.
    private func typed(
        _ schema: JSONObject, in document: JSONValue, quality: [JSONValue], path: [String], open: Int
    ) -> JSONObject {
        let names =
            schema["type"]?.stringValue.map { [$0] } ?? schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let name = names.first { $0 != "null" }
        var property = JSONObject()
        var options = JSONObject()
        switch (name, schema["format"]?.stringValue) {
        case ("string"?, "date-time"?): property["logicalType"] = "timestamp"
        case ("string"?, "date"?): property["logicalType"] = "date"
        case ("string"?, "time"?): property["logicalType"] = "time"
        case ("string"?, let format):
            property["logicalType"] = "string"
            if let format { options["format"] = .string(format) }
        case ("array"?, _):
            property["logicalType"] = "array"
            if let items = schema["items"], items.objectValue != nil, open < 16 {
                let inner = resolved(items, in: document)
                property["items"] = .object(typed(inner, in: document, quality: [], path: path, open: open + 1))
            }
        case ("object"?, _):
            property["logicalType"] = "object"
            if schema["properties"] != nil, open < 16 {
                property["properties"] = .array(
                    properties(of: schema, in: document, keys: [], quality: quality, path: path, open: open + 1))
            }
        case (let name?, _): property["logicalType"] = .string(name)
        case (nil, _): break
        }
        for key in [
            "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
            "multipleOf",
            "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
        ] {
            options[key] = schema[key]
        }
        if !options.isEmpty { property["logicalTypeOptions"] = .object(options) }
        // The standard has no property for a list of values; its library has a metric.
        if let values = schema["enum"]?.arrayValue?.filter({ !$0.isNull }) ?? schema["const"].map({ [$0] }) {
            property["quality"] = .array([
                [
                    "type": "library", "metric": "invalidValues", "mustBe": 0,
                    "arguments": ["validValues": .array(values)],
                ]
            ])
        }
        return property
    }

    private static func metric(_ value: JSONValue) -> JSONValue {
        var rule: JSONObject = ["type": "library"]
        rule.merge(value.objectValue ?? [:])
        rule["path"] = nil
        return .object(rule)
    }
}
