import DataContracts
import Identifiers
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RecordStreams
import Schemas
import SystemIO

/// The package that a run fills: base, schema, state, rows.
final class PackageJob {
    let normalizer: RecordNormalizer
    /// The run key has made a package already: the input is read, and that package is handed on.
    let isReplay: Bool
    private let spool: Spool
    private let request: NormalizeRequest
    private let writer: PackageWriter
    private let base: PackageBase
    private let naming: Naming
    private let overlay: SchemaOverlay?
    private let identifierLimit: Int
    private let messages: Messages
    private let report: (EvolutionEvent) -> Void
    private let there: (id: LoadID, place: Spool.Place)?

    private var roots: [(stream: String, root: RecordNormalizer.Root, hints: StreamHints)] = []
    /// Tables that are not named after their stream.
    private var tableNames: [ExactString: String] = [:]
    /// State as it is after the last STATE.
    private var state: StateTree
    private var stateIsNew = false
    private var lastCheckpoint: (mark: PackageWriter.Mark, schema: Schema, state: StateTree)?
    private var startingOver: StartingOver?

    init(
        _ request: NormalizeRequest, pipeline: String, refresh: RefreshMode?, tape: JSONTape, frames: FrameQueue,
        messages: Messages, report: @escaping (EvolutionEvent) -> Void
    ) throws {
        self.request = request
        self.messages = messages
        self.report = report
        spool = try request.spool(pipeline)
        try spool.prepare()
        let table: String? = if case .table(let name) = request.mode { name } else { nil }
        let overlay = try request.overlay.map { try SchemaOverlay($0, table: table) }
        self.overlay = overlay
        let schemaName = try overlay?.name ?? PackageJob.schemaName(of: pipeline)
        base = try spool.base(schema: schemaName)
        var schema =
            try base.schema ?? overlay?.asSchema(name: schemaName, naming: request.naming)
            ?? Schema(name: schemaName, naming: request.naming ?? "snake_case")
        identifierLimit = try request.identifierLimit ?? spool.home().identifierLimit ?? 63
        let stored = schema.normalizers["names"]?.stringValue ?? "snake_case"
        let said = overlay?.document["normalizers"]?["names"]?.stringValue
        naming = try PackageJob.naming(request.naming ?? said ?? stored, limit: identifierLimit)
        try PackageJob.checkChange(of: &schema, from: stored, to: naming)
        try overlay?.apply(to: &schema, naming)
        // Said on the command line, a contract is the schema's too, as with dlt's run().
        if let contract = request.hints.contract { schema.settings["schema_contract"] = contract }
        try PackageJob.checkContracts(of: schema)
        try ColumnFilters.check(schema)
        PackageJob.addSystemTables(to: &schema, naming, try HintRules(settings: schema.settings))

        let identity = request.runKey.map { LoadID.identity(runKey: $0) }
        let spool = spool
        there = request.again ? nil : try identity.flatMap { try spool.package(withIdentity: $0) }
        isReplay = there != nil
        writer = try PackageWriter(
            spool: spool, after: base.loadID, identity: identity, rotation: request.rotation,
            buffering: request.buffering, frames: frames)
        state = base.state
        startingOver = try refresh.map { StartingOver($0, source: try PackageJob.schemaName(of: pipeline)) }
        normalizer = try RecordNormalizer(
            schema: schema, naming: naming, tape: tape, loadID: writer.loadID.text,
            nowSeconds: Double(Clock.nowMicroseconds()) / 1e6, output: writer, report: report)
    }

    private static func schemaName(of pipeline: String) throws -> String {
        do { return try defaultSchemaName(ofPipeline: pipeline) } catch {
            throw ProgramError(.usage, "unable to name a schema after pipeline \(pipeline): \(error)")
        }
    }

    private static func naming(_ name: String, limit: Int) throws -> Naming {
        do { return try Naming(named: name, maxLength: limit) } catch {
            throw ProgramError(.configuration, "unable to use naming convention \(name): \(error)")
        }
    }

    /// Once there is data the naming convention stays: another one could rename what is there (dlt 1.31 refuses it too).
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

