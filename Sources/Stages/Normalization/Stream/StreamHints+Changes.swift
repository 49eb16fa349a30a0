import DataContracts
import Identifiers
import JSONText
import RecordChanges

/// Hints for members follow their changes: a column that is left out is not created, and a hash is a text.
extension StreamHints {
    func changed(by rules: ChangeRules, _ naming: Naming) -> StreamHints {
        if rules.isEmpty { return self }
        var hints = self
        // By their old names first.
        for rule in rules.rules where !rule.isRename { hints.change(by: rule, naming) }
        for rule in rules.rules where rule.isRename { hints.change(by: rule, naming) }
        hints.declaredTypes = declaredTypes?.changed { StreamHints.changed(schema: $0, by: rules.rules, 0) }
        return hints
    }

    private mutating func change(by rule: ChangeRules.Rule, _ naming: Naming) {
        let column = naming.shortenFragments(rule.path.map { naming.normalizePath($0) })
        func isMeant(_ name: String) -> Bool { ExactString(naming.normalizePath(name)) == ExactString(column) }
        columns = columns.map { StreamHints.changed($0, where: isMeant, rule.change) { $0.withoutType } }
        cellTypes = cellTypes.map { StreamHints.changed($0, where: isMeant, rule.change) { _ in "text" } }
        guard case .rename(let name) = rule.change else { return }
        let renamed = StreamHints.renamed(rule.path, name)
        primaryKey = primaryKey?.map { isMeant($0) ? renamed : $0 }
        mergeKey = mergeKey?.map { isMeant($0) ? renamed : $0 }
        columns = columns.map { StreamHints.renaming($0, where: isMeant, to: renamed) }
        cellTypes = cellTypes.map { StreamHints.renaming($0, where: isMeant, to: renamed) }
    }

    /// The name of a column by the path of its member.
    private static func renamed(_ path: [String], _ name: String) -> String {
        (path.dropLast() + [name]).joined(separator: "__")
    }

    private static func changed(
        _ object: JSONObject, where isMeant: (String) -> Bool, _ change: ChangeRules.Change,
        replaced: (JSONValue) -> JSONValue
    ) -> JSONObject {
        var result = JSONObject()
        for (name, value) in object.members {
            switch change {
            case .exclude where isMeant(name): continue
            case .hash where isMeant(name), .redact where isMeant(name): result[name] = replaced(value)
            default: result[name] = value
            }
        }
        return result
    }

    private static func renaming(
        _ object: JSONObject, where isMeant: (String) -> Bool, to name: String
    ) -> JSONObject {
        var result = JSONObject()
        for (key, value) in object.members { result[isMeant(key) ? name : key] = value }
        return result
    }

    /// A JSON Schema of records, adapted to the changed records.
    private static func changed(schema: JSONValue, by rules: [ChangeRules.Rule], _ depth: Int) -> JSONValue {
        guard case .object(var object) = schema, !rules.isEmpty else { return schema }
        if let items = object["items"] { object["items"] = changed(schema: items, by: rules, depth) }
        if case .object(let properties)? = object["properties"] {
            var kept = JSONObject()
            for (name, value) in properties.members {
                let below = rules.filter { $0.path.count > depth && ExactString($0.path[depth]) == ExactString(name) }
                let here = below.filter { $0.path.count == depth + 1 }.map(\.change)
                if here.contains(.exclude) { continue }
                var (name, value) = (name, value)
                for change in here {
                    switch change {
                    case .rename(let other): name = other
                    case .hash, .redact: value = ["type": ["null", "string"]]
                    case .exclude: break
                    }
                }
                kept[name] = changed(schema: value, by: below, depth + 1)
            }
            object["properties"] = .object(kept)
        }
        return .object(object)
    }
}

extension ChangeRules.Rule {
    fileprivate var isRename: Bool { if case .rename = change { true } else { false } }
}

extension JSONValue {
    /// A column's hints without those of its type.
    fileprivate var withoutType: JSONValue {
        guard case .object(var hints) = self else { return self }
        for key in ["data_type", "precision", "scale", "timezone"] { hints[key] = nil }
        return .object(hints)
    }
}
