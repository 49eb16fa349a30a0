package import JSONText

/// Why a stored schema cannot be used, with the place in the document.
package struct SchemaDocumentError: Error, Sendable, CustomStringConvertible {
    package let place: String
    package let reason: String
    package var description: String { "schema document, \(place): \(reason)" }
}

extension Schema {
    /// The complete document in dlt's stored form: names inside tables and columns, keys in dlt's order.
    package func document() -> JSONValue {
        var document: JSONObject = [
            "version": .integer(version),
            "version_hash": .string(versionHash ?? ""),
            "engine_version": .integer(Schema.engineVersion),
            "name": .string(name),
        ]
        var all = JSONObject()
        for table in tables {
            var properties: JSONObject = ["name": .string(table.name)]
            var columns = JSONObject()
            for column in table.columns { columns[column.name] = .object(column.hints) }
            properties["columns"] = .object(columns)
            properties.merge(table.properties)
            all[table.name] = .object(properties)
        }
        document["tables"] = .object(all)
        document["settings"] = .object(settings)
        document["normalizers"] = .object(normalizers)
        document["previous_hashes"] = .strings(previousHashes)
        document.merge(others)
        return .object(document)
    }

    /// Reads a stored document of any engine version up to 11, upgrading older ones.
    package init(document: JSONValue) throws(SchemaDocumentError) {
        guard case .object(let original) = document else {
            throw SchemaDocumentError(place: "top level", reason: "expected an object")
        }
        guard let engine = original["engine_version"]?.intValue else {
            throw SchemaDocumentError(place: "engine_version", reason: "expected a number")
        }
        guard engine <= Schema.engineVersion else {
            throw SchemaDocumentError(
                place: "engine_version",
                reason: "\(engine) is newer than \(Schema.engineVersion), the newest this program knows")
        }
        let object = try SchemaMigration.upgrade(original, from: engine)
        guard let name = object["name"]?.stringValue, !name.isEmpty else {
            throw SchemaDocumentError(place: "name", reason: "expected a name")
        }
        self.init(name: name)
        for table in tables { remove(table: table.name) }
        version = object["version"]?.intValue ?? 1
        versionHash = object["version_hash"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        previousHashes = object["previous_hashes"]?.arrayValue?.compactMap(\.stringValue) ?? []
        settings = object["settings"]?.objectValue ?? settings
        normalizers = object["normalizers"]?.objectValue ?? normalizers
        for (key, value) in object.members where !Schema.documentKeys.contains(key) { others[key] = value }
        for key in ["tables", "settings", "normalizers"] {
            guard let part = object[key], !part.isNull, part.objectValue == nil else { continue }
            throw SchemaDocumentError(place: key, reason: "expected an object")
        }
        for (name, value) in object["tables"]?.objectValue?.members ?? [] {
            put(try Table(name: name, document: value))
        }
        // Under a naming convention that renames them, the resource identifies them.
        for system in [SystemTables.version, SystemTables.loads]
        where !tables.contains(where: { $0.name == system.name || $0.resource == system.name }) { put(system) }
    }

    private static let documentKeys: Set<String> = [
        "version", "version_hash", "engine_version", "name", "tables", "settings", "normalizers", "previous_hashes",
    ]
}

extension Table {
    /// A table of a stored document; restores `name` keys that a YAML export omits.
    package init(name: String, document: JSONValue) throws(SchemaDocumentError) {
        guard case .object(var properties) = document else {
            throw SchemaDocumentError(place: "tables.\(name)", reason: "expected an object")
        }
        let columns = properties["columns"]?.objectValue ?? [:]
        properties["columns"] = nil
        properties["name"] = .string(name)
        self.init(properties: properties)
        for (column, hints) in columns.members {
            guard case .object(var hints) = hints else {
                throw SchemaDocumentError(place: "tables.\(name).columns.\(column)", reason: "expected an object")
            }
            hints["name"] = .string(column)
            if let type = hints["data_type"], type.stringValue.flatMap(DataType.init(stored:)) == nil {
                throw SchemaDocumentError(
                    place: "tables.\(name).columns.\(column).data_type",
                    reason: ColumnHints.unknown(type: type))
            }
            put(Column(hints: hints))
        }
    }
}