    /// A new schema gets the state table too, because a load always brings the state along, and the names that the
    /// convention gives dlt's tables.
    private static func addSystemTables(to schema: inout Schema, _ naming: Naming, _ rules: HintRules) {
        if !schema.tables.contains(where: { $0.resource == SystemTables.stateName }) {
            var state = SystemTables.state
            // dlt meets this column in the data, so the rules for names apply to it, unlike to the declared ones.
            state.put(rules.column(named: SystemColumns.id, .text, isVariant: false))
            schema.put(state)
        }
        guard naming.normalizeTablesPath(SystemTables.versionName) != SystemTables.versionName else { return }
        schema.renameTables { SystemTables.isSystemName($0) ? naming.normalizeTablesPath($0) : $0 }
    }

    var loadID: String { writer.loadID.text }

    /// Appends rows that were made ahead of their turn; false, and nothing was appended, when one of their tables is reached by
    /// other keys here.
    func append(_ runs: ArraySlice<BlockResult.Run>, of result: BlockResult) throws -> Bool {
        var tables: [RowTable] = []
        for run in runs {
            let table = normalizer.counterpart(of: run.table)
            guard table.fragments == run.table.fragments else { return false }
            tables.append(table)
        }
        for (run, table) in zip(runs, tables) where !run.rows.isEmpty {
            let rows = result.rows(of: run.handle)
            try writer.append(
                UnsafeBufferPointer(rebasing: rows.buffer.bytes[run.bytes]),
                lengths: UnsafeBufferPointer(rebasing: rows.lengths.elements[run.rows]), to: table.output)
            table.rows += run.rows.count
        }
        return true
    }

    // MARK: Streams

    private func tableName(of stream: String) -> String {
        naming.normalizeTablesPath(tableNames[ExactString(stream)] ?? stream)
    }

    func open(table stream: String, hints: StreamHints) throws -> RecordNormalizer.Root {
        tableNames[ExactString(stream)] = hints.tableName
        let name = tableName(of: stream)
        guard !name.isEmpty else {
            throw ProgramError(.data, "unable to name a table after stream \"\(stream)\"", hint: "use --table NAME")
        }
        try refuseSystemTable(name, stream)
        startOver(stream)
        // A run that does not say how to write appends, as in dlt, whatever an earlier one said.
        var hints = hints
        if hints.writeDisposition == nil {
            hints.writeDisposition = try givenDisposition(stream: stream) ?? .append
        }
        let root: RecordNormalizer.Root
        if let known = place(of: stream) {
            root = roots[known].root
            roots[known].hints = hints
        } else {
            root = normalizer.root(name)
            roots.append((stream, root, hints))
        }
        let naming = naming
        normalizer.hint(root) { [hints] schema in
            try hints.apply(to: &schema, table: name, resource: stream, naming: naming)
        }
        return root
    }

    /// By bytes: streams whose names look the same are two.
    private func place(of stream: String) -> Int? {
        roots.firstIndex { ExactString($0.stream) == ExactString(stream) }
    }

    /// Records that went there would tell what only a load may: which loads were done, and what the pipeline remembers.
    private func refuseSystemTable(_ name: String, _ stream: String) throws {
        let system = [SystemTables.versionName, SystemTables.loadsName, SystemTables.stateName].map {
            naming.normalizeTablesPath($0)
        }
        // Some databases do not tell capital from small letters.
        guard system.contains(where: { $0.lowercased() == name.lowercased() }) else { return }
        throw ProgramError(
            .data, "unable to take stream \"\(stream)\": its table would be \(name), which only loads write to",
            hint: "give it another name with --table")
    }

    private func startOver(_ stream: String) {
        guard var starting = startingOver, !isReplay else { return }
        var state = state
        normalizer.edit { starting.begin(stream, &$0, &state) }
        if state != self.state { stateIsNew = true }
        self.state = state
        startingOver = starting
    }

    func needsCompleteSet(stream: String) -> String? {
        guard let opened = place(of: stream).map({ roots[$0] }) else { return nil }
        return opened.hints.needsCompleteSet(table: normalizer.schema[table: opened.root.name])
    }

    /// Nothing was loaded before this run into the table that a stream gets.
    func tableIsEmpty(stream: String) -> Bool {
        base.schema?[table: tableName(of: stream)]?.hasSeenData != true
    }

