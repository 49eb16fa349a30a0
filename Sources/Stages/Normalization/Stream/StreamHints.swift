import DataContracts
package import Identifiers
package import JSONText
package import ProgramSupport
package import Schemas

/// What is said of a stream from outside its records: by its SCHEMA message, by flags.
package struct StreamHints: Sendable, Equatable {
    package var writeDisposition: WriteDispositionHint?
    package var primaryKey: [String]?
    package var mergeKey: [String]?
    /// dlt's column hints by column name.
    package var columns: JSONObject?
    package var maximumNesting: Int?
    /// The table that the records go to; nil: the one named after the stream.
    package var tableName: String?
    /// dlt's `schema_contract`.
    package var contract: JSONValue?
    /// Whether rows of nested tables carry the id of their root row; nil: where merges need it.
    package var rootKey: Bool?
    /// dlt's properties of a table that only destinations and readers of the schema use.
    package var tableProperties = JSONObject()

    package init(
        writeDisposition: WriteDispositionHint? = nil, primaryKey: [String]? = nil, mergeKey: [String]? = nil,
        columns: JSONObject? = nil, maximumNesting: Int? = nil, contract: JSONValue? = nil
    ) {
        self.writeDisposition = writeDisposition
        self.primaryKey = primaryKey
        self.mergeKey = mergeKey
        self.columns = columns
        self.maximumNesting = maximumNesting
        self.contract = contract
    }

    /// The hints of a SCHEMA message.
    package init(_ schema: StreamSchemaHints) throws(ProgramError) {
        func strings(_ key: String) -> [String]? {
            switch schema.hints[key] {
            case .string(let one): [one]
            case .array(let all): all.compactMap(\.stringValue)
            default: nil
            }
        }
        writeDisposition = try schema.hints["write_disposition"].map { (value) throws(ProgramError) in
            try WriteDispositionHint(value)
        }
        primaryKey = strings("primary_key") ?? schema.primaryKey
        mergeKey = strings("merge_key")
        columns = schema.hints["columns"]?.objectValue
        maximumNesting = schema.hints["max_table_nesting"]?.intValue
        tableName = schema.hints["table_name"]?.stringValue
        contract = schema.hints["schema_contract"].flatMap { $0.isNull ? nil : $0 }
        rootKey = schema.hints["root_key"]?.boolValue
        for key in ["table_format", "file_format", "references"] {
            if let value = schema.hints[key], !value.isNull { tableProperties[key] = value }
        }
        if let contract {
            do throws(SchemaContractError) { _ = try SchemaContract(contract) } catch {
                throw ProgramError(.data, "unable to use schema contract \(contract.serialized()): \(error.reason)")
            }
        }
    }

    /// The hints of a command line.
    init(_ options: HintOptions, maximumNesting: Int?) throws {
        try self.init(StreamSchemaHints(primaryKey: options.primaryKeyNames, hints: options.hints()))
        self.maximumNesting = maximumNesting
    }

    /// `stronger` decides wherever it says anything.
    package func overridden(by stronger: StreamHints) -> StreamHints {
        var hints = StreamHints(
            writeDisposition: stronger.writeDisposition ?? writeDisposition,
            primaryKey: stronger.primaryKey ?? primaryKey, mergeKey: stronger.mergeKey ?? mergeKey,
            columns: stronger.columns ?? columns, maximumNesting: stronger.maximumNesting ?? maximumNesting,
            contract: stronger.contract ?? contract)
        hints.tableName = stronger.tableName ?? tableName
        hints.rootKey = stronger.rootKey ?? rootKey
        hints.tableProperties = tableProperties
        hints.tableProperties.merge(stronger.tableProperties)
        return hints
    }

    /// What would need the complete set: a part of it would delete or retire what it does not mention.
    package func needsCompleteSet(table: Table?) -> String? {
        let disposition = writeDisposition?.disposition ?? table?.writeDisposition ?? .append
        let strategy = writeDisposition?.strategy ?? table?.mergeStrategy
        switch disposition {
        case .replace: return "replace"
        case .merge where strategy == "scd2": return "scd2"
        case .merge where !(mergeKey ?? table?.columns(with: "merge_key").map(\.name) ?? []).isEmpty:
            return "merge by merge key"
        default: return nil
        }
    }
}

/// The part of a SCHEMA message that hints are read from.
package struct StreamSchemaHints {
    let primaryKey: [String]?
    let hints: JSONObject

    package init(primaryKey: [String]?, hints: JSONObject) {
        self.primaryKey = primaryKey
        self.hints = hints
    }
}

