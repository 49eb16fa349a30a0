import DestinationKinds
import Destinations
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RunJournals
import Schemas
import SystemIO

/// Transfers the packages of one pipeline into its destination, or shows what that would do.
final class PackageTransfer {
    struct Result {
        let manifest: Manifest
        let outcome: LoadReport.Outcome
        let schema: Schema
        let state: PipelineState
    }

    let destination: any Destination
    /// What the last load did, by table.
    var tables: [RunTable] { tableTimes.lines(effects) }
    private var tableTimes = TableTimes()
    /// The effects of the last load on existing rows.
    private(set) var effects = RowEffects()
    private let settings: Loader.Settings
    private let messages: Messages
    private let progress: ProgressLine
    /// Open for reading, with the dataset as it would be after the packages whose plans were shown.
    private var preview: (session: any DestinationSession, dataset: DatasetView)?

    init(
        _ destination: any Destination, _ settings: Loader.Settings, messages: Messages, progress: ProgressLine
    ) {
        self.destination = destination
        self.settings = settings
        self.messages = messages
        self.progress = progress
    }

    // MARK: Loading

    func load(_ package: PackageReader) throws -> Result { try load([package])[0] }

    /// Loads packages in one session: all of them or, after an error, none. The results are the same as if they were
    /// loaded one after the other.
    ///
    /// - Returns: one result for each, in their order.
    func load(_ packages: [PackageReader]) throws -> [Result] {
        effects = RowEffects()
        tableTimes = TableTimes()
        if packages.isEmpty { return [] }
        for package in packages { try PackageCheck(package: package, destination: destination).check() }
        let session = try destination.open(.write)
        defer { session.abandon() }
        let memory = PlanMemory()
        var dataset = session.dataset
        try askAhead(about: packages, &dataset, memory)
        var results: [Result] = []
        var records: [SystemRows] = []
        var notes: [String] = []
        var counter = RowCounter(total: packages.reduce(0) { $0 + $1.manifest.rows })
        // Planned but not applied yet.
        var run: [PlannedPackage] = []
        for package in packages {
            if let (present, note) = try alreadyThere(package, dataset, memory.names(of: package)) {
                try session.cleanUp(memory.names(of: package))
                if let note { notes.append(note) }
                results.append(present)
                continue
            }
            let plan = try planner(package, dataset, memory).plan()
            // While packages only append, later plans find the tables as the earlier ones do.
            let isAlone = !plan.load.onlyAppends || destination.kind.atomicity != .transaction
            if isAlone {
                try apply(run, session, &counter)
                run = []
            }
            run.append(PlannedPackage(plan: plan, package: package))
            tableTimes.add(package.manifest, plan.load.intents)
            if isAlone {
                try apply(run, session, &counter)
                run = []
            }
            dataset.layRecords(plan.load, plan.records)
            records.append(plan.records)
            results.append(
                Result(manifest: package.manifest, outcome: .loaded, schema: plan.schema, state: plan.state))
        }
        try apply(run, session, &counter)
        if !records.isEmpty {
            try session.commit(records)
            effects = session.effects
            progress.finish()
        }
        for note in notes { messages.note(note) }
        return results
    }

    private struct PlannedPackage {
        let plan: LoadPlan
        let package: PackageReader
    }

    func planner(
        _ package: PackageReader, _ dataset: DatasetView, _ memory: PlanMemory = PlanMemory()
    ) -> LoadPlanner {
        LoadPlanner(
            package: package, destination: destination, dataset: dataset, replaceStrategy: settings.replaceStrategy,
            indexes: settings.indexes, memory: memory)
    }

    /// Checks at once which of many packages are already there.
    private func askAhead(
        about packages: [PackageReader], _ dataset: inout DatasetView, _ memory: PlanMemory
    ) throws {
        guard packages.count > 1 else { return }
        let names = memory.names(of: packages[0])
        let asked = packages.filter { memory.names(of: $0) == names }.map(\.manifest)
        try dataset.ask(
            about: asked.map(\.loadID.text), identities: asked.filter(comparesRuns).compactMap(\.loadID.identity),
            names)
    }

    /// Whether a package is skipped if another one of its run key was loaded.
    private func comparesRuns(_ manifest: Manifest) -> Bool {
        manifest.runKey != nil && !settings.again && !manifest.again
    }