    /// What the schema file says of how a stream's table is written.
    func givenDisposition(stream: String) throws -> WriteDispositionHint? {
        try overlay?.writeDisposition(of: tableName(of: stream), naming)
    }

    /// Lets the package replace the table of a stream, whatever was said when it was opened.
    func replaceTable(of stream: String) throws {
        guard let known = place(of: stream) else { return }
        let root = roots[known].root
        try normalizer.prepare(root)
        let hints = StreamHints(writeDisposition: try WriteDispositionHint(.string("replace")))
        roots[known].hints.writeDisposition = hints.writeDisposition
        try normalizer.edit { try hints.apply(to: &$0, table: root.name, resource: stream, naming: naming) }
    }

    // MARK: State

    /// Refuses a stream with state whose extract started from another state than this package: what it remembers would be put
    /// in place of what it never saw. A stream without state has nothing to lose.
    func check(base said: StreamHeader.Base) throws {
        let isSame =
            if let hash = said.sourcesHash { hash == base.state.contentHash() } else {
                said.stateHash == base.stateHash && said.loadID == base.loadID?.text
            }
        guard !isSame else { return }
        throw ProgramError(
            .temporary,
            "unable to continue pipeline \(spool.pipeline): another run has advanced its state since extract began",
            hint: "run the whole pipe again")
    }

    /// What is remembered of the versions of a stream's rows. It lies beside the state of sources, which comes as a whole.
    func versions(of stream: String) -> StreamVersions {
        StreamVersions(remembered: state[PackageJob.versionsSubtree(stream)])
    }

    func remember(_ versions: StreamVersions, of stream: String) {
        let subtree = PackageJob.versionsSubtree(stream)
        guard state[subtree] != versions.remembered else { return }
        state[subtree] = versions.remembered
        stateIsNew = true
    }

    private static func versionsSubtree(_ stream: String) -> StateTree.Subtree {
        StateTree.Subtree(source: "singer_versions", resource: stream)
    }

    func update(state value: StateTree) {
        for subtree in value.subtrees { state[subtree] = value[subtree] }
        stateIsNew = true
        checkpoint()
    }

    func update(singerState value: JSONValue) {
        state[StateTree.Subtree(source: normalizer.schema.name, resource: nil)] = ["singer_state": value]
        stateIsNew = true
        checkpoint()
    }

    /// Everything so far is published, whatever comes after.
    func checkpoint() { lastCheckpoint = (writer.mark(), normalizer.schema, state) }

    /// Gives up what came after the last STATE, or after the last stream that ended well.
    func cutToCheckpoint() throws {
        if let lastCheckpoint {
            try writer.cut(to: lastCheckpoint.mark)
            normalizer.edit { $0 = lastCheckpoint.schema }
            state = lastCheckpoint.state
        } else {
            try writer.cut(to: .start)
            normalizer.edit { $0 = base.schema ?? $0 }
            state = base.state
            gaveUpEverything = true
        }
    }

    private var gaveUpEverything = false

    // MARK: The end

    /// Nothing is new, perhaps because an earlier run was stopped after it had published: what it made is not
    /// extracted again, so it is handed on, and running the pipe again finishes the work.
    private func handOnWaiting(_ outcome: inout Normalizer.Outcome) throws {
        guard let waiting = base.chainEnd else { return }
        let lock = try spool.lock(.shared)
        let path = spool.path(of: waiting, in: .waiting)
        if try spool.packages(.waiting).contains(waiting) {
            outcome.package = (waiting, path, try PackageReader.manifest(path).rows)
            outcome.handsOnWaiting = true
        }
        _ = consume lock
    }

