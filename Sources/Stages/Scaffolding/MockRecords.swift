import JSONText
import OpenAPI

/// Makes values from schemas and examples, always the same.
struct MockRecords {
    let description: Description

    private static let maximumDepth = 4
    private static let maximumProperties = 60

    /// Values in one record: members may be like the record itself, which each level multiplies.
    private static let maximumValues = 20_000

    /// A value that the schema allows.
    func value(_ origin: Shape.Origin) -> JSONValue {
        var left = Self.maximumValues
        return value(origin, depth: 0, &left)
    }

    private func value(_ origin: Shape.Origin, depth: Int, _ left: inout Int) -> JSONValue {
        left -= 1
        let shape = description.shape(origin)
        if let example = shape.example, fits(example, shape) { return example.json(depth: 4) }
        if shape.isArray {
            guard depth < Self.maximumDepth, let items = shape.items else { return [] }
            return [value(items, depth: depth + 1, &left)]
        }
        if shape.isObject {
            guard depth < Self.maximumDepth else { return .object([:]) }
            var object = JSONObject()
            for property in shape.properties.prefix(Self.maximumProperties) where left > 0 {
                let inner = description.shape(property.origin)
                if inner.isWriteOnly { continue }
                object[property.name] = value(property.origin, depth: depth + 1, &left)
            }
            return .object(object)
        }
        return scalar(shape)
    }

    private func fits(_ example: DescriptionValue, _ shape: Shape) -> Bool {
        if example.isObject { return shape.isObject || shape.types.isEmpty }
        if example.isArray { return shape.isArray || shape.types.isEmpty }
        if shape.types.isEmpty { return true }
        if example.string != nil { return shape.types.contains("string") }
        if example.bool != nil { return shape.types.contains("boolean") }
        return example.int != nil
            ? !shape.types.isDisjoint(with: ["integer", "number"]) : shape.types.contains("number")
    }

    private func scalar(_ shape: Shape) -> JSONValue {
        if let choice = shape.choices.first { return choice.json() }
        if shape.types.contains("string") {
            return switch shape.format {
            case "date-time": "2026-01-02T03:04:05Z"
            case "date": "2026-01-02"
            case "time": "03:04:05"
            case "uuid": "00000000-0000-4000-8000-000000000000"
            case "uri", "url": "https://example.com/"
            case "email": "someone@example.com"
            case "byte", "binary": "AAEC"
            case "decimal": "12.50"
            case "int64": "12"
            default: "text"
            }
        }
        if shape.types.contains("integer") { return .integer(max(shape.minimum ?? 1, 1)) }
        if shape.types.contains("number") { return .number("1.5") }
        if shape.types.contains("boolean") { return true }
        return shape.isNullable ? .null : "text"
    }

    /// A record as a pattern, and the fields in which each record differs.
    func pattern(_ endpoint: Endpoint, needed: Set<String>) -> MockPattern {
        guard let place = endpoint.records?.value, let origin = place.item else {
            return MockPattern(record: .object([:]), fields: [.init(name: "mock_id", form: .number)])
        }
        if place.areScalars {
            let isText = description.shape(origin).types.contains("string")
            return MockPattern(record: .null, fields: [.init(name: "", form: isText ? .text : .number)])
        }
        let shape = description.shape(origin)
        var record = value(origin).objectValue ?? [:]
        var names = Set(endpoint.key?.value ?? []).union(needed).filter { shape[$0] != nil }
        if names.isEmpty {
            // Something must tell two records apart.
            let free = shape.properties.first { property in
                let inner = description.shape(property.origin)
                return inner.choices.isEmpty && inner.format == nil && !inner.isWriteOnly
                    && (inner.types == ["string"] || inner.types == ["integer"])
            }
            if let free { names.insert(free.name) }
        }
        var fields = names.sorted().map { name -> MockPattern.Field in
            let inner = shape[name].map { description.shape($0) }
            let form: MockPattern.Form =
                inner?.format == "uuid" ? .uuid : inner?.types.contains("string") ?? true ? .text : .number
            return .init(name: name, form: form)
        }
        if fields.isEmpty { fields = [.init(name: "mock_id", form: .number)] }
        for field in fields { record[field.name] = .null }
        return MockPattern(record: .object(record), fields: fields)
    }
}

/// What all records of a list have in common, and where each has its number.
struct MockPattern: Sendable {
    enum Form: Sendable { case number, text, uuid }

    struct Field: Sendable {
        /// Empty: the record is the value itself.
        let name: String
        let form: Form
    }

    let record: JSONValue
    let fields: [Field]

    func record(_ number: Int) -> JSONValue {
        guard case .object(var object) = record else {
            return fields.first.map { value($0, number) } ?? .integer(number)
        }
        for field in fields { object[field.name] = value(field, number) }
        return .object(object)
    }

    private func value(_ field: Field, _ number: Int) -> JSONValue {
        switch field.form {
        case .number: return .integer(number)
        case .text: return .string("mock-\(number)")
        case .uuid:
            let digits = String(number)
            return .string("00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.utf8.count) + digits)
        }
    }

    /// The number of the record that a value of it belongs to.
    static func number(in text: String) -> Int? {
        let digits = text.utf8.reversed().prefix { $0 &- 0x30 <= 9 }
        return digits.isEmpty ? nil : Int(String(decoding: digits.prefix(12).reversed(), as: UTF8.self))
    }
}