    /// The earlier load of the package, if there is one: by its id, or by its run key, which is reported to users.
    private func alreadyThere(
        _ package: PackageReader, _ dataset: DatasetView, _ names: SystemNames
    ) throws -> (present: Result, note: String?)? {
        let manifest = package.manifest
        var note: String?
        if try !dataset.hasLoad(manifest.loadID.text, names) {
            guard comparesRuns(manifest), let identity = manifest.loadID.identity,
                let other = try dataset.load(identity: identity, names)
            else { return nil }
            note = "package \(manifest.loadID) is the same run as load \(other); --again loads it nevertheless"
        }
        let present = Result(
            manifest: manifest, outcome: .present,
            schema: try dataset.newestSchema(manifest.schemaName, names)?.schema ?? package.schema,
            state: try dataset.newestState(manifest.pipeline, names)?.state
                ?? PipelineState(pipeline: manifest.pipeline))
        return (present, note)
    }

    /// The inserted rows, and whether every job has had the rows that it promises.
    struct RowCounter {
        /// The rows of all packages of the session.
        let total: Int
        private(set) var count = 0
        private var job: (job: Manifest.Job, package: PackageReader, before: Int)?

        init(total: Int) { self.total = total }

        mutating func add(_ rows: Int) { count += rows }

        mutating func begin(_ job: Manifest.Job, of package: PackageReader) throws {
            try end()
            self.job = (job, package, count)
        }

        /// The next rows belong to another job.
        mutating func end() throws {
            guard let (job, package, before) = job else { return }
            guard count - before == job.rows else {
                throw PackageDamage("\(package.path(of: job)) has \(count - before) rows instead of \(job.rows)")
            }
            self.job = nil
        }
    }

    /// Applies a plan in a session.
    func apply(_ plan: LoadPlan, _ package: PackageReader, _ session: any DestinationSession) throws {
        var counter = RowCounter(total: package.manifest.rows)
        try apply([PlannedPackage(plan: plan, package: package)], session, &counter)
    }

    /// Applies plans in a session, and checks that every job has the rows that it promises.
    private func apply(
        _ run: [PlannedPackage], _ session: any DestinationSession, _ counter: inout RowCounter
    ) throws {
        if run.isEmpty { return }
        tableTimes.step(nil)
        let places = Dictionary(run.enumerated().map { ($1.plan.load.loadID, $0) }) { first, _ in first }
        try session.apply(run.map(\.plan.load)) { load, job in
            guard let planned = places[load].map({ run[$0] }) else { preconditionFailure("rows of another load") }
            try counter.begin(job, of: planned.package)
            return try self.rows(of: job, planned.plan, planned.package)
        } progress: { step in
            switch step {
            case .step:
                try counter.end()
                tableTimes.step(nil)
            case .merging(let table):
                tableTimes.step(table)
                progress.update("\(table): merging", [])
            case .inserted(let rows, let table):
                counter.add(rows)
                tableTimes.step(table)
                progress.update(
                    "\(table): \(NumberText.rows(counter.count)) of \(NumberText.count(counter.total))",
                    [
                        ("table", .text(table)), ("rows", .count(counter.count)), ("total", .count(counter.total)),
                    ])
            }
            if StopSignal.requested { throw Stopped() }
        }
        tableTimes.step(nil)
        try counter.end()
    }

    private func rows(of job: Manifest.Job, _ plan: LoadPlan, _ package: PackageReader) throws -> JobFile {
        guard let conversions = plan.conversions[ExactString(job.table)] else {
            return JobFile(job: job, path: package.path(of: job)) { try package.blocks(of: job) }
        }
        return JobFile(job: job, path: nil) {
            BlockReader(
                source: RowConverter(try package.blocks(of: job), table: job.table, conversions: conversions),
                maximumLineBytes: .max >> 1, skipsByteOrderMark: false)
        }
    }

    // MARK: Showing

    /// The plan of a package, as if the packages before it had been loaded; nil when it was loaded before.
    func preview(_ package: PackageReader) throws -> LoadPlanText? {
        try PackageCheck(package: package, destination: destination).check()
        if preview == nil {
            let session = try destination.open(.read)
            preview = (session, session.dataset)
        }
        guard let preview else { return nil }
        if let (_, note) = try alreadyThere(package, preview.dataset, SystemNames(package.schema)) {
            if let note { messages.note(note) }
            return nil
        }
        guard let printing = preview.session as? any PlanPrinting else {
            throw ProgramError(
                .usage, "unable to show the plan of a load into \(destination.location): it cannot show one",
                hint: "leave out --dry-run and --sql")
        }
        let plan = try planner(package, preview.dataset).plan()
        let text = try printing.plan(plan.load, plan.records, now: Clock.nowMicroseconds())
        try self.preview?.dataset.lay(plan.load, plan.records)
        return text
    }
}