    func publish() throws -> Normalizer.Outcome {
        var outcome = Normalizer.Outcome(
            pipeline: spool.pipeline, tables: normalizer.rowCounts, nullOnlyColumns: normalizer.nullOnlyColumns)
        if let there {
            writer.abandon()
            // Since it was looked for, somebody may have loaded it.
            guard let found = try spool.find(there.id) else {
                throw ProgramError(
                    .temporary, "package \(there.id), which the run key has made before, was dropped meanwhile",
                    hint: "run the whole pipe again")
            }
            outcome.package = (there.id, found.path, found.manifest.rows)
            outcome.wasThere = true
            return outcome
        }
        try checkQuality()
        for opened in roots where writer.rows(of: opened.root.output) == 0 {
            guard let table = normalizer.schema[table: opened.root.name], table.hasSeenData,
                opened.hints.writeDisposition?.disposition ?? table.writeDisposition == .replace
            else { continue }
            try normalizer.prepare(opened.root)
            writer.ensureJob(of: opened.root.output)
        }
        var schema = normalizer.schema
        let jobs = try writer.finish()
        outcome.tables = PackageJob.rowCounts(jobs)
        for job in jobs where job.rows > 0 { schema.update(table: job.table) { $0.hasSeenData = true } }
        try checkBound(schema, jobs)
        if let stored = base.schema { schema.succeed(stored) } else { schema.bump() }

        let changes = state.changes(since: base.state)
        let removals = state.removals(since: base.state)
        let refresh = startingOver?.tables ?? Manifest.Refresh()
        let isNothing =
            jobs.isEmpty && changes.sources.isEmpty && removals.isEmpty && refresh.isEmpty
            && schema.versionHash == base.schema?.versionHash
        if isNothing || gaveUpEverything {
            writer.abandon()
            if isNothing { try handOnWaiting(&outcome) }
            return outcome
        }
        var subtrees = JSONObject()
        for subtree in changes.subtrees + removals {
            subtrees[subtree.key] = base.state.hash(of: subtree).map { .string($0) } ?? .null
        }
        var manifest = Manifest(
            loadID: writer.loadID, runKey: request.runKey, pipeline: spool.pipeline, schemaName: schema.name,
            schemaHash: schema.versionHash ?? "", identifierLimit: identifierLimit,
            base: Manifest.Base(
                stateVersion: base.stateVersion, stateHash: base.stateHash, schemaHash: base.schema?.versionHash,
                loadID: base.loadID, subtrees: subtrees),
            jobs: jobs)
        manifest.again = request.again
        manifest.refresh = refresh
        manifest.replaceStrategies = replaceStrategies
        let path = try writer.publish(manifest, schema: schema, state: stateIsNew ? changes : nil)
        outcome.package = (writer.loadID, path, manifest.rows)
        return outcome
    }

    private var replaceStrategies: [ExactString: String] {
        var strategies: [ExactString: String] = [:]
        for opened in roots {
            if let strategy = opened.hints.writeDisposition?.replaceStrategy {
                strategies[ExactString(opened.root.name)] = strategy
            }
        }
        return strategies
    }

    /// The metrics of the models of this run's tables, over its records.
    private func checkQuality() throws {
        var broken: [String] = []
        for opened in roots {
            for finding in normalizer.quality(of: opened.root) {
                report(.qualityViolated(finding, table: opened.root.name))
                if !finding.isWarning { broken.append("table \(opened.root.name), \(finding.text)") }
            }
        }
        guard let first = broken.first else { return }
        throw ProgramError(
            .data,
            "unable to publish: \(first)"
                + (broken.count > 1 ? "; and \(broken.count - 1) more metrics are out of range" : ""),
            hint: "nothing was published; correct the data, or the quality section of the contract")
    }

    /// What is in the package, which is less than was normalized when it was cut back.
    private static func rowCounts(_ jobs: [Manifest.Job]) -> [(table: String, rows: Int)] {
        var counts: [(table: String, rows: Int)] = []
        for job in jobs where job.rows > 0 {
            if let last = counts.last, ExactString(last.table) == ExactString(job.table) {
                counts[counts.count - 1].rows += job.rows
            } else {
                counts.append((job.table, job.rows))
            }
        }
        return counts
    }

    /// A column that must not be null but never got a type cannot be created.
    private func checkBound(_ schema: Schema, _ jobs: [Manifest.Job]) throws {
        for table in schema.dataTables where table.hasSeenData {
            guard let column = table.columns.first(where: { !$0.isComplete && !$0.isNullable }) else { continue }
            throw ProgramError(
                .data,
                "unable to create column \(column.name) of table \(table.name): it must not be null, but no value came "
                    + "that could give it a type",
                hint: "check the key's name, or give the column a type with --columns")
        }
    }

    func abandon() { writer.abandon() }
}
