import JSONText

/// Upgrades stored documents of earlier engine versions to the current one.
enum SchemaMigration {
    static func upgrade(_ original: JSONObject, from engine: Int) throws(SchemaDocumentError) -> JSONObject {
        guard engine >= 4 else {
            throw SchemaDocumentError(
                place: "engine_version",
                reason: "\(engine) is too old; open the pipeline once with a current dlt to upgrade it")
        }
        var document = original
        if engine < 6 { restoreSystemTables(&document) }
        if engine < 7 { unseal(&document) }
        if engine < 8, document["previous_hashes"] == nil { document["previous_hashes"] = .array([]) }
        if engine < 9 { markSeenData(&document) }
        if engine < 10 { introduceKeys(&document) }
        if engine < 11 {
            var normalizers = document["normalizers"]?.objectValue ?? [:]
            normalizers["use_break_path_on_normalize"] = false
            document["normalizers"] = .object(normalizers)
        }
        document["engine_version"] = .integer(Schema.engineVersion)
        forgetNullsSeenFirst(&document)
        return document
    }

    private static func forEachTable(_ document: inout JSONObject, _ change: (inout JSONObject) -> Void) {
        guard var tables = document["tables"]?.objectValue else { return }
        for (name, value) in tables.members {
            guard var table = value.objectValue else { continue }
            change(&table)
            tables[name] = .object(table)
        }
        document["tables"] = .object(tables)
    }

    private static func restoreSystemTables(_ document: inout JSONObject) {
        guard var tables = document["tables"]?.objectValue else { return }
        for name in [SystemTables.versionName, SystemTables.loadsName] { tables[name] = nil }
        document["tables"] = .object(tables)
    }

    private static func unseal(_ document: inout JSONObject) {
        forEachTable(&document) { $0["table_sealed"] = nil }
        guard var settings = document["settings"]?.objectValue else { return }
        settings["schema_sealed"] = nil
        document["settings"] = .object(settings)
    }

    /// Columns with nothing but nulls were once kept with a mark; dlt drops them from any document.
    private static func forgetNullsSeenFirst(_ document: inout JSONObject) {
        forEachTable(&document) { table in
            guard var columns = table["columns"]?.objectValue else { return }
            for (name, value) in columns.members {
                guard var hints = value.objectValue, var marks = hints["x-normalizer"]?.objectValue,
                    marks["seen-null-first"]?.boolValue == true
                else { continue }
                marks["seen-null-first"] = nil
                hints["x-normalizer"] = marks.isEmpty ? nil : .object(marks)
                columns[name] = hints["data_type"] == nil ? nil : .object(hints)
            }
            table["columns"] = .object(columns)
        }
    }

    private static func markSeenData(_ document: inout JSONObject) {
        forEachTable(&document) { table in
            guard table["columns"]?["_dlt_id"] != nil else { return }
            var marks = table["x-normalizer"]?.objectValue ?? [:]
            marks["seen-data"] = true
            table["x-normalizer"] = .object(marks)
        }
    }

    private static func introduceKeys(_ document: inout JSONObject) {
        forEachTable(&document) { table in
            guard var columns = table["columns"]?.objectValue else { return }
            for (name, value) in columns.members {
                guard var hints = value.objectValue else { continue }
                if hints["data_type"] == "complex" { hints["data_type"] = "json" }
                if name == "_dlt_id" { hints["row_key"] = hints["unique"] ?? false }
                if name == "_dlt_parent_id" { hints["parent_key"] = hints["foreign_key"] ?? false }
                hints["foreign_key"] = nil
                columns[name] = .object(hints)
            }
            table["columns"] = .object(columns)
        }
        if var normalizers = document["normalizers"]?.objectValue, var json = normalizers["json"]?.objectValue,
            var config = json["config"]?.objectValue
        {
            config["generate_dlt_id"] = nil
            json["config"] = .object(config)
            normalizers["json"] = .object(json)
            document["normalizers"] = .object(normalizers)
        }
        guard var settings = document["settings"]?.objectValue else { return }
        if var types = settings["preferred_types"]?.objectValue {
            for (rule, type) in types.members where type == "complex" { types[rule] = "json" }
            settings["preferred_types"] = .object(types)
        }
        if var hints = settings["default_hints"]?.objectValue, !hints.isEmpty {
            hints["foreign_key"] = nil
            hints["row_key"] = .strings(["_dlt_id"])
            hints["parent_key"] = .strings(["_dlt_parent_id"])
            settings["default_hints"] = .object(hints)
        }
        document["settings"] = .object(settings)
    }
}
