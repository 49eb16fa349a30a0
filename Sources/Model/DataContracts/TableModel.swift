package import JSONText
package import Schemas

/// The model of one table: a JSON Schema of its records, and properties that JSON Schema cannot express.
package struct TableModel: Sendable {
    /// The name in the document.
    package var name: String
    /// A JSON Schema without references to other documents.
    package var schema: JSONObject
    package var primaryKey: [String]
    /// Whether columns of the key are never null, although the schema allows it: Singer taps allow null for every
    /// property.
    package var keyIsRequired = false
    /// Quality metrics in ODCS's form, each with the `path` of its property.
    package var quality: [JSONValue]
    /// Further properties of the table (`description`, `x-…`).
    package var properties: JSONObject

    package init(
        name: String, schema: JSONObject, primaryKey: [String] = [], quality: [JSONValue] = [],
        properties: JSONObject = [:]
    ) {
        self.name = name
        self.schema = schema
        self.primaryKey = primaryKey
        self.quality = quality
        self.properties = properties
    }

    /// Whether the stored model of a table can be used.
    package static func check(_ table: Table) throws(ModelError) {
        if let schema = table.properties[Hint.schema] { _ = try ModelCompiler.compile(schema) }
        if let quality = table.properties[Hint.quality] { _ = try QualityMeter(quality) }
    }

    /// The keys under which a stored table keeps its model. dlt leaves keys that begin with `x-` unchanged.
    package enum Hint {
        package static let schema = "x-json-schema"
        package static let quality = "x-quality"
        package static let contract = "x-data-contract"
        /// A column of the model that may hold anything: its first value may decide its type whatever the contract
        /// says.
        package static let anything = "x-any-type"
    }
}

