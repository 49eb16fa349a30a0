import JSONText
import Patterns

/// Why a model cannot be used as a contract, with the place in its document.
package struct ModelError: Error, Sendable, CustomStringConvertible {
    /// `#/properties/age/minimum`, in the form of a JSON Pointer.
    package let place: String
    package let reason: String

    package init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    package var description: String { "\(place): \(reason)" }
}

/// Compiles a JSON Schema (draft 7 or 2020-12, or that of OpenAPI 3.0 and 3.1) into rules.
///
/// Refuses keywords that would make a contract stricter but are not checked here, so that users do not rely on them.
struct ModelCompiler {
    private let document: JSONValue
    private var known: [ExactString: ModelRule] = [:]

    static func compile(_ document: JSONValue) throws(ModelError) -> ModelRule {
        var compiler = ModelCompiler(document: document)
        return try compiler.rule(document, at: "#")
    }

    private init(document: JSONValue) { self.document = document }

    private static let refused = [
        "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef",
    ]

    private mutating func rule(_ value: JSONValue, at place: String) throws(ModelError) -> ModelRule {
        let rule = ModelRule()
        switch value {
        case .bool(let allows):
            rule.isNever = !allows
            return rule
        case .object(let schema):
            for key in ModelCompiler.refused where schema[key] != nil && schema[key] != true {
                throw ModelError(place: "\(place)/\(key)", reason: "\(key) is not supported")
            }
            rule.name = schema["title"]?.stringValue
            try fill(rule, schema, place)
            if schema["nullable"] == true {
                let nullable = ModelRule()
                nullable.unlessNull = rule
                return nullable
            }
            return rule
        default: throw ModelError(place: place, reason: "expected a schema: an object, true or false")
        }
    }

    private mutating func fill(_ rule: ModelRule, _ schema: JSONObject, _ place: String) throws(ModelError) {
        if let reference = schema["$ref"] {
            guard let text = reference.stringValue else {
                throw ModelError(place: "\(place)/$ref", reason: "expected a text")
            }
            rule.all.append(try referenced(text, place))
        }
        if let type = schema["type"] { rule.types = try types(type, "\(place)/type") }
        if let values = schema["enum"] {
            guard let items = values.arrayValue else {
                throw ModelError(place: "\(place)/enum", reason: "expected a list")
            }
            rule.values = ModelCompiler.values(items)
        }
        if let value = schema["const"] {
            let constant = ModelRule()
            constant.values = ModelCompiler.values([value])
            if rule.values == nil { rule.values = constant.values } else { rule.all.append(constant) }
        }
        rule.numbers = try numbers(schema, place)
        rule.strings = try strings(schema, place)
        rule.lists = try lists(schema, place)
        rule.objects = try objects(schema, place)
        try combine(rule, schema, place)
    }

    // MARK: References

    private mutating func referenced(_ reference: String, _ place: String) throws(ModelError) -> ModelRule {
        if let rule = known[ExactString(reference)] { return rule }
        guard let target = ModelCompiler.resolve(reference, in: document) else {
            throw ModelError(
                place: "\(place)/$ref",
                reason: reference.hasPrefix("#")
                    ? "there is no \(reference)" : "\(reference) is in another document; put both into one")
        }
        // Registered before it is complete, because it may refer to itself.
        let rule = ModelRule()
        known[ExactString(reference)] = rule
        rule.name = reference.split(separator: "/").last.map(String.init)
        rule.all = [try self.rule(target, at: reference)]
        return rule
    }

