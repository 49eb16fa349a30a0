package import JSONText

/// The differences between two schemas: tables, columns, their hints, settings and normalizers.
package struct SchemaDiff {
    package enum Change: String, Sendable { case added, removed, changed }

    package struct Difference {
        package let change: Change
        /// nil for settings and normalizers.
        package var table: String?
        package var column: String?
        /// The hint or setting; nil for a whole table or column.
        package var property: String?
        package var old: JSONValue?
        package var new: JSONValue?
    }

    /// Also differences that do not concern the tables' contents: processing marks, dlt's own tables, the order of
    /// columns.
    package let includesAll: Bool
    package let old: Schema
    package let new: Schema
    package private(set) var differences: [Difference] = []

    package init(_ old: Schema, _ new: Schema, includesAll: Bool) {
        self.old = old
        self.new = new
        self.includesAll = includesAll
        compareTables()
        compare("settings", old.settings, new.settings)
        compare("normalizers", old.normalizers, new.normalizers)
    }

    private static let processing: Set<String> = ["x-normalizer", "x-loader", "x-extractor"]

    private func isCompared(_ table: Table) -> Bool {
        includesAll || !(table.isSystem || SystemTables.isSystemName(table.name))
    }

    // MARK: Tables

    private mutating func compareTables() {
        for table in old.tables where isCompared(table) {
            if let other = new[table: table.name] {
                compare(table, other)
            } else {
                differences.append(Difference(change: .removed, table: table.name, old: .object(table.document)))
            }
        }
        for table in new.tables where isCompared(table) && old[table: table.name] == nil {
            differences.append(Difference(change: .added, table: table.name, new: .object(table.document)))
        }
    }

    private mutating func compare(_ old: Table, _ new: Table) {
        properties(meaning(of: old), meaning(of: new), table: old.name, column: nil)
        for column in old.columns {
            if let other = new[column: column.name] {
                properties(meaning(of: column), meaning(of: other), table: old.name, column: column.name)
            } else {
                differences.append(
                    Difference(
                        change: .removed, table: old.name, column: column.name, old: .object(column.hints)))
            }
        }
        for column in new.columns where old[column: column.name] == nil {
            differences.append(
                Difference(change: .added, table: old.name, column: column.name, new: .object(column.hints)))
        }
        guard includesAll else { return }
        let oldOrder = old.columns.map(\.name).filter { new[column: $0] != nil }
        let newOrder = new.columns.map(\.name).filter { old[column: $0] != nil }
        if JSONValue.strings(oldOrder) != JSONValue.strings(newOrder) {
            differences.append(
                Difference(
                    change: .changed, table: old.name, property: "order of columns", old: .strings(oldOrder),
                    new: .strings(newOrder)))
        }
    }

    /// Properties without those that state a default.
    private func meaning(of table: Table) -> JSONObject {
        var object = table.properties
        object["name"] = nil
        return meaning(of: object)
    }

    private func meaning(of column: Column) -> JSONObject {
        var object = column.hints
        object["name"] = nil
        if object["nullable"]?.boolValue == true { object["nullable"] = nil }
        if object["timezone"]?.boolValue == true { object["timezone"] = nil }
        // Only these two are true by default, so false matters only for them.
        let kept = ["nullable", "timezone"].filter { object[$0]?.boolValue == false }
        var meaning = self.meaning(of: object)
        for hint in kept { meaning[hint] = false }
        return meaning
    }

    private func meaning(of object: JSONObject) -> JSONObject {
        var kept = JSONObject()
        for (key, value) in object.members {
            if value.isNull || value.boolValue == false { continue }
            if !includesAll && SchemaDiff.processing.contains(key) { continue }
            kept[key] = value
        }
        return kept
    }

    private mutating func properties(_ old: JSONObject, _ new: JSONObject, table: String?, column: String?) {
        for key in old.keys + new.keys.filter({ old[$0] == nil }) where old[key] != new[key] {
            differences.append(
                Difference(
                    change: .changed, table: table, column: column, property: key, old: old[key], new: new[key]))
        }
    }

    /// Settings, down to their leaves.
    private mutating func compare(_ place: String, _ old: JSONObject, _ new: JSONObject) {
        for key in old.keys + new.keys.filter({ old[$0] == nil }) where old[key] != new[key] {
            let inner = "\(place).\(key)"
            if case .object(let oldInner)? = old[key], case .object(let newInner)? = new[key] {
                compare(inner, oldInner, newInner)
            } else {
                differences.append(Difference(change: .changed, property: inner, old: old[key], new: new[key]))
            }
        }
    }
}
