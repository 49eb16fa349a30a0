import JSONText
import Schemas

/// What the values that a JSON Schema describes become in tables.
indirect enum ModelShape {
    case column(DataType)
    /// Members that become columns of the same row.
    case object([Member])
    /// Elements that become rows of a child table.
    case list(Typed)
    /// Anything; the first value decides.
    case anything
    /// Only null.
    case nothing

    struct Member {
        let name: String
        let value: Typed
        let isRequired: Bool
    }

    struct Typed {
        var shape: ModelShape
        var isNullable: Bool
        var description: String?
    }
}

/// Reads shapes from a JSON Schema.
struct ModelShapeReader {
    let document: JSONValue
    /// Of alternatives with several types none represents the others, and nested alternatives are left to the data.
    private let isDeclaration: Bool

    init(_ document: JSONValue, isDeclaration: Bool = false) {
        self.document = document
        self.isDeclaration = isDeclaration
    }

    func root() -> ModelShape.Typed { typed(document, []) }

    /// - Parameter open: the enclosing references; a schema that refers to itself is kept as JSON.
    private func typed(_ value: JSONValue, _ open: [String]) -> ModelShape.Typed {
        guard case .object(let schema) = value else { return ModelShape.Typed(shape: .anything, isNullable: true) }
        var typed = shape(of: schema, open)
        if schema["nullable"] == true { typed.isNullable = true }
        if let text = schema["description"]?.stringValue { typed.description = text }
        return typed
    }

    private func shape(of schema: JSONObject, _ open: [String]) -> ModelShape.Typed {
        if let reference = schema["$ref"]?.stringValue {
            guard !open.contains(reference), let target = ModelCompiler.resolve(reference, in: document) else {
                return ModelShape.Typed(shape: unknownContainer, isNullable: false)
            }
            return typed(target, open + [reference])
        }
        for word in ["anyOf", "oneOf"] {
            guard let alternatives = schema[word]?.arrayValue, schema["properties"] == nil else { continue }
            return union(alternatives.map { typed($0, open) })
        }
        if let parts = schema["allOf"]?.arrayValue { return intersection(schema, parts, open) }
        let names = schema["type"]?.stringValue.map { [$0] } ?? schema["type"]?.arrayValue?.compactMap(\.stringValue)
        if let names {
            return union(
                names.map { ModelShape.Typed(shape: shape(ofType: $0, schema, open), isNullable: $0 == "null") })
        }
        if let values = schema["enum"]?.arrayValue ?? schema["const"].map({ [$0] }) {
            return union(values.map(ModelShapeReader.typed(ofValue:)))
        }
        if schema["properties"] != nil {
            return ModelShape.Typed(shape: shape(ofType: "object", schema, open), isNullable: false)
        }
        return ModelShape.Typed(shape: .anything, isNullable: true)
    }

    private static func typed(ofValue value: JSONValue) -> ModelShape.Typed {
        let shape: ModelShape =
            switch value {
            case .null: .nothing
            case .bool: .column(.bool)
            case .number(let digits): .column(digits.contains { ".eE".contains($0) } ? .double : .bigint)
            case .string: .column(.text)
            case .array, .object: .column(.json)
            }
        return ModelShape.Typed(shape: shape, isNullable: value.isNull)
    }

    private func shape(ofType type: String, _ schema: JSONObject, _ open: [String]) -> ModelShape {
        switch type {
        case "null": return .nothing
        case "boolean": return .column(.bool)
        case "integer": return .column(.bigint)
        case "number": return .column(isDecimal(schema) ? .decimal : .double)
        case "string": return .column(textType(schema))
        case "array":
            // The elements of a tuple have different meanings.
            guard schema["prefixItems"] == nil, let items = schema["items"], items.objectValue != nil else {
                return unknownContainer
            }
            let element = typed(items, open)
            if isDeclaration, case .anything = element.shape { return .anything }
            return ModelShapeReader.list(of: element)
        default:
            guard let members = schema["properties"]?.objectValue?.members, !members.isEmpty else {
                return unknownContainer
            }
            let required = Set(schema["required"]?.arrayValue?.compactMap(\.stringValue).map { ExactString($0) } ?? [])
            return .object(
                members.map { name, value in
                    ModelShape.Member(
                        name: name, value: typed(value, open), isRequired: required.contains(ExactString(name)))
                })
        }
    }

    /// A value that is kept as JSON is kept so in a list too: its elements have no columns for rows of their own.
    private static func list(of element: ModelShape.Typed) -> ModelShape {
        switch element.shape {
        case .anything, .nothing, .column(.json): .column(.json)
        default: .list(element)
        }
    }

    /// An object or a list without further description.
    private var unknownContainer: ModelShape { isDeclaration ? .anything : .column(.json) }

