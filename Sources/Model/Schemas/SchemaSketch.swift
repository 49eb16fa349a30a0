package import JSONText

/// Why a sketch cannot be completed, with the place in the document.
package struct SketchError: Error {
    package let place: String
    package let reason: String
}

/// Makes a complete stored document from one that a user wrote: a stored document has an `engine_version` and is used
/// unchanged; a sketch has none and may omit the members that every schema has.
///
///     tables:
///       users:
///         primary_key: id
///         columns: {id: bigint, email: {data_type: text, nullable: false}}
package enum SchemaSketch {
    package static func isSketch(_ document: JSONObject) -> Bool { document["engine_version"] == nil }

    /// - Parameter name: for a document that does not name its schema.
    package static func completed(_ original: JSONObject, name: String) throws(SketchError) -> JSONObject {
        var document = try writtenOut(original)
        if document["name"]?.isNull ?? true { document["name"] = .string(name) }
        document["tables"] = .object(withDefaults(document["tables"]?.objectValue ?? [:]))
        guard isSketch(original) else { return document }
        document["engine_version"] = .integer(Schema.engineVersion)
        if document["version"] == nil { document["version"] = 1 }
        let defaults = Schema(name: "defaults")
        for (key, values) in [("settings", defaults.settings), ("normalizers", defaults.normalizers)] {
            var merged = values
            if let given = document[key]?.objectValue { merged.merge(given) }
            document[key] = .object(merged)
        }
        return document
    }

    /// The document with its short forms expanded, and without defaults: for overlaying on another schema.
    package static func writtenOut(_ original: JSONObject) throws(SketchError) -> JSONObject {
        var document = original
        if let tables = original["tables"], !tables.isNull {
            document["tables"] = .object(try self.tables(tables, isSketch: isSketch(original)))
        }
        if isSketch(original) {
            for key in ["settings", "normalizers"] {
                guard let value = original[key], !value.isNull, value.objectValue == nil else { continue }
                throw SketchError(place: key, reason: "expected an object")
            }
        }
        return document
    }

    /// As in dlt's reader: nested tables inherit these from above, every other table has them.
    private static func withDefaults(_ tables: JSONObject) -> JSONObject {
        var tables = tables
        for (name, value) in tables.members {
            guard var table = value.objectValue, table["parent"]?.isNull ?? true else { continue }
            if table["write_disposition"]?.isNull ?? true { table["write_disposition"] = "append" }
            if table["resource"]?.isNull ?? true { table["resource"] = .string(name) }
            tables[name] = .object(table)
        }
        return tables
    }

    private static func tables(_ value: JSONValue, isSketch: Bool) throws(SketchError) -> JSONObject {
        guard case .object(var tables) = value else {
            throw SketchError(place: "tables", reason: "expected an object of tables by their names")
        }
        for (name, table) in tables.members {
            let place = "tables.\(name)"
            guard var table = table.isNull ? [:] : table.objectValue else {
                throw SketchError(place: place, reason: "expected an object")
            }
            table["columns"] = .object(try columns(table["columns"], at: place + ".columns"))
            if isSketch { try applyHints(&table, at: place) }
            tables[name] = .object(table)
        }
        return tables
    }

    /// Columns by their names; or a list of columns with names; a column may be only its type.
    private static func columns(_ value: JSONValue?, at place: String) throws(SketchError) -> JSONObject {
        switch value {
        case nil, .null?: return [:]
        case .array(let items)?:
            var columns = JSONObject()
            for (index, item) in items.enumerated() {
                guard let name = item["name"]?.stringValue else {
                    throw SketchError(place: "\(place)[\(index)]", reason: "expected a column with a name")
                }
                columns[name] = item
            }
            return columns
        case .object(var columns)?:
            for (name, column) in columns.members {
                if column.isNull { columns[name] = [:] }
                if let type = column.stringValue { columns[name] = ["data_type": .string(type)] }
            }
            return columns
        default: throw SketchError(place: place, reason: "expected an object of columns by their names")
        }
    }

    /// Hints that dlt's resources have for a table and schemas keep in columns.
    private static func applyHints(_ table: inout JSONObject, at place: String) throws(SketchError) {
        var columns = table["columns"]?.objectValue ?? [:]
        for hint in ["primary_key", "merge_key"] {
            guard let value = table[hint], !value.isNull else { continue }
            for name in try names(value, at: "\(place).\(hint)") {
                var column = columns[name]?.objectValue ?? [:]
                column[hint] = true
                if column["nullable"] == nil { column["nullable"] = false }
                columns[name] = .object(column)
            }
            table[hint] = nil
        }
        table["columns"] = .object(columns)
        guard case .object(let disposition)? = table["write_disposition"] else { return }
        guard let name = disposition["disposition"] else {
            throw SketchError(place: "\(place).write_disposition", reason: "expected a disposition")
        }
        table["write_disposition"] = name
        for (key, hint) in [("strategy", "x-merge-strategy"), ("deduplicated", "x-stage-data-deduplicated")] {
            if let value = disposition[key] { table[hint] = value }
        }
    }

    private static func names(_ value: JSONValue, at place: String) throws(SketchError) -> [String] {
        if let name = value.stringValue { return [name] }
        let names = value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !names.isEmpty, names.count == value.arrayValue?.count else {
            throw SketchError(place: place, reason: "expected the name of a column, or a list of names")
        }
        return names
    }
}
