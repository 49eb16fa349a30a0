/// What a schema says about values, with its references followed, `allOf` merged, `oneOf` and `anyOf` united.
package struct Shape: Sendable {
    /// Of JSON Schema, without null.
    package var types: Set<String> = []
    package var format: String?
    package var properties: [Property] = []
    /// The schema of the elements of an array.
    package var items: Origin?
    package var isNullable = false
    package var isWriteOnly = false
    package var description: String?
    package var example: DescriptionValue?
    package var usual: DescriptionValue?
    package var choices: [DescriptionValue] = []
    package var minimum: Int?
    package var maximum: Int?
    package var maximumLength: Int?
    /// The name under which the description keeps the schema.
    package var name: String?
    fileprivate var required: Set<String> = []

    package struct Property: Sendable {
        package let name: String
        package fileprivate(set) var origin: Origin
        package fileprivate(set) var isRequired = false
    }

    /// Where a shape comes from.
    package enum Origin: Sendable {
        case schema(DescriptionValue)
        /// Parts of `allOf` may each say something of the same property.
        case schemas([DescriptionValue])
        /// A value of an example, if there is no schema.
        case example(DescriptionValue)
    }

    package init() {}

    package var isArray: Bool { types.contains("array") || (types.isEmpty && items != nil) }
    package var isObject: Bool { types.contains("object") || (types.isEmpty && !properties.isEmpty) }
    package var isScalar: Bool {
        !types.isEmpty && types.isSubset(of: ["string", "integer", "number", "boolean"])
    }

    package subscript(name: String) -> Origin? { properties.first { $0.name == name }?.origin }
}

extension Description {
    private static let maximumDepth = 12
    private static let maximumProperties = 3000
    private static let maximumShapes = 50_000

    package func shape(_ origin: Shape.Origin) -> Shape {
        switch origin {
        case .example(let value): return exampleShape(value)
        case .schema(let value): return shape(of: [value])
        case .schemas(let values): return shape(of: values)
        }
    }

    private func shape(of values: [DescriptionValue]) -> Shape {
        let key = values.map(\.index)
        if let known = shapes[key] { return known }
        var shape = Shape()
        var visited: [Int] = []
        var left = 2000
        for value in values {
            merge(value, into: &shape, &visited, &left)
            if let name = value["$ref"]?.string?.split(separator: "/").last { shape.name = String(name) }
        }
        for index in shape.properties.indices {
            shape.properties[index].isRequired = shape.required.contains(shape.properties[index].name)
        }
        if shapes.count >= Self.maximumShapes { shapes = [:] }
        shapes[key] = shape
        return shape
    }

    private func merge(_ value: DescriptionValue, into shape: inout Shape, _ visited: inout [Int], _ left: inout Int) {
        guard left > 0, visited.count < Self.maximumDepth,
            let schema = try? resolved(value) as DescriptionValue, schema.isObject, !visited.contains(schema.index)
        else { return }
        left -= 1
        visited.append(schema.index)
        defer { visited.removeLast() }
        let isFirst = visited.count == 1
        addTypes(of: schema, to: &shape)
        if shape.format == nil { shape.format = schema["format"]?.string }
        if schema["nullable"]?.bool == true || schema["x-nullable"]?.bool == true { shape.isNullable = true }
        if schema["writeOnly"]?.bool == true { shape.isWriteOnly = true }
        if shape.description == nil { shape.description = value["description"]?.text ?? schema["description"]?.text }
        if shape.example == nil { shape.example = schema["example"] ?? schema["examples"]?.firstItem }
        if shape.usual == nil { shape.usual = schema["default"] }
        if shape.choices.isEmpty { shape.choices = schema["enum"]?.items ?? schema["const"].map { [$0] } ?? [] }
        if isFirst || shape.minimum == nil { shape.minimum = schema["minimum"]?.int ?? shape.minimum }
        if isFirst || shape.maximum == nil { shape.maximum = schema["maximum"]?.int ?? shape.maximum }
        if shape.maximumLength == nil { shape.maximumLength = schema["maxLength"]?.int }
        for name in schema["required"]?.items ?? [] {
            if let name = name.string, shape.required.count < Self.maximumProperties { shape.required.insert(name) }
        }
        if let items = schema["items"] {
            let item = items.isArray ? items.firstItem ?? items : items
            shape.items = shape.items.map { $0.joined(with: item) } ?? .schema(item)
        }
        if let properties = schema["properties"], properties.isObject {
            let known = Dictionary(zip(shape.properties.map(\.name), shape.properties.indices)) { first, _ in first }
            for (name, value) in properties.members {
                if let place = known[name] {
                    shape.properties[place].origin = shape.properties[place].origin.joined(with: value)
                } else if shape.properties.count < Self.maximumProperties {
                    shape.properties.append(.init(name: name, origin: .schema(value)))
                }
            }
        }
        for keyword in ["allOf", "oneOf", "anyOf"] {
            for part in schema[keyword]?.items ?? [] { merge(part, into: &shape, &visited, &left) }
        }
    }

    private func addTypes(of schema: DescriptionValue, to shape: inout Shape) {
        guard let type = schema["type"] else {
            if schema["properties"]?.isObject == true { shape.types.insert("object") }
            if schema["items"] != nil { shape.types.insert("array") }
            return
        }
        for type in type.isArray ? type.items : [type] {
            guard let name = type.string else { continue }
            if name == "null" { shape.isNullable = true } else { shape.types.insert(name) }
        }
    }

    private func exampleShape(_ value: DescriptionValue) -> Shape {
        var shape = Shape()
        shape.example = value
        if value.isArray {
            shape.types = ["array"]
            shape.items = value.firstItem.map { .example($0) }
        } else if value.isObject {
            shape.types = ["object"]
            shape.properties = value.members.prefix(Self.maximumProperties).map {
                .init(name: $0.key, origin: .example($0.value))
            }
        } else if value.string != nil {
            shape.types = ["string"]
        } else if value.bool != nil {
            shape.types = ["boolean"]
        } else if let number = value.text {
            shape.types = [number.contains(".") ? "number" : "integer"]
        } else {
            shape.isNullable = true
        }
        return shape
    }
}

extension Shape.Origin {
    /// More parts than this say nothing new.
    private static let maximumParts = 8

    fileprivate func joined(with value: DescriptionValue) -> Shape.Origin {
        switch self {
        case .example: return self
        case .schema(let own): return own.index == value.index ? self : .schemas([own, value])
        case .schemas(let parts):
            guard parts.count < Self.maximumParts, !parts.contains(where: { $0.index == value.index }) else {
                return self
            }
            return .schemas(parts + [value])
        }
    }
}