    private func isDecimal(_ schema: JSONObject) -> Bool {
        let format = schema["format"]?.stringValue
        if format == "decimal" { return true }
        guard isDeclaration else { return false }
        if format == "singer.decimal" { return true }
        guard case .number(let step)? = schema["multipleOf"] else { return false }
        // A decimal has nine digits after its point, unless hints set another number; a double keeps more.
        let number = ExactNumber(step.utf8)
        return number.digits.count - number.point <= 9
    }

    private func textType(_ schema: JSONObject) -> DataType {
        if !isDeclaration, schema["contentEncoding"]?.stringValue == "base64" { return .binary }
        switch schema["format"]?.stringValue {
        case "date-time": return .timestamp
        case "date": return .date
        case "time": return .time
        case "byte" where !isDeclaration, "base64" where !isDeclaration: return .binary
        case "decimal": return .decimal
        case "singer.decimal" where isDeclaration: return .decimal
        default: return .text
        }
    }

    // MARK: Several at once

    private func intersection(_ schema: JSONObject, _ parts: [JSONValue], _ open: [String]) -> ModelShape.Typed {
        var own = schema
        own["allOf"] = nil
        var all = parts.map { typed($0, open) }
        if own["type"] != nil || own["properties"] != nil { all.append(typed(.object(own), open)) }
        var members: [ModelShape.Member] = []
        var others: [ModelShape.Typed] = []
        for part in all {
            switch part.shape {
            case .object(let more):
                for member in more {
                    if let place = members.firstIndex(where: { ExactString($0.name) == ExactString(member.name) }) {
                        let isRequired = members[place].isRequired || member.isRequired
                        members[place] = ModelShape.Member(
                            name: member.name, value: member.value, isRequired: isRequired)
                    } else {
                        members.append(member)
                    }
                }
            case .anything: break
            default: others.append(part)
            }
        }
        let isNullable = all.allSatisfy(\.isNullable)
        if members.isEmpty { return others.first ?? ModelShape.Typed(shape: .anything, isNullable: isNullable) }
        return ModelShape.Typed(shape: .object(members), isNullable: isNullable)
    }

    private func union(_ alternatives: [ModelShape.Typed]) -> ModelShape.Typed {
        let isNullable = alternatives.contains(where: \.isNullable)
        let shapes = alternatives.filter { if case .nothing = $0.shape { false } else { true } }
        guard var first = shapes.first else { return ModelShape.Typed(shape: .nothing, isNullable: true) }
        for other in shapes.dropFirst() {
            first.shape =
                isDeclaration
                ? ModelShapeReader.common(first.shape, other.shape)
                : ModelShapeReader.joined(first.shape, other.shape)
        }
        first.isNullable = isNullable
        return first
    }

    /// The common type of two alternatives in a declaration: an integer is a number; otherwise only equal types agree.
    private static func common(_ left: ModelShape, _ right: ModelShape) -> ModelShape {
        guard case .column(let a) = left, case .column(let b) = right else { return .anything }
        if a == b { return left }
        return Set([a, b]) == [.bigint, .double] ? .column(.double) : .anything
    }

    private static func joined(_ left: ModelShape, _ right: ModelShape) -> ModelShape {
        switch (left, right) {
        case (.anything, _), (_, .anything): return .anything
        case (.list, .column(.json)), (.column(.json), .list): return .column(.json)
        // An object in a JSON column, or a text in a column of its own.
        case (.column(let a), .column(let b)) where a != b && (a == .json || b == .json): return .anything
        case (.column(let a), .column(let b)): return .column(joined(a, b))
        case (.object(let a), .object(let b)):
            // Alternatives of objects: all members of both, none of them required.
            var members = a.map { ModelShape.Member(name: $0.name, value: $0.value, isRequired: false) }
            for member in b {
                if let place = members.firstIndex(where: { ExactString($0.name) == ExactString(member.name) }) {
                    var value = members[place].value
                    value.shape = joined(value.shape, member.value.shape)
                    value.isNullable = value.isNullable || member.value.isNullable
                    members[place] = ModelShape.Member(name: member.name, value: value, isRequired: false)
                } else {
                    members.append(ModelShape.Member(name: member.name, value: member.value, isRequired: false))
                }
            }
            return .object(members)
        case (.list(var a), .list(let b)):
            a.shape = joined(a.shape, b.shape)
            a.isNullable = a.isNullable || b.isNullable
            return list(of: a)
        default: return .anything
        }
    }

    private static func joined(_ a: DataType, _ b: DataType) -> DataType {
        if a == b { return a }
        let both: Set<DataType> = [a, b]
        if both == [.bigint, .double] { return .double }
        // Pydantic's Decimal: a number, or its digits as a text.
        if both == [.double, .text]
            || both.isSubset(of: [.decimal, .bigint, .double, .text]) && both.contains(.decimal)
        {
            return .decimal
        }
        if both == [.timestamp, .date] { return .timestamp }
        return .text
    }
}
