import DataContracts
import Identifiers
import JSONText
import ProgramSupport
import Schemas

/// The schema at the beginning of a run: the stored one, changed by the schema file and the options, and checked.
struct OpeningSchema {
    let schema: Schema
    let naming: Naming

    /// - Parameters:
    ///   - stored: the pipeline's schema; nil if it has none.
    ///   - identifierLimit: the longest name, in characters.
    init(
        _ request: NormalizeRequest, name: String, stored: Schema?, _ overlay: SchemaOverlay?, identifierLimit: Int
    ) throws {
        var schema =
            try stored ?? overlay?.asSchema(name: name, naming: request.naming)
            ?? Schema(name: name, naming: request.naming ?? "snake_case")
        let old = schema.normalizers["names"]?.stringValue ?? "snake_case"
        let said = overlay?.document["normalizers"]?["names"]?.stringValue
        naming = try OpeningSchema.naming(request.naming ?? said ?? old, limit: identifierLimit)
        try OpeningSchema.checkChange(of: &schema, from: old, to: naming)
        try overlay?.apply(to: &schema, naming, nesting: request.hints.maximumNesting)
        // A contract from the command line becomes part of the schema, as with dlt's run().
        if let contract = request.hints.contract { schema.settings["schema_contract"] = contract }
        try OpeningSchema.checkContracts(of: schema)
        try ColumnFilters.check(schema)
        OpeningSchema.addSystemTables(to: &schema, naming, try HintRules(settings: schema.settings))
        self.schema = schema
    }

    private static func naming(_ name: String, limit: Int) throws -> Naming {
        do { return try Naming(named: name, maxLength: limit) } catch {
            throw ProgramError(.configuration, "unable to use naming convention \(name): \(error)")
        }
    }

    /// Once there is data, the naming convention stays: another one could rename existing tables and columns (dlt 1.31
    /// refuses it too).
    private static func checkChange(of schema: inout Schema, from old: String, to naming: Naming) throws {
        defer { schema.normalizers["names"] = .string(naming.name) }
        guard old != naming.name,
            schema.normalizers["allow_identifier_change_on_table_with_data"]?.boolValue != true
        else { return }
        if let table = schema.dataTables.first(where: \.hasSeenData) {
            throw ProgramError(
                .configuration,
                "unable to change the naming convention from \(old) to \(naming.name): table \(table.name) has data",
                hint: "keep --naming \(old), or start a new pipeline")
        }
    }

    private static func checkContracts(of schema: Schema) throws {
        for table in schema.tables {
            do throws(SchemaContractError) { _ = try schema.contract(of: table.name) } catch {
                throw ProgramError(
                    .data, "unable to use the schema contract of table \(table.name): \(error.reason)",
                    hint: "`dlt-schema validate` finds such mistakes in a schema file")
            }
            do throws(ModelError) { try TableModel.check(table) } catch {
                throw ProgramError(.data, "unable to use the model of table \(table.name): \(error)")
            }
        }
    }

    /// A new schema also gets the state table, because a load always stores the state, and dlt's tables with the names
    /// of the convention.
    private static func addSystemTables(to schema: inout Schema, _ naming: Naming, _ rules: HintRules) {
        if !schema.tables.contains(where: { $0.resource == SystemTables.stateName }) {
            var state = SystemTables.state
            // dlt finds this column in the data, so the rules for names apply to it, unlike to the declared ones.
            state.put(rules.column(named: SystemColumns.id, .text, isVariant: false))
            schema.put(state)
        }
        guard naming.normalizeTablesPath(SystemTables.versionName) != SystemTables.versionName else { return }
        schema.renameTables { SystemTables.isSystemName($0) ? naming.normalizeTablesPath($0) : $0 }
    }
}