    /// The value at a JSON Pointer such as `#/$defs/User`.
    static func resolve(_ reference: String, in document: JSONValue) -> JSONValue? {
        if reference == "#" { return document }
        guard reference.hasPrefix("#/") else { return nil }
        var value = document
        for part in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
            let key = String(part.replacing("~1", with: "/").replacing("~0", with: "~"))
            if let list = value.arrayValue {
                guard let index = Int(key), list.indices.contains(index) else { return nil }
                value = list[index]
            } else {
                guard let next = value.objectValue?[key] else { return nil }
                value = next
            }
        }
        return value
    }

    // MARK: Parts

    private func types(_ value: JSONValue, _ place: String) throws(ModelError) -> ModelRule.Types {
        let names = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !names.isEmpty else { throw ModelError(place: place, reason: "expected the name of a type, or a list") }
        var types: ModelRule.Types = []
        for name in names {
            guard let type = ModelRule.Types(name) else {
                throw ModelError(place: place, reason: "there is no type '\(name)'")
            }
            types.insert(type)
        }
        return types
    }

    private static func values(_ items: [JSONValue]) -> ModelRule.Values {
        var strings: Set<[UInt8]> = []
        var others: Set<[UInt8]> = []
        for item in items {
            if case .string(let text) = item {
                strings.insert(Array(text.utf8))
            } else {
                others.insert(CanonicalValue.bytes(of: item))
            }
        }
        let shown = items.prefix(20).map { $0.serialized() }.joined(separator: ", ") + (items.count > 20 ? ", …" : "")
        return ModelRule.Values(
            strings: strings, others: others, shown: items.count == 1 ? shown : "one of \(shown)")
    }

    private func limit(_ schema: JSONObject, _ key: String, _ place: String) throws(ModelError) -> ModelRule
        .NumberLimit?
    {
        guard let value = schema[key], !value.isNull else { return nil }
        guard case .number(let digits) = value else {
            throw ModelError(place: "\(place)/\(key)", reason: "expected a number")
        }
        let number = ExactNumber(digits.utf8)
        return ModelRule.NumberLimit(
            text: digits, number: number, double: number.digits.count <= 15 ? Double(digits) : nil)
    }

    private func numbers(_ schema: JSONObject, _ place: String) throws(ModelError) -> ModelRule.Numbers? {
        var numbers = ModelRule.Numbers()
        numbers.multipleOf = try limit(schema, "multipleOf", place)
        if let divisor = numbers.multipleOf?.number, divisor.isZero || divisor.isNegative {
            throw ModelError(place: "\(place)/multipleOf", reason: "expected a number above zero")
        }
        numbers.minimum = try limit(schema, "minimum", place)
        numbers.maximum = try limit(schema, "maximum", place)
        // In OpenAPI 3.0, true or false describes the limit beside it.
        if case .bool(let isExclusive)? = schema["exclusiveMinimum"] {
            if isExclusive { (numbers.exclusiveMinimum, numbers.minimum) = (numbers.minimum, nil) }
        } else {
            numbers.exclusiveMinimum = try limit(schema, "exclusiveMinimum", place)
        }
        if case .bool(let isExclusive)? = schema["exclusiveMaximum"] {
            if isExclusive { (numbers.exclusiveMaximum, numbers.maximum) = (numbers.maximum, nil) }
        } else {
            numbers.exclusiveMaximum = try limit(schema, "exclusiveMaximum", place)
        }
        let isEmpty =
            numbers.multipleOf == nil && numbers.minimum == nil && numbers.maximum == nil
            && numbers.exclusiveMinimum == nil && numbers.exclusiveMaximum == nil
        return isEmpty ? nil : numbers
    }

    private func count(_ schema: JSONObject, _ key: String, _ place: String) throws(ModelError) -> Int? {
        guard let value = schema[key], !value.isNull else { return nil }
        // `3.0` is an integer in JSON Schema.
        guard case .number(let digits) = value, let number = Double(digits), number >= 0, number == number.rounded(),
            number < 1e15
        else { throw ModelError(place: "\(place)/\(key)", reason: "expected a number, zero or more") }
        return Int(number)
    }

    private func pattern(_ text: String, _ place: String) throws(ModelError) -> Pattern {
        do throws(Pattern.Malformed) { return try Pattern(text) } catch {
            throw ModelError(
                place: place, reason: "\(text) is not a supported regular expression: \(error.description)")
        }
    }

    private func strings(_ schema: JSONObject, _ place: String) throws(ModelError) -> ModelRule.Strings? {
        var strings = ModelRule.Strings()
        strings.minimumLength = try count(schema, "minLength", place) ?? 0
        strings.maximumLength = try count(schema, "maxLength", place) ?? .max
        if let text = schema["pattern"]?.stringValue { strings.pattern = try pattern(text, "\(place)/pattern") }
        strings.format = schema["format"]?.stringValue.flatMap(TextFormat.init(rawValue:))
        let isEmpty =
            strings.minimumLength == 0 && strings.maximumLength == .max && strings.pattern == nil
            && strings.format == nil
        return isEmpty ? nil : strings
    }

    private mutating func rules(_ value: JSONValue, _ place: String) throws(ModelError) -> [ModelRule] {
        guard let items = value.arrayValue else { throw ModelError(place: place, reason: "expected a list of schemas") }
        var rules: [ModelRule] = []
        for (index, item) in items.enumerated() { rules.append(try rule(item, at: "\(place)/\(index)")) }
        return rules
    }

    private mutating func lists(_ schema: JSONObject, _ place: String) throws(ModelError) -> ModelRule.Lists? {
        let keys = ["minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains"]
        guard keys.contains(where: { schema[$0] != nil }) else { return nil }
        var lists = ModelRule.Lists()
        lists.minimumCount = try count(schema, "minItems", place) ?? 0
        lists.maximumCount = try count(schema, "maxItems", place) ?? .max
        lists.isUnique = schema["uniqueItems"] == true
        if let first = schema["prefixItems"] { lists.first = try rules(first, "\(place)/prefixItems") }
        if case .array? = schema["items"] {
            // Draft 7's tuples.
            lists.first = try rules(schema["items"] ?? .null, "\(place)/items")
            if let rest = schema["additionalItems"] { lists.items = try rule(rest, at: "\(place)/additionalItems") }
        } else if let items = schema["items"] {
            lists.items = try rule(items, at: "\(place)/items")
        }
        if let contains = schema["contains"] {
            lists.contains = try rule(contains, at: "\(place)/contains")
            lists.minimumContained = try count(schema, "minContains", place) ?? 1
            lists.maximumContained = try count(schema, "maxContains", place) ?? .max
        }
        return lists
    }

    private func names(_ value: JSONValue, _ place: String) throws(ModelError) -> [(name: String, key: [UInt8])] {
        let names = value.arrayValue?.compactMap(\.stringValue) ?? []
        guard let items = value.arrayValue, items.count == names.count else {
            throw ModelError(place: place, reason: "expected a list of names")
        }
        return names.map { ($0, Array($0.utf8)) }
    }

    private mutating func objects(_ schema: JSONObject, _ place: String) throws(ModelError) -> ModelRule.Objects? {
        let keys = [
            "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
            "maxProperties", "dependentRequired", "dependentSchemas", "dependencies",
        ]
        guard keys.contains(where: { schema[$0] != nil }) else { return nil }
        var objects = ModelRule.Objects()
        objects.minimumCount = try count(schema, "minProperties", place) ?? 0
        objects.maximumCount = try count(schema, "maxProperties", place) ?? .max
        for (name, value) in schema["properties"]?.objectValue?.members ?? [] {
            objects.properties.append(
                ModelRule.Property(
                    name: name, key: Array(name.utf8), rule: try rule(value, at: "\(place)/properties/\(name)")))
        }
        // Draft 4 had a flag in each property, which some tools still write.
        if let required = schema["required"], required.boolValue == nil {
            objects.required = try names(required, "\(place)/required")
        }
        for (text, value) in schema["patternProperties"]?.objectValue?.members ?? [] {
            let inner = "\(place)/patternProperties/\(text)"
            objects.patterns.append((try pattern(text, inner), try rule(value, at: inner)))
        }
        if let others = schema["additionalProperties"], others != true {
            objects.others = try rule(others, at: "\(place)/additionalProperties")
        }
        if let names = schema["propertyNames"] { objects.names = try rule(names, at: "\(place)/propertyNames") }
        for key in ["dependentRequired", "dependencies"] {
            for (name, value) in schema[key]?.objectValue?.members ?? [] {
                let inner = "\(place)/\(key)/\(name)"
                if case .array = value {
                    objects.dependencies.append((Array(name.utf8), name, try names(value, inner)))
                } else {
                    objects.dependentRules.append((Array(name.utf8), try rule(value, at: inner)))
                }
            }
        }
        for (name, value) in schema["dependentSchemas"]?.objectValue?.members ?? [] {
            objects.dependentRules.append(
                (Array(name.utf8), try rule(value, at: "\(place)/dependentSchemas/\(name)")))
        }
        return objects
    }

    private mutating func combine(_ rule: ModelRule, _ schema: JSONObject, _ place: String) throws(ModelError) {
        if let all = schema["allOf"] { rule.all += try rules(all, "\(place)/allOf") }
        for key in ["anyOf", "oneOf"] {
            guard let value = schema[key] else { continue }
            let alternatives = try rules(value, "\(place)/\(key)")
            rule.discriminator = ModelCompiler.discriminator(schema["discriminator"], value, alternatives)
            let isNull = alternatives.map { $0.isOnlyNull }
            if alternatives.count == 2, isNull.contains(true), let other = isNull.firstIndex(of: false),
                key == "anyOf" || !alternatives[other].acceptsNull
            {
                // Selected directly, so that the findings about the value can be reported.
                let nullable = ModelRule()
                nullable.unlessNull = alternatives[other]
                rule.all.append(nullable)
            } else if key == "anyOf" {
                rule.anyOf.append(alternatives)
            } else {
                rule.oneOf.append(alternatives)
            }
        }
        if let not = schema["not"] { rule.not = try self.rule(not, at: "\(place)/not") }
        if let test = schema["if"] {
            let then = try schema["then"].map { (value) throws(ModelError) in try self.rule(value, at: "\(place)/then")
            }
            let otherwise = try schema["else"].map { (value) throws(ModelError) in
                try self.rule(value, at: "\(place)/else")
            }
            rule.condition = (try self.rule(test, at: "\(place)/if"), then, otherwise)
        }
    }
}