/// A write disposition as dlt takes it: a name, a merge strategy by name, or a dictionary.
package struct WriteDispositionHint: Sendable, Equatable {
    package var disposition: WriteDisposition
    package var strategy: String?
    /// The whole dictionary, for what only some strategies use.
    package var details: JSONObject = [:]

    package static let append = WriteDispositionHint(disposition: .append)

    private init(disposition: WriteDisposition) { self.disposition = disposition }

    /// How a replace is carried out is the loader's business: it travels in the manifest. dlt does not store it in the schema.
    package var replaceStrategy: String? { disposition == .replace ? details["strategy"]?.stringValue : nil }

    private static let strategies = ["delete-insert", "upsert", "insert-only", "scd2"]
    private static let replaceStrategies = ["truncate-and-insert", "insert-from-staging", "staging-optimized"]

    package init(_ value: JSONValue) throws(ProgramError) {
        switch value {
        case .string(let name): try self.init(name: name)
        case .object(let details):
            try self.init(name: details["disposition"]?.stringValue ?? "merge")
            self.details = details
            if let strategy = details["strategy"]?.stringValue,
                !(disposition == .replace && WriteDispositionHint.replaceStrategies.contains(strategy))
            {
                guard WriteDispositionHint.strategies.contains(strategy) else {
                    throw WriteDispositionHint.unknown(strategy)
                }
                self.strategy = strategy
            }
        default: throw WriteDispositionHint.unknown(value.serialized())
        }
    }

    private init(name: String) throws(ProgramError) {
        if let disposition = WriteDisposition(rawValue: name) {
            self.disposition = disposition
        } else if WriteDispositionHint.strategies.contains(name) {
            disposition = .merge
            strategy = name
        } else {
            throw WriteDispositionHint.unknown(name)
        }
    }

    private static func unknown(_ name: String) -> ProgramError {
        ProgramError(
            .usage, "unable to use write disposition \(name): there is none of that name",
            hint: "use append, replace, merge, skip, \(strategies.joined(separator: ", ")), or dlt's dictionary as JSON"
        )
    }
}

extension StreamHints {
    /// Brings the hints of a resource into its table, as dlt's extract does before any row comes.
    package func apply(to schema: inout Schema, table name: String, resource: String, naming: Naming) throws {
        var table =
            schema[table: name]
            ?? Table(properties: [
                "name": .string(name), "write_disposition": "append", "resource": .string(resource),
            ])
        table.properties["resource"] = .string(resource)
        for (column, hints) in columns?.members ?? [] {
            let name = naming.normalizePath(column)
            var hinted = table[column: name] ?? Column(name: name)
            let wasComplete = hinted.isComplete
            hinted.merge(Column(hints: hints.objectValue ?? [:]))
            hinted.name = name
            if wasComplete { table.put(hinted) } else { table.complete(hinted) }
        }
        if let contract { table.properties["schema_contract"] = contract }
        for (key, value) in tableProperties.members {
            table.properties[key] = key == "references" ? StreamHints.normalized(references: value, naming) : value
        }
        if let mergeKey { setKey("merge_key", mergeKey, &table, naming) }
        if let primaryKey { setKey("primary_key", primaryKey, &table, naming) }
        if let writeDisposition { writeDisposition.apply(to: &table, naming) }
        if let maximumNesting {
            var marks = table.properties["x-normalizer"]?.objectValue ?? [:]
            marks["max_nesting"] = .integer(maximumNesting)
            table.properties["x-normalizer"] = .object(marks)
        }
        schema.put(table)
        if let rootKey { RootKeyRule.set(rootKey, in: &schema) }
        RootKeyRule.apply(to: &schema, chainOf: name)
    }

    /// The names in `[{"referenced_table", "columns", "referenced_columns"}]` as tables and columns have them.
    private static func normalized(references: JSONValue, _ naming: Naming) -> JSONValue {
        .array(
            (references.arrayValue ?? []).map { reference in
                guard var object = reference.objectValue else { return reference }
                if let table = object["referenced_table"]?.stringValue {
                    object["referenced_table"] = .string(naming.normalizeTablesPath(table))
                }
                for key in ["columns", "referenced_columns"] {
                    guard let columns = object[key]?.arrayValue else { continue }
                    object[key] = .array(columns.map { $0.stringValue.map { .string(naming.normalizePath($0)) } ?? $0 })
                }
                return .object(object)
            })
    }

    /// A key replaces the previous one as a whole; columns that were in it stay not null.
    private func setKey(_ hint: String, _ names: [String], _ table: inout Table, _ naming: Naming) {
        for column in table.columns(with: hint) {
            var column = column
            column.hints[hint] = nil
            table.put(column)
        }
        for name in names.map(naming.normalizePath) {
            var column = table[column: name] ?? Column(name: name)
            column.hints["nullable"] = false
            column.hints[hint] = true
            table.put(column)
        }
    }
}

extension WriteDispositionHint {
    fileprivate func apply(to table: inout Table, _ naming: Naming) {
        table.properties["write_disposition"] = .string(disposition.rawValue)
        if let strategy { table.properties["x-merge-strategy"] = .string(strategy) }
        if details["deduplicated"]?.boolValue == true { table.properties["x-stage-data-deduplicated"] = true }
        if let boundary = details["boundary_timestamp"] { table.properties["x-boundary-timestamp"] = boundary }
        guard strategy == "scd2" else { return }

        let validity = details["validity_column_names"]?.arrayValue?.compactMap(\.stringValue) ?? []
        func add(_ name: String, _ hints: JSONObject) {
            var column = table[column: name] ?? Column(name: name)
            for (key, value) in hints.members { column.hints[key] = value }
            table.put(column)
        }
        add(
            validity.first.map(naming.normalizePath) ?? "_dlt_valid_from",
            ["data_type": "timestamp", "nullable": true, "x-valid-from": true])
        add(
            validity.dropFirst().first.map(naming.normalizePath) ?? "_dlt_valid_to",
            [
                "data_type": "timestamp", "nullable": true, "x-valid-to": true,
                "x-active-record-timestamp": details["active_record_timestamp"] ?? .null,
            ])
        add(
            details["row_version_column_name"]?.stringValue.map(naming.normalizePath) ?? SystemColumns.id,
            ["nullable": false, "x-row-version": true, "unique": false, "row_key": false])
    }
}
