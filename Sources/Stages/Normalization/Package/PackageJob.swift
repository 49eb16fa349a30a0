import Identifiers
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RecordChanges
import RecordStreams
import Schemas
import SystemIO

/// The package of a run: base, schema, state, rows.
final class PackageJob {
    let normalizer: RecordNormalizer
    let spool: Spool
    /// The folder for the package of a run that publishes none.
    let checkFolder: CheckFolder?
    let request: NormalizeRequest
    let writer: PackageWriter
    /// nil unless origins are kept.
    let origins: OriginKeeper?
    let base: PackageBase
    let naming: Naming
    private let overlay: SchemaOverlay?
    let identifierLimit: Int
    let report: (EvolutionEvent) -> Void
    /// The package that the run key made before: the input is read, and that package is passed on.
    let madeBefore: LoadID?

    private(set) var roots: [(stream: String, root: RecordNormalizer.Root, hints: StreamHints)] = []
    /// The changes of the records of streams.
    private(set) var changes: [ExactString: ChangeTree] = [:]
    /// Tables that are not named after their stream.
    private var tableNames: [ExactString: String] = [:]
    /// State after the last STATE.
    var state: StateTree
    var stateIsNew = false
    /// The part that is published whatever happens after: rows, schema and state of that moment.
    var lastCheckpoint: (mark: PackageWriter.Mark, aside: PackageAside.Mark, schema: Schema, state: StateTree)?
    var startingOver: StartingOver?
    /// Streams whose tables this run replaces because of their contents.
    private(set) var replacedStreams: Set<ExactString> = []
    /// Tables for which the way of writing was given.
    var toldTables: Set<ExactString> = []
    /// Reports settings that apply without being requested.
    var note: (String) -> Void = { _ in }
    let aside: PackageAside
    /// Whether no part of the input has reached a checkpoint.
    var gaveUpEverything = false

    init(
        _ request: NormalizeRequest, pipeline: String, refresh: RefreshMode?, tape: JSONTape, frames: FrameQueue,
        report: @escaping (EvolutionEvent) -> Void
    ) throws {
        self.request = request
        self.report = report
        spool = try request.spool(pipeline)
        RunRecorder.isAbout(spool)
        checkFolder = try request.isCheck ? CheckFolder(pipeline) : nil
        if !request.isCheck { try spool.prepare() }
        let table: String? = if case .table(let name) = request.mode { name } else { nil }
        let overlay = try request.overlay.map { try SchemaOverlay($0, table: table) }
        self.overlay = overlay
        let schemaName = try overlay?.name ?? PackageJob.schemaName(of: pipeline)
        base = try spool.base(schema: schemaName)
        identifierLimit = try request.identifierLimit ?? spool.home().identifierLimit ?? 63
        let opening = try OpeningSchema(
            request, name: schemaName, stored: base.schema, overlay, identifierLimit: identifierLimit)
        naming = opening.naming

        let identity = request.runKey.map { LoadID.identity(runKey: $0) }
        let spool = spool
        madeBefore =
            request.again || request.isCheck ? nil : try identity.flatMap { try spool.package(withIdentity: $0)?.id }
        writer = try PackageWriter(
            spool: checkFolder?.spool ?? spool, after: base.loadID, identity: identity, rotation: request.rotation,
            buffering: request.buffering, frames: frames)
        origins = request.keepsOrigins ? OriginKeeper(writer) : nil
        RunRecorder.open(spool, base: base.document, runKey: request.runKey)
        aside = PackageAside(request, spool, writer.loadID)
        if !request.isCheck { try spool.deliverPendingLines() }
        state = base.state
        startingOver = try refresh.map { StartingOver($0, source: try PackageJob.schemaName(of: pipeline)) }
        normalizer = try RecordNormalizer(
            schema: opening.schema, naming: naming, tape: tape, loadID: writer.loadID.text,
            nowSeconds: Double(Clock.nowMicroseconds()) / 1e6, output: origins ?? writer, report: report)
        origins?.isRoot = { [unowned normalizer] in normalizer.isRoot($0) }
    }

    var isReplay: Bool { madeBefore != nil }

    private static func schemaName(of pipeline: String) throws -> String {
        do { return try defaultSchemaName(ofPipeline: pipeline) } catch {
            throw ProgramError(.usage, "unable to name a schema after pipeline \(pipeline): \(error)")
        }
    }

    var loadID: String { writer.loadID.text }

