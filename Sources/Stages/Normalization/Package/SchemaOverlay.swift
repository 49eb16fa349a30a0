import DataContracts
import Identifiers
import JSONText
import ProgramSupport
import Schemas

/// A schema document from the user (`--schema FILE`): it may be partial, and overrides what it mentions.
struct SchemaOverlay {
    let document: JSONObject
    /// The tables of a document in another language: JSON Schema, Singer, OpenAPI or ODCS.
    private var models: [TableModel] = []

    /// - Parameter table: the table of a model that does not name its own.
    init(_ document: JSONValue, table: String? = nil) throws(ProgramError) {
        if let model = ModelDocument(document) {
            do throws(ModelError) { models = try model.models(table: table) } catch {
                throw SchemaOverlay.unusable(model.kind, error)
            }
            self.document = [:]
            return
        }
        guard case .object(let object) = document else {
            throw ProgramError(.data, "unable to use the schema file: expected an object")
        }
        self.document = object
        try SchemaOverlay.check(object)
    }

    /// Refuses unknown hints, except in a stored document: newer programs may know them.
    private static func check(_ document: JSONObject) throws(ProgramError) {
        guard SchemaSketch.isSketch(document) else { return }
        for (name, value) in document["tables"]?.objectValue?.members ?? [] {
            var reason: String?
            for key in value.objectValue?.keys ?? [] where !TableHints.names.contains(key) && !key.hasPrefix("x-") {
                let meant =
                    Spelling.nearest(key, in: TableHints.names.union(["primary_key", "merge_key"])).map {
                        " Did you mean \"\($0)\"?"
                    } ?? ""
                reason = reason ?? "\"\(key)\" is not a property of a table; your own begin with x-." + meant
            }
            do throws(ColumnHints.Mistake) { try ColumnHints.check(value["columns"]?.objectValue ?? [:]) } catch {
                reason = reason ?? error.text
            }
            guard let reason else { continue }
            throw ProgramError(
                .data, "unable to use the schema file: table \(name): \(reason)",
                hint: "`dlt-schema validate` lists all that is wrong with it")
        }
    }

    private static func unusable(_ kind: String, _ error: ModelError) -> ProgramError {
        ProgramError(
            .data, "unable to use the \(kind): \(error)", hint: "`dlt-schema validate` checks such a document by itself"
        )
    }

    var name: String? { document["name"]?.stringValue }

    /// The document's setting for writing a table, if it has one.
    func writeDisposition(of table: String, _ naming: Naming) throws(ProgramError) -> WriteDispositionHint? {
        for (name, value) in document["tables"]?.objectValue?.members ?? [] {
            guard naming.normalizeTablesPath(name) == table, let said = value["write_disposition"] else { continue }
            var hint = try WriteDispositionHint(said)
            if let strategy = value["x-merge-strategy"]?.stringValue {
                guard let known = MergeStrategy(rawValue: strategy) else {
                    throw WriteDispositionHint.unknown(strategy)
                }
                hint.strategy = known
            }
            return hint
        }
        return nil
    }

    /// The whole document as a schema, for a pipeline that has none.
    func asSchema(name: String, naming: String?) throws -> Schema {
        if document["engine_version"] != nil {
            var complete = document
            if complete["name"] == nil { complete["name"] = .string(name) }
            complete["version_hash"] = nil
            complete["previous_hashes"] = .array([])
            complete["version"] = 1
            return try Schema(document: .object(complete))
        }
        return Schema(name: self.name ?? name, naming: naming ?? "snake_case")
    }

    /// - Parameter nesting: the number of levels of models that are unpacked; nil: the schema's setting.
    func apply(to schema: inout Schema, _ naming: Naming, nesting: Int?) throws {
        let own = schema.normalizers["json"]?["config", "max_nesting"]?.intValue
        for model in models {
            do throws(ModelError) { schema.adopt(try model.tables(naming, nesting: nesting ?? own ?? .max)) } catch {
                throw SchemaOverlay.unusable("model of table \(model.name)", error)
            }
        }
        for (key, value) in document["settings"]?.objectValue?.members ?? [] {
            if case .object(let own)? = schema.settings[key], case .object(let given) = value {
                var merged = own
                merged.merge(given)
                schema.settings[key] = .object(merged)
            } else {
                schema.settings[key] = value
            }
        }
        for (key, value) in document["normalizers"]?.objectValue?.members ?? [] {
            if case .object(var own)? = schema.normalizers[key], case .object(let given) = value {
                own.merge(given)
                schema.normalizers[key] = .object(own)
            } else {
                schema.normalizers[key] = value
            }
        }
        for (name, value) in document["tables"]?.objectValue?.members ?? [] {
            try merge(Table(name: naming.normalizeTablesPath(name), document: value), into: &schema, naming)
        }
        for table in schema.dataTables where table.parent == nil { RootKeyRule.apply(to: &schema, chainOf: table.name) }
    }

    private func merge(_ given: Table, into schema: inout Schema, _ naming: Naming) {
        var table = schema[table: given.name] ?? Table(properties: ["name": .string(given.name)])
        table.properties.merge(given.properties)
        if table.parent == nil {
            if table.writeDisposition == nil { table.properties["write_disposition"] = "append" }
            if table.resource == nil { table.properties["resource"] = .string(given.name) }
        }
        for column in given.columns {
            var merged = table[column: naming.normalizePath(column.name)] ?? Column(name: "")
            merged.merge(column)
            merged.name = naming.normalizePath(column.name)
            table.complete(merged)
        }
        schema.put(table)
    }
}
