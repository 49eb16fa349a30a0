import JSONText

/// The JSON Schema of configurations, made from the description that also checks them.
enum ConfigurationSchema {
    static var document: JSONValue {
        var writer = Writer()
        let root = writer.schema(of: .object(ConfigurationShapes.document))
        var whole: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "dlt-extract rest: configuration of a REST API",
        ]
        whole.merge(root.objectValue ?? [:])
        whole["$defs"] = .object(writer.definitions)
        return .object(whole)
    }

    /// A shape with a name is written once, and referred to.
    private struct Writer {
        var definitions = JSONObject()

        mutating func schema(of shape: Shape) -> JSONValue {
            switch shape {
            case .anything: return [:]
            case .text: return ["type": "string"]
            case .integer: return anyOf([["type": "integer"], variable])
            case .number: return anyOf([["type": "number"], variable])
            case .flag: return anyOf([["type": "boolean"], variable])
            case .scalar: return ["type": ["string", "number", "boolean"]]
            case .null: return ["type": "null"]
            case .choice(let words): return anyOf([["enum": .strings(words)], variable])
            case .list(let element): return ["type": "array", "items": schema(of: element)]
            case .map(let element): return ["type": "object", "additionalProperties": schema(of: element)]
            case .object(let object): return reference(object.name) { $0.schema(of: object, tag: nil) }
            case .either(let shapes):
                var schemas: [JSONValue] = []
                for shape in shapes { schemas.append(schema(of: shape)) }
                return anyOf(schemas)
            case .tagged(let tagged):
                return reference(tagged.name) { writer in
                    var cases: [JSONValue] = []
                    for (tag, shape) in tagged.cases {
                        let aliases = tagged.aliases.filter { $0.value == tag }.map(\.key).sorted()
                        cases.append(
                            writer.schema(of: shape, tag: (tagged.key, [tag] + aliases, tag == tagged.usual)))
                    }
                    return anyOf(cases)
                }
            }
        }

        private mutating func reference(_ name: String, _ make: (inout Writer) -> JSONValue) -> JSONValue {
            // Nothing refers to the whole.
            if name == ConfigurationShapes.document.name { return make(&self) }
            let key = name.split { !$0.isLetter && !$0.isNumber }.drop { $0 == "a" || $0 == "an" }.joined(
                separator: "-")
            if definitions[key] == nil {
                definitions[key] = [:]
                definitions[key] = make(&self)
            }
            return ["$ref": .string("#/$defs/\(key)")]
        }

        mutating func schema(
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

    /// The value of a variable may be anything.
    private static let variable: JSONValue = ["type": "string", "pattern": #"^\$\{.*\}$"#]

    private static func anyOf(_ schemas: [JSONValue]) -> JSONValue { ["anyOf": .array(schemas)] }
}
