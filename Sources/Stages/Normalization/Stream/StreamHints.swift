package import DataContracts
package import JSONText
package import ProgramSupport
package import Schemas

/// Hints for a stream from outside its records: from its SCHEMA message, from options.
package struct StreamHints: Sendable, Equatable {
    package var writeDisposition: WriteDispositionHint?
    /// How the table is written without a setting: the default of the kind of source.
    package var usualDisposition: WriteDispositionHint?
    package var primaryKey: [String]?
    package var mergeKey: [String]?
    /// dlt's column hints by column name.
    package var columns: JSONObject?
    package var maximumNesting: Int?
    /// The table of the records; nil: the one named after the stream.
    package var tableName: String?
    /// dlt's `schema_contract`.
    package var contract: JSONValue?
    /// Whether rows of nested tables have the id of their root row; nil: where merges need it.
    package var rootKey: Bool?
    /// The types that were decided for the columns of a table of texts (CSV), by names as in the records; nil if values
    /// have types of their own.
    package var cellTypes: JSONObject?
    /// dlt's properties of a table that only destinations and readers of the schema use.
    package var tableProperties = JSONObject()
    /// The types that the source declares of its records.
    package var declaredTypes: DeclaredTypes?
    /// Whether records are delivered again on purpose.
    package var repeatsRecords = false

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
        usualDisposition = try schema.hints["usual_write_disposition"].map { (value) throws(ProgramError) in
            try WriteDispositionHint(value)
        }
        repeatsRecords = schema.hints["repeats"]?.boolValue ?? false
        primaryKey = strings("primary_key") ?? schema.primaryKey
        mergeKey = strings("merge_key")
        columns = schema.hints["columns"]?.objectValue
        maximumNesting = schema.hints["max_table_nesting"]?.intValue
        tableName = schema.hints["table_name"]?.stringValue
        contract = schema.hints["schema_contract"].flatMap { $0.isNull ? nil : $0 }
        rootKey = schema.hints["root_key"]?.boolValue
        cellTypes = schema.hints["cell_types"]?.objectValue
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

    /// `stronger` overrides every setting that it contains.
    package func overridden(by stronger: StreamHints) -> StreamHints {
        var hints = StreamHints(
            writeDisposition: stronger.writeDisposition ?? writeDisposition,
            primaryKey: stronger.primaryKey ?? primaryKey, mergeKey: stronger.mergeKey ?? mergeKey,
            columns: stronger.columns ?? columns, maximumNesting: stronger.maximumNesting ?? maximumNesting,
            contract: stronger.contract ?? contract)
        hints.tableName = stronger.tableName ?? tableName
        hints.usualDisposition = stronger.usualDisposition ?? usualDisposition
        hints.declaredTypes = stronger.declaredTypes ?? declaredTypes
        hints.repeatsRecords = stronger.repeatsRecords || repeatsRecords
        hints.rootKey = stronger.rootKey ?? rootKey
        hints.cellTypes = stronger.cellTypes ?? cellTypes
        hints.tableProperties = tableProperties
        hints.tableProperties.merge(stronger.tableProperties)
        return hints
    }

    /// Hints that need the complete set: a part of it would delete or retire the rows that it lacks.
    package func needsCompleteSet(table: Table?) -> String? {
        let disposition = writeDisposition?.disposition ?? table?.writeDisposition ?? .append
        let strategy = writeDisposition?.strategy ?? table?.mergeStrategy.flatMap { MergeStrategy(rawValue: $0) }
        switch disposition {
        case .replace: return "replace"
        case .merge where strategy == .history: return MergeStrategy.history.rawValue
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

    /// The members that a SCHEMA may have under `dlt`: those read here, and others that dlt knows for a resource.
    static let names: Set<String> = [
        "write_disposition", "usual_write_disposition", "primary_key", "merge_key", "columns", "cell_types",
        "max_table_nesting",
        "table_name", "schema_contract", "root_key", "table_format", "file_format", "references", "complete", "repeats",
        "name", "description", "parent", "parent_table_name", "resource", "incremental", "nested_hints", "validator",
        "original_columns", "table_sealed", "filters", "selected", "variant_name",
    ]

    static func unknown(in hints: JSONObject) -> String? {
        hints.keys.first { !names.contains($0) && !$0.hasPrefix("x-") }
    }
}
