import JSONText

/// The JSON Schema of configurations, made from the description that also checks them.
enum ConfigurationSchema {
    static var document: JSONValue {
        var schema = self.schema(of: .object(ConfigurationShapes.document)).objectValue ?? [:]
        var whole: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "dlt-extract rest: configuration of a REST API",
        ]
        whole.merge(schema)
        schema = whole
        return .object(schema)
    }

    private static func schema(of shape: Shape) -> JSONValue {
        switch shape {
        case .anything: return [:]
        case .text: return ["type": "string"]
        case .integer: return anyOf([["type": "integer"], variable])
        case .number: return anyOf([["type": "number"], variable])
        case .flag: return anyOf([["type": "boolean"], variable])
        case .scalar: return ["type": .strings(["string", "number", "boolean"])]
        case .null: return ["type": "null"]
        case .choice(let words): return anyOf([["enum": .strings(words)], variable])
        case .list(let element): return ["type": "array", "items": schema(of: element)]
        case .map(let element): return ["type": "object", "additionalProperties": schema(of: element)]
        case .object(let object): return schema(of: object, tag: nil)
        case .either(let shapes): return anyOf(shapes.map(schema(of:)))
        case .tagged(let tagged):
            var cases = tagged.cases.map { tag, shape in
                schema(of: shape, tag: (tagged.key, [tag] + aliases(of: tag, tagged), tag == tagged.usual))
            }
            if cases.count == 1 { return cases.removeFirst() }
            return anyOf(cases)
        }
    }

    private static func aliases(of tag: String, _ tagged: TaggedShape) -> [String] {
        tagged.aliases.filter { $0.value == tag }.map(\.key).sorted()
    }

    /// The value of a variable may be anything.
    private static let variable: JSONValue = ["type": "string", "pattern": #"^\$\{.*\}$"#]

    private static func anyOf(_ schemas: [JSONValue]) -> JSONValue { ["anyOf": .array(schemas)] }

    private static func schema(
        of object: ObjectShape, tag: (key: String, words: [String], isUsual: Bool)?
    ) -> JSONValue {
        var properties = JSONObject()
        var required: [String] = []
        if let tag {
            properties[tag.key] = ["enum": .strings(tag.words)]
            if !tag.isUsual { required.append(tag.key) }
        }
        for field in object.fields {
            var property = schema(of: field.shape).objectValue ?? [:]
            property["description"] = .string(field.help)
            properties[field.key] = .object(property)
            if field.isRequired { required.append(field.key) }
        }
        var schema: JSONObject = [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
        ]
        if !required.isEmpty { schema["required"] = .strings(required) }
        return .object(schema)
    }
}