    /// Appends rows that were made ahead of their turn; returns false, and appends nothing, if one of their tables is
    /// reached by other keys here.
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
        // Before a run that starts over forgets them.
        let (rules, tree) = try request.changes.rules(of: name, normalizer.schema[table: name])
        try refuseOrigins(ofChanged: rules, table: name)
        changes[ExactString(stream)] = tree
        try startOver(stream)
        var hints = hints.changed(by: rules, naming)
        try settleDisposition(of: stream, table: name, &hints)
        let root: RecordNormalizer.Root
        if let known = place(of: stream) {
            root = roots[known].root
            roots[known].hints = hints
        } else {
            root = normalizer.root(name)
            roots.append((stream, root, hints))
        }
        let naming = naming
        root.cells = hints.cellTypes.map { CellTypes($0, naming) }
        // The changes of the schema file are known now, those of hints when they are added to the schema.
        try refuseOtherTypes(of: name, in: normalizer.schema, contractsDecide: false)
        normalizer.hint(root) { [hints, unowned self] schema in
            try hints.apply(to: &schema, table: name, resource: stream, naming: naming)
            try refuseOtherTypes(of: name, in: schema, contractsDecide: true)
            let remembered = schema[table: name]?.properties[ChangeRules.hint]
            guard !rules.isEmpty || remembered != nil else { return }
            schema.update(table: name) { $0.properties[ChangeRules.hint] = rules.isEmpty ? nil : rules.document }
        }
        return root
    }

    /// By bytes: streams whose names look the same may differ.
    private func place(of stream: String) -> Int? {
        roots.firstIndex { ExactString($0.stream) == ExactString(stream) }
    }

    /// A line that can be looked up has the values that the table must not have.
    private func refuseOrigins(ofChanged rules: ChangeRules, table: String) throws {
        guard origins != nil, rules.hides else { return }
        throw ProgramError(
            .usage, "unable to keep the origins of table \(table): an earlier run has set values of it to be hidden",
            hint: "leave out --keep-origins, or stop hiding them with --keep PATH")
    }

    /// Only a load may write there: which loads were done, and what the pipeline remembers.
    private func refuseSystemTable(_ name: String, _ stream: String) throws {
        let system = [SystemTables.versionName, SystemTables.loadsName, SystemTables.stateName].map {
            naming.normalizeTablesPath($0)
        }
        // Some databases do not distinguish upper from lower case.
        guard system.contains(where: { $0.lowercased() == name.lowercased() }) else { return }
        throw ProgramError(
            .data, "unable to read stream \"\(stream)\": its table would be \(name), which only loads write",
            hint:
                "name its resource otherwise: dlt-extract --resource NAME, or dlt-normalize --table NAME for plain rows"
        )
    }

    private func startOver(_ stream: String) throws {
        guard var starting = startingOver, !isReplay else { return }
        var state = state
        try normalizer.edit { schema in
            starting.begin(stream, &schema, &state)
            // The schema file's settings of tables apply to the new ones.
            guard starting.dropsTables else { return }
            try overlay?.apply(to: &schema, naming, nesting: request.hints.maximumNesting)
        }
        if state != self.state { stateIsNew = true }
        self.state = state
        startingOver = starting
    }

    func needsCompleteSet(stream: String) -> String? {
        guard let opened = place(of: stream).map({ roots[$0] }) else { return nil }
        return opened.hints.needsCompleteSet(table: normalizer.schema[table: opened.root.name])
    }

    /// Whether the stream's table has no rows of earlier runs.
    func tableIsEmpty(stream: String) -> Bool {
        startingOver != nil && !isReplay || base.schema?[table: tableName(of: stream)]?.hasSeenData != true
    }

    /// The schema file's setting for writing a stream's table.
    func givenDisposition(stream: String) throws -> WriteDispositionHint? {
        try overlay?.writeDisposition(of: tableName(of: stream), naming)
    }

    /// Lets the package replace the table of a stream, whatever the setting when it was opened.
    func replaceTable(of stream: String) throws {
        guard let known = place(of: stream) else { return }
        let root = roots[known].root
        try normalizer.prepare(root)
        replacedStreams.insert(ExactString(stream))
        let hints = StreamHints(writeDisposition: .replace)
        roots[known].hints.writeDisposition = hints.writeDisposition
        try normalizer.edit { try hints.apply(to: &$0, table: root.name, resource: stream, naming: naming) }
    }

    func abandon() {
        writer.abandon()
        aside.abandon()
        checkFolder?.remove()
    }
}
