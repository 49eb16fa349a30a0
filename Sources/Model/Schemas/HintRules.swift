package import JSONText
package import Patterns

/// A rule about names in a schema: a name, or `re:` and a regular expression to search for.
package enum NameRule {
    case exact(ExactString)
    case regex(Pattern)

    package struct NotAnExpression: Error {}

    package init(_ text: String) throws(NotAnExpression) {
        guard text.hasPrefix("re:") else {
            self = .exact(ExactString(text))
            return
        }
        do throws(Pattern.Malformed) { self = .regex(try Pattern(String(text.dropFirst(3)), .python)) } catch {
            throw NotAnExpression()
        }
    }

    package func matches(_ name: String) -> Bool {
        switch self {
        case .exact(let text): text == ExactString(name)
        case .regex(let regex): regex.isFound(in: name)
        }
    }
}

/// The rules in a schema's settings that give hints and types to columns by their names: `default_hints` and
/// `preferred_types`.
package struct HintRules {
    private var hints: [(hint: String, matcher: NameRule)] = []
    private var types: [(type: DataType, matcher: NameRule)] = []

    package init(settings: JSONObject) throws(SchemaDocumentError) {
        for (hint, rules) in settings["default_hints"]?.objectValue?.members ?? [] {
            for rule in rules.arrayValue ?? [] {
                hints.append((hint, try HintRules.rule(rule, at: "settings.default_hints.\(hint)")))
            }
        }
        for (rule, type) in settings["preferred_types"]?.objectValue?.members ?? [] {
            let place = "settings.preferred_types.\(rule)"
            guard let type = type.stringValue.flatMap(DataType.init(stored:)) else {
                throw SchemaDocumentError(place: place, reason: "\(type.serialized()) is not a data type")
            }
            types.append((type, try HintRules.rule(.string(rule), at: place)))
        }
    }

    /// A rule of the schema: a name, or a `re:` expression.
    package static func rule(_ rule: JSONValue, at place: String) throws(SchemaDocumentError) -> NameRule {
        guard let text = rule.stringValue else {
            throw SchemaDocumentError(place: place, reason: "expected a name or a re: expression")
        }
        do throws(NameRule.NotAnExpression) { return try NameRule(text) } catch {
            throw SchemaDocumentError(place: place, reason: "\(text) is not a regular expression")
        }
    }

    package func preferredType(of column: String) -> DataType? {
        types.first { $0.matcher.matches(column) }?.type
    }

    /// A column found in data, with the hints for its name.
    package func column(named name: String, _ type: DataType, isVariant: Bool) -> Column {
        var column = Column(name: name, type, nullable: true)
        if isVariant { column.hints["variant"] = true }
        for (hint, matcher) in hints where matcher.matches(name) {
            if hint == "not_null" { column.hints["nullable"] = false } else { column.hints[hint] = true }
        }
        return column
    }
}
