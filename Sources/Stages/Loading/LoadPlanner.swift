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

    private var manifest: Manifest { package.manifest }

    func plan() throws -> LoadPlan {
        let names = SystemNames(package.schema)
        let stored = try transaction.newestState(manifest.pipeline, names)
        let state = try StateMerge(package: package, destination: destination).merged(with: stored?.state)
        let joined = try SchemaJoin(package: package, transaction: transaction, names: names).outcome()
        var schema = joined.schema
        settle(&schema, names)
        let hash = schema.versionHash ?? ""
        var plan = LoadPlan(
            schema: schema, schemaIsNew: try transaction.schema(hash: hash, names) == nil, state: state.state,
            stateIsNew: state.isNew, names: names, loadID: manifest.loadID,
            latestTime: try transaction.latestTime(names))
        plan.steps = try tableSteps(schema, names)
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

    // MARK: Tables

    private func tableSteps(_ schema: Schema, _ names: SystemNames) throws -> [LoadStep] {
        var changes: [LoadStep] = []
        var deletions: [LoadStep] = []
        // In the order in which dlt makes them.
        for name in [names.version, names.state, names.loads] {
            if let table = schema[table: name],
                let change = try change(of: table, existing: transaction.columns(of: name))
            {
                changes.append(change)
            }
        }
        let jobs = loadableJobs(schema)
        let withJobs = Set(jobs.map { ExactString($0.table) })
        let replaced = replacedTables(schema, withJobs)
        for table in schema.tables where !names.contains(table.name) && table.hasSeenData {
            let isReplaced = replaced.contains(ExactString(table.name))
            guard isReplaced || withJobs.contains(ExactString(table.name)) else { continue }
            let existing = try transaction.columns(of: table.name)
            if let change = try change(of: table, existing: existing) { changes.append(change) }
            if isReplaced && existing != nil { deletions.append(.deleteRows(table: table.name)) }
        }
        let insertions = jobs.filter { $0.rows > 0 }.map { job in
            LoadStep.insertRows(
                RowInsert(table: job.table, columns: schema[table: job.table]?.completeColumns ?? [], job: job))
        }
        return changes + deletions + insertions
    }

    private func loadableJobs(_ schema: Schema) -> [Manifest.Job] {
        manifest.jobs.filter { schema.writeDisposition(of: $0.table) != .skip }
    }

    /// Every table of a chain that is replaced, whether rows came for it or not.
    private func replacedTables(_ schema: Schema, _ withJobs: Set<ExactString>) -> Set<ExactString> {
        var replaced: Set<ExactString> = []
        for name in withJobs where schema.writeDisposition(of: name.text) == .replace {
            guard let root = schema.root(of: name.text) else { continue }
            for table in schema.chain(from: root.name) { replaced.insert(ExactString(table.name)) }
        }
        return replaced
    }

    /// What a table lacks at the destination; nil when nothing.
    private func change(of table: Table, existing: [String]?) throws -> LoadStep? {
        // A column without a name exists in dlt's schemas only, not in its tables.
        let columns = table.completeColumns.filter { !$0.name.isEmpty }
        try checkNames(table, columns)
        let known = Set((existing ?? []).map(folded))
        let missing = columns.filter { !known.contains(folded($0.name)) }
        guard !missing.isEmpty else { return nil }
        try checkCount(table, known.count + missing.count)
        let change = TableChange(table: table.name, columns: missing)
        return existing == nil ? .createTable(change) : .addColumns(change)
    }

    /// A name as the destination compares it.
    private func folded(_ name: String) -> ExactString {
        guard destination.capabilities.foldsCase else { return ExactString(name) }
        return ExactString(
            String(decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self))
    }

    private func checkNames(_ table: Table, _ columns: [Column]) throws {
        if let longest = destination.capabilities.maxIdentifierLength {
            for name in [table.name] + columns.map(\.name) where name.unicodeScalars.count > longest {
                throw LoadFailure(
                    .permanent, .data,
                    "unable to load table \"\(table.name)\": the name \"\(name)\" has \(name.unicodeScalars.count) "
                        + "characters, the destination holds \(longest)",
                    hint: "run the whole pipe again with dlt-normalize --max-identifier-length \(longest)")
            }
        }
        var seen: [ExactString: String] = [:]
        for column in columns {
            if let other = seen.updateValue(column.name, forKey: folded(column.name)) {
                throw LoadFailure(
                    .permanent, .data,
                    "unable to load table \"\(table.name)\": the columns \"\(other)\" and \"\(column.name)\" are one "
                        + "column to this destination, which does not tell capital from small letters",
                    hint: "run the whole pipe again with a naming convention that does not either, such as snake_case")
            }
        }
    }

    private func checkCount(_ table: Table, _ count: Int) throws {
        guard let most = destination.capabilities.maxColumns, count > most else { return }
        throw LoadFailure(
            .permanent, .data,
            "unable to load table \"\(table.name)\": it would have \(count) columns, the destination allows \(most)",
            hint:
                "run the whole pipe again with a lower dlt-normalize --max-table-nesting, which keeps nested objects as json, "
                + "or with --columns declaring the widest object as json")
    }
}
