package import JSONText
package import Schemas

/// A column in readable form.
extension Column {
    /// `decimal(38, 9)`, `text(64)`, `timestamp`.
    package var typeText: String {
        guard let type = dataType else { return "(no data yet)" }
        var text = type.rawValue
        if let precision { text += scale.map { "(\(precision), \($0))" } ?? "(\(precision))" }
        if !hasTimezone { text += " without time zone" }
        return text
    }

    /// Everything but name, type and description.
    package var hintTexts: [String] {
        var texts = isNullable ? [] : ["not null"]
        for (key, value) in hints.members where !Column.shownElsewhere.contains(key) {
            switch value {
            case .null, .bool(false): continue
            case .bool(true): texts.append(key.hasPrefix("x-") ? key : key.replacing("_", with: " "))
            case .object, .array: texts.append(Column.summary(key, value))
            default: texts.append("\(key)=\(value.stringValue ?? value.serialized())")
            }
        }
        return texts
    }

    /// For a hint that is larger than a value: its name, if it has one, or that it exists.
    package static func summary(_ key: String, _ value: JSONValue) -> String {
        if key == "x-json-schema" { return value["title"]?.stringValue.map { "model: \($0)" } ?? "model" }
        let text = value.serialized()
        return text.utf8.count > 60 ? "\(key)=…" : "\(key)=\(text)"
    }

    private static let shownElsewhere: Set<String> = [
        "name", "data_type", "nullable", "precision", "scale", "timezone", "description", "x-normalizer",
    ]

    package var describedText: String? { hints["description"]?.stringValue }
}

extension Table {
    /// The description of a table in a heading.
    package var propertyTexts: [String] {
        var texts: [String] = []
        if let disposition = properties["write_disposition"]?.stringValue {
            texts.append(mergeStrategy.map { "\(disposition) by \($0)" } ?? disposition)
        }
        if let resource, resource != name { texts.append("of \(resource)") }
        for (key, value) in properties.members where !Table.shownElsewhere.contains(key) && !value.isNull {
            texts.append(value.stringValue.map { "\(key)=\($0)" } ?? Column.summary(key, value))
        }
        if hasSeenData { texts.append("has data") }
        return texts
    }

    private static let shownElsewhere: Set<String> = [
        "name", "parent", "write_disposition", "resource", "description", "x-merge-strategy", "x-normalizer",
        "references",
    ]

    package var describedText: String? { properties["description"]?.stringValue }
}