extension ModelCompiler {
    /// OpenAPI's `discriminator`, which Pydantic writes too: a mapping of values to schemas or their names.
    fileprivate static func discriminator(
        _ value: JSONValue?, _ alternatives: JSONValue, _ rules: [ModelRule]
    ) -> ModelRule.Discriminator? {
        guard let name = value?["propertyName"]?.stringValue else { return nil }
        var references: [String: ModelRule] = [:]
        for (item, rule) in zip(alternatives.arrayValue ?? [], rules) {
            if let reference = item["$ref"]?.stringValue { references[reference] = rule }
        }
        var known: [[UInt8]: ModelRule] = [:]
        for (reference, rule) in references {
            if let name = reference.split(separator: "/").last { known[Array(name.utf8)] = rule }
        }
        if let mapping = value?["mapping"]?.objectValue {
            known = [:]
            for (tag, target) in mapping.members {
                let target = target.stringValue ?? ""
                if let rule = references[target] ?? references["#/components/schemas/\(target)"] {
                    known[Array(tag.utf8)] = rule
                }
            }
        }
        return known.isEmpty ? nil : ModelRule.Discriminator(name: name, alternatives: known)
    }
}

extension ModelRule {
    fileprivate var isOnlyNull: Bool {
        types == .null && values == nil && all.isEmpty && anyOf.isEmpty && oneOf.isEmpty && not == nil
    }

    /// Whether the rule accepts null; true if that is uncertain, since the general check is used then.
    fileprivate var acceptsNull: Bool {
        guard all.isEmpty, anyOf.isEmpty, oneOf.isEmpty, not == nil, condition == nil else { return true }
        return unlessNull != nil || types?.contains(.null) ?? true
    }
}