/// A document that describes tables in another language.
package enum ModelDocument {
    case jsonSchema(JSONObject)
    /// SCHEMA messages of a Singer tap.
    case singer([JSONObject])
    case openAPI(JSONObject)
    /// Open Data Contract Standard.
    case odcs(JSONObject)

    /// The kind of a document; nil when it is none of these, such as a schema of dlt.
    package init?(_ document: JSONValue) {
        if case .array(let items) = document {
            let messages = items.compactMap(\.objectValue).filter { $0["type"]?.stringValue == "SCHEMA" }
            guard !items.isEmpty, messages.count == items.count else { return nil }
            self = .singer(messages)
            return
        }
        guard case .object(let object) = document else { return nil }
        if object["engine_version"] != nil || object["tables"] != nil { return nil }
        if object["kind"]?.stringValue == "DataContract" {
            self = .odcs(object)
        } else if object["openapi"] != nil || object["swagger"] != nil {
            self = .openAPI(object)
        } else if object["type"]?.stringValue == "SCHEMA", object["stream"] != nil, object["schema"] != nil {
            self = .singer([object])
        } else if ["$schema", "$ref", "$defs", "properties", "allOf", "anyOf", "oneOf"].contains(where: {
            object[$0] != nil
        })
            || object["type"]?.stringValue == "object"
        {
            self = .jsonSchema(object)
        } else {
            return nil
        }
    }

    /// The SCHEMA messages of a Singer tap's output, one on each line, as one document; nil for any other text.
    package static func singerMessages(in text: [UInt8]) -> JSONValue? {
        var messages: [JSONValue] = []
        for line in text.split(separator: 0x0A) {
            guard let value = try? JSONValue(parsing: Array(line)), let type = value["type"]?.stringValue else {
                return nil
            }
            if type == "SCHEMA", value["schema"] != nil { messages.append(value) }
        }
        return messages.isEmpty ? nil : .array(messages)
    }

    /// The name of its language on command lines.
    package var language: String {
        switch self {
        case .jsonSchema: "jsonschema"
        case .singer: "singer"
        case .openAPI: "openapi"
        case .odcs: "odcs"
        }
    }

    package var kind: String {
        switch self {
        case .jsonSchema: "JSON Schema"
        case .singer: "Singer schema"
        case .openAPI: "OpenAPI document"
        case .odcs: "data contract"
        }
    }

    /// The tables it describes.
    ///
    /// - Parameter table: the only one wanted; for a JSON Schema the name of its table, which is otherwise its title.
    package func models(table: String?) throws(ModelError) -> [TableModel] {
        switch self {
        case .jsonSchema(let schema):
            guard let name = table ?? schema["title"]?.stringValue else {
                throw ModelError(place: "#/title", reason: "it does not name its table; name it with --table")
            }
            return [TableModel(name: name, schema: schema, primaryKey: ModelDocument.key(of: schema))]
        case .singer(let messages): return try ModelDocument.singer(messages, table)
        case .openAPI(let document): return try ModelDocument.openAPI(document, table)
        case .odcs(let document): return try ODCSReader(document).models(table: table)
        }
    }

    /// JSON Schema has no keyword for it; these two are in use.
    private static func key(of schema: JSONObject) -> [String] {
        for word in ["x-primary-key", "x-primaryKey"] {
            if let name = schema[word]?.stringValue { return [name] }
            if let names = schema[word]?.arrayValue?.compactMap(\.stringValue), !names.isEmpty { return names }
        }
        return (schema["properties"]?.objectValue?.members ?? [])
            .filter { $0.value["x-primary-key"] == true || $0.value["primary_key"] == true }.map(\.key)
    }

    private static func singer(_ messages: [JSONObject], _ table: String?) throws(ModelError) -> [TableModel] {
        var models: [TableModel] = []
        for message in messages {
            let name = message["stream"]?.stringValue ?? ""
            guard table == nil || table == name || messages.count == 1 else { continue }
            guard case .object(let schema)? = message["schema"] else {
                throw ModelError(place: "#/schema", reason: "expected an object")
            }
            var model = TableModel(
                name: messages.count == 1 ? table ?? name : name, schema: schema,
                primaryKey: message["key_properties"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            model.keyIsRequired = true
            models.append(model)
        }
        return models
    }

    private static func openAPI(_ document: JSONObject, _ table: String?) throws(ModelError) -> [TableModel] {
        let place = document["components"] == nil ? "definitions" : "components/schemas"
        let components =
            document["components"].map { $0["schemas"]?.objectValue ?? [:] } ?? document["definitions"]?.objectValue
            ?? [:]
        guard !components.isEmpty else { throw ModelError(place: "#/\(place)", reason: "there are no schemas") }
        var models: [TableModel] = []
        for (name, value) in components.members {
            guard table == nil || table == name, case .object(let schema) = value else { continue }
            let isTable = schema["properties"] != nil || schema["allOf"] != nil
            guard isTable || table != nil else { continue }
            // The schemas that it refers to are included, under the names in the references.
            var complete: JSONObject = ["$ref": .string("#/\(place)/\(name)")]
            if document["components"] == nil {
                complete["definitions"] = .object(
                    needed(by: value, in: components, including: name, prefix: "#/\(place)/"))
            } else {
                complete["components"] = [
                    "schemas": .object(needed(by: value, in: components, including: name, prefix: "#/\(place)/"))
                ]
            }
            models.append(TableModel(name: name, schema: complete, primaryKey: key(of: schema)))
        }
        if models.isEmpty {
            throw ModelError(
                place: "#/\(place)", reason: table.map { "there is no schema '\($0)'" } ?? "none describes an object")
        }
        return models
    }

    private static func needed(
        by value: JSONValue, in components: JSONObject, including name: String, prefix: String
    ) -> JSONObject {
        var found: [String: Bool] = [name: true]
        var open = [value]
        while let next = open.popLast() {
            switch next {
            case .array(let items): open += items
            case .object(let object):
                if let reference = object["$ref"]?.stringValue, reference.hasPrefix(prefix) {
                    let key = String(reference.dropFirst(prefix.count).split(separator: "/").first ?? "")
                    if found[key] == nil, let component = components[key] {
                        found[key] = true
                        open.append(component)
                    }
                }
                open += object.members.map(\.value)
            default: break
            }
        }
        var result = JSONObject()
        for (key, value) in components.members where found[key] != nil { result[key] = value }
        return result
    }
}
