import JSONText

/// Reads the tables of an Open Data Contract Standard document (v3): properties become a JSON Schema, quality metrics
/// of the library are kept.
struct ODCSReader {
    private let document: JSONObject

    init(_ document: JSONObject) { self.document = document }

    func models(table: String?) throws(ModelError) -> [TableModel] {
        if let version = document["apiVersion"]?.stringValue, !version.hasPrefix("v3.") {
            throw ModelError(place: "#/apiVersion", reason: "\(version) is not a version 3 of the standard")
        }
        guard let items = document["schema"]?.arrayValue, !items.isEmpty else {
            throw ModelError(place: "#/schema", reason: "expected a list of tables")
        }
        var models: [TableModel] = []
        for (index, item) in items.enumerated() {
            let place = "#/schema/\(index)"
            guard case .object(let object) = item else { throw ModelError(place: place, reason: "expected an object") }
            guard let name = object["physicalName"]?.stringValue ?? object["name"]?.stringValue else {
                throw ModelError(place: "\(place)/name", reason: "expected a name")
            }
            guard table == nil || items.count == 1 || table == name || table == object["name"]?.stringValue else {
                continue
            }
            models.append(try model(items.count == 1 ? table ?? name : name, object, place))
        }
        if models.isEmpty { throw ModelError(place: "#/schema", reason: "there is no table '\(table ?? "")'") }
        return models
    }

    private func model(_ name: String, _ object: JSONObject, _ place: String) throws(ModelError) -> TableModel {
        var quality: [JSONValue] = []
        var schema = try self.object(object, at: place, path: [], &quality)
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        var keys: [(position: Int, name: String)] = []
        for (index, property) in (object["properties"]?.arrayValue ?? []).enumerated() {
            guard property["primaryKey"] == true, let name = property["name"]?.stringValue else { continue }
            keys.append((property["primaryKeyPosition"]?.intValue ?? index + 1, name))
        }
        for item in object["quality"]?.arrayValue ?? [] { try add(item, to: &quality, path: nil, place) }
        var properties = JSONObject()
        var contract = JSONObject()
        for key in ["id", "name", "version", "status", "apiVersion", "domain", "tenant", "dataProduct"] {
            contract[key] = document[key]
        }
        if let logical = object["name"] { contract["table"] = logical }
        properties[TableModel.Hint.contract] = .object(contract)
        return TableModel(
            name: name, schema: schema, primaryKey: keys.sorted { $0.position < $1.position }.map(\.name),
            quality: quality, properties: properties)
    }

    // MARK: Properties

    private func object(
        _ object: JSONObject, at place: String, path: [String], _ quality: inout [JSONValue]
    ) throws(ModelError) -> JSONObject {
        var schema: JSONObject = ["type": "object"]
        if let text = object["description"]?.stringValue { schema["description"] = .string(text) }
        var properties = JSONObject()
        var required: [String] = []
        for (index, value) in (object["properties"]?.arrayValue ?? []).enumerated() {
            let place = "\(place)/properties/\(index)"
            guard case .object(let property) = value, let name = property["name"]?.stringValue else {
                throw ModelError(place: place, reason: "expected a property with a name")
            }
            let isRequired = property["required"] == true || property["primaryKey"] == true
            if isRequired { required.append(name) }
            let inner = try self.property(property, place, path + [name], &quality)
            properties[name] = .object(isRequired ? inner : ODCSReader.nullable(inner))
        }
        schema["properties"] = .object(properties)
        if !required.isEmpty { schema["required"] = .strings(required) }
        return schema
    }

    /// In the standard, a property that is not required may be null as well as missing.
    private static func nullable(_ schema: JSONObject) -> JSONObject {
        var schema = schema
        if let type = schema["type"]?.stringValue { schema["type"] = .strings([type, "null"]) }
        if case .array(var values)? = schema["enum"] {
            values.append(.null)
            schema["enum"] = .array(values)
        }
        return schema
    }

    private static let types = [
        "string": "string", "integer": "integer", "number": "number", "boolean": "boolean", "object": "object",
        "array": "array", "date": "string", "timestamp": "string", "time": "string",
    ]

    private func property(
        _ property: JSONObject, _ place: String, _ path: [String], _ quality: inout [JSONValue]
    ) throws(ModelError) -> JSONObject {
        var schema = JSONObject()
        let type = property["logicalType"]?.stringValue
        if let type {
            guard let word = ODCSReader.types[type] else {
                throw ModelError(place: "\(place)/logicalType", reason: "there is no logical type '\(type)'")
            }
            schema["type"] = .string(word)
        }
        switch type {
        case "date": schema["format"] = "date"
        case "timestamp": schema["format"] = "date-time"
        case "time": schema["format"] = "time"
        case "object" where property["properties"] != nil:
            schema = try object(property, at: place, path: path, &quality)
        case "array":
            if case .object(let items)? = property["items"] {
                var ignored: [JSONValue] = []
                schema["items"] = .object(try self.property(items, "\(place)/items", path, &ignored))
            }
        default: break
        }
        if let text = property["description"]?.stringValue { schema["description"] = .string(text) }
        let options = property["logicalTypeOptions"]?.objectValue ?? [:]
        let kept = [
            "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
            "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required",
        ]
        // Limits of dates are texts, with a format for printing; JSON Schema has neither.
        for key in kept where options[key] != nil && !(ODCSReader.isTemporal(type) && key.hasSuffix("imum")) {
            schema[key] = options[key]
        }
        if type == "string", let format = options["format"] { schema["format"] = format }
        for item in property["quality"]?.arrayValue ?? [] { try add(item, to: &quality, path: path, place) }
        if property["unique"] == true, property["primaryKey"] != true {
            quality.append(["metric": "duplicateValues", "mustBe": 0, "path": .strings(path)])
        }
        return schema
    }

    private static func isTemporal(_ type: String?) -> Bool { ["date", "timestamp", "time"].contains(type) }

    // MARK: Quality

    /// Adopts the metrics that can be checked here; SQL, texts and the rules of other engines are ignored.
    private func add(
        _ item: JSONValue, to quality: inout [JSONValue], path: [String]?, _ place: String
    ) throws(ModelError) {
        guard case .object(var rule) = item else {
            throw ModelError(place: "\(place)/quality", reason: "expected an object")
        }
        guard rule["type"] == nil || rule["type"] == "library" else { return }
        // Version 3.0 called it a rule.
        guard let metric = rule["metric"] ?? rule["rule"] else { return }
        rule["rule"] = nil
        rule["type"] = nil
        rule["metric"] = metric
        if let path { rule["path"] = .strings(path) }
        _ = try QualityRule(.object(rule), at: "\(place)/quality")
        quality.append(.object(rule))
    }
}
