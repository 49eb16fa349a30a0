import Destinations
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas

/// Makes the plan of one package from what is at the destination. Changes nothing.
struct LoadPlanner {
    let package: PackageReader
    let destination: any Destination
    let transaction: any DestinationTransaction
    /// The way to replace tables whose stream did not name one.
    let replaceStrategy: String?

    private var manifest: Manifest { package.manifest }

    func plan() throws -> LoadPlan {
        let names = SystemNames(package.schema)
        let stored = try transaction.newestState(manifest.pipeline, names)
        let state = try StateMerge(package: package, destination: destination).merged(with: stored?.state)
        let joined = try SchemaJoin(package: package, transaction: transaction, names: names).outcome()
        var schema = joined.schema
        let known = [package.schema] + (try transaction.newestSchema(schema.name, names).map { [$0.schema] } ?? [])
        let dropped = refreshed(manifest.refresh.drop, known)
        for table in dropped where package.schema[table: table] == nil { schema.remove(table: table) }
        settle(&schema, names)
        let hash = schema.versionHash ?? ""
        var plan = LoadPlan(
            schema: schema, schemaIsNew: try !dropped.isEmpty || transaction.schema(hash: hash, names) == nil,
            state: state.state,
            stateIsNew: state.isNew, names: names, loadID: manifest.loadID,
            overtaking: stored.flatMap { LoadID($0.loadID) }.flatMap { $0 > manifest.loadID ? $0 : nil },
            latestTime: try transaction.latestTime(names))
        plan.steps =
            try refresh(dropping: dropped, schema, known, names)
            + TablePlanner(
                manifest: manifest, schema: schema, names: names, destination: destination, transaction: transaction,
                replaceStrategy: replaceStrategy, dropped: Set(dropped.map { ExactString($0) })
            ).steps()
        plan.conversions = joined.conversions
        return plan
    }

    /// What only a load knows: which tables have data now, and that the pipeline's state is kept beside them.
    private func settle(_ schema: inout Schema, _ names: SystemNames) {
        for job in manifest.jobs where job.rows > 0 {
            schema.update(table: job.table) { if !$0.hasSeenData { $0.hasSeenData = true } }
        }
        if schema[table: names.state] == nil {
            var table = SystemTables.state
            table.properties["name"] = .string(names.state)
            schema.put(table)
        }
        schema.bump()
    }

    // MARK: Refresh

    /// The tables that a refresh is about, with all that are nested in them, also those the package's schema has forgotten.
    private func refreshed(_ roots: [String], _ schemas: [Schema]) -> [String] {
        var tables: [String] = []
        // By bytes: names that look the same are two tables.
        var taken: Set<ExactString> = []
        for root in roots {
            let chains = schemas.flatMap { $0.chain(from: root).map(\.name) }
            for name in chains.isEmpty ? [root] : chains where taken.insert(ExactString(name)).inserted {
                tables.append(name)
            }
        }
        return tables
    }

    /// Drops and empties tables. What is dropped is forgotten, and so are the schema's versions: dlt takes a version that is
    /// stored for a sign that its tables exist.
    private func refresh(
        dropping dropped: [String], _ schema: Schema, _ known: [Schema], _ names: SystemNames
    ) throws -> [LoadStep] {
        var steps: [LoadStep] = []
        // What is nested goes first.
        for table in dropped.reversed() where try transaction.columns(of: table) != nil {
            steps.append(.dropTable(table))
        }
        if !dropped.isEmpty, try transaction.columns(of: names.version) != nil {
            steps.append(
                .deleteRecords(TableRecord(table: names.version, values: [("schema_name", .text(schema.name))])))
        }
        let gone = Set(dropped.map { ExactString($0) })
        for table in refreshed(manifest.refresh.truncate, known) where !gone.contains(ExactString(table)) {
            if try transaction.columns(of: table) != nil { steps.append(.deleteRows(table: table)) }
        }
        return steps
    }
}
