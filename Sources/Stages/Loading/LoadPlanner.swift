import DestinationKinds
import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

/// Makes the plan of one package from the contents of the destination. Changes nothing.
struct LoadPlanner {
    let package: PackageReader
    let destination: any Destination
    let dataset: DatasetView
    /// How to replace tables whose stream does not name a strategy.
    let replaceStrategy: ReplaceStrategy?
    /// nil for the destination's default.
    let indexes: IndexChoice?
    /// Shared with earlier packages of the session.
    let memory: PlanMemory

    private var manifest: Manifest { package.manifest }

    func plan() throws -> LoadPlan {
        let names = memory.names(of: package)
        let stored = try dataset.newestState(manifest.pipeline, names)
        let state = try StateMerge(package: package, destination: destination).merged(with: stored?.state)
        let overtaking = stored.flatMap { LoadID($0.loadID) }.flatMap { $0 > manifest.loadID ? $0 : nil }
        func records(_ schema: Schema, isNew: Bool) throws -> SystemRows {
            SystemRows(
                names: names, loadID: manifest.loadID, schema: schema, schemas: isNew ? [schema] : [],
                state: state.isNew ? state.state : nil, overtaking: overtaking,
                latestTime: try dataset.latestTime(names))
        }
        func load(_ intents: [LoadIntent], _ schema: Schema) -> PackageLoad {
            PackageLoad(loadID: manifest.loadID, schemaName: schema.name, names: names, intents: intents)
        }
        if let schema = memory.schema(of: package) {
            if state.isNew { try checkOrder(overtaking) }
            let intents = try tables(schema, names, memory: memory)
            let plan = LoadPlan(
                load: load(intents, schema), records: try records(schema, isNew: false), conversions: [:],
                schema: schema, state: state.state)
            if plan.load.changesTables { memory.learn(plan, package) }
            return plan
        }
        let joined = try SchemaJoin(package: package, dataset: dataset, names: names).outcome()
        var schema = joined.schema
        let known = [package.schema] + (try dataset.newestSchema(schema.name, names).map { [$0.schema] } ?? [])
        let dropped = refreshed(manifest.refresh.drop, known)
        for table in dropped where package.schema[table: table] == nil { schema.remove(table: table) }
        settle(&schema, names)
        if state.isNew { try checkOrder(overtaking) }
        let isNew = try !dropped.isEmpty || dataset.schema(hash: schema.versionHash ?? "", names) == nil
        let intents =
            try refresh(dropping: dropped, schema, known)
            + tables(schema, names, dropped: Set(dropped.map { ExactString($0) }))
        let plan = LoadPlan(
            load: load(intents, schema), records: try records(schema, isNew: isNew), conversions: joined.conversions,
            schema: schema, state: state.state)
        memory.learn(plan, package)
        return plan
    }

    private func tables(
        _ schema: Schema, _ names: SystemNames, dropped: Set<ExactString> = [], memory: PlanMemory? = nil
    ) throws -> [LoadIntent] {
        try TablePlanner(
            manifest: manifest, schema: schema, names: names, kind: destination.kind, dataset: dataset,
            replaceStrategy: replaceStrategy, indexes: indexes, dropped: dropped, memory: memory
        ).intents()
    }

    /// The state of this load would have to replace another's at the moment at which the load becomes valid, and only a
    /// transaction does both at once.
    private func checkOrder(_ overtaking: LoadID?) throws(LoadFailure) {
        guard let overtaking, destination.kind.atomicity != .transaction else { return }
        throw LoadFailure(
            .conflict, .temporary,
            "unable to load package \(manifest.loadID): a later load of the pipeline, \(overtaking), has written a state, which "
                + "this destination without transactions cannot replace",
            hint: "run the whole pipe again")
    }

    /// Changes that only a load can make: which tables have data now, and that the pipeline's state is stored beside
    /// them.
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

    /// The tables of a refresh, with all tables nested in them, including those that the package's schema no longer
    /// has.
    private func refreshed(_ roots: [String], _ schemas: [Schema]) -> [String] {
        var tables: [String] = []
        // By bytes: names that look the same may mean two tables.
        var seen: Set<ExactString> = []
        for root in roots {
            let chains = schemas.flatMap { $0.chain(from: root).map(\.name) }
            for name in chains.isEmpty ? [root] : chains where seen.insert(ExactString(name)).inserted {
                tables.append(name)
            }
        }
        return tables
    }

    /// Drops and empties tables. Dropped tables are forgotten, and so are the schema's versions: dlt takes a stored
    /// version as a sign that its tables exist.
    private func refresh(dropping dropped: [String], _ schema: Schema, _ known: [Schema]) throws -> [LoadIntent] {
        var intents: [LoadIntent] = []
        if !dropped.isEmpty {
            let present = try dropped.filter { try dataset.columns(of: $0) != nil }
            let hasVersions = try dataset.columns(of: SystemNames(package.schema).version) != nil
            if !present.isEmpty || hasVersions {
                intents.append(.drop(present, schema: hasVersions ? schema.name : nil))
            }
        }
        let gone = Set(dropped.map { ExactString($0) })
        let emptied = try refreshed(manifest.refresh.truncate, known).filter {
            try !gone.contains(ExactString($0)) && dataset.columns(of: $0) != nil
        }
        if !emptied.isEmpty { intents.append(.empty(emptied)) }
        return intents
    }
}
