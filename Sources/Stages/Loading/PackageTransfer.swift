import Destinations
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// Brings the packages of one pipeline into its destination, a session each, or shows what that would do.
final class PackageTransfer {
    struct Result {
        let manifest: Manifest
        let outcome: LoadReport.Outcome
        let schema: Schema
        let state: PipelineState
    }

    private let destination: any Destination
    private let settings: Loader.Settings
    private let messages: Messages
    private let progress: ProgressLine
    private let stopped: Stopped
    /// Open for reading, with the dataset as it would be after the packages whose plans were shown.
    private var preview: (session: any DestinationSession, dataset: DatasetView)?

    init(
        _ destination: any Destination, _ settings: Loader.Settings, messages: Messages, progress: ProgressLine,
        stopped: Stopped
    ) {
        self.destination = destination
        self.settings = settings
        self.messages = messages
        self.progress = progress
        self.stopped = stopped
    }

    // MARK: Loading

    func load(_ package: PackageReader) throws -> Result {
        try PackageCheck(package: package, destination: destination).check()
        let session = try destination.open(.write)
        defer { session.abandon() }
        let dataset = session.dataset
        if let present = try alreadyThere(package, dataset) {
            try session.cleanUp(SystemNames(package.schema))
            return present
        }
        let plan = try planner(package, dataset).plan()
        try apply(plan, package, session)
        try session.commit([plan.records])
        progress.finish()
        return Result(manifest: package.manifest, outcome: .loaded, schema: plan.schema, state: plan.state)
    }

    func planner(_ package: PackageReader, _ dataset: DatasetView) -> LoadPlanner {
        LoadPlanner(
            package: package, destination: destination, dataset: dataset, replaceStrategy: settings.replaceStrategy,
            indexes: settings.indexes)
    }

    /// What the destination has, when the package was loaded before: by its id, or by the run key it stands for.
    private func alreadyThere(_ package: PackageReader, _ dataset: DatasetView) throws -> Result? {
        let manifest = package.manifest
        let names = SystemNames(package.schema)
        if try !dataset.hasLoad(manifest.loadID.text, names) {
            guard manifest.runKey != nil, !settings.again, !manifest.again, let identity = manifest.loadID.identity,
                let other = try dataset.load(identity: identity, names)
            else { return nil }
            messages.note("package \(manifest.loadID) is the same run as load \(other); --again loads it nevertheless")
        }
        return Result(
            manifest: manifest, outcome: .present,
            schema: try dataset.newestSchema(manifest.schemaName, names)?.schema ?? package.schema,
            state: try dataset.newestState(manifest.pipeline, names)?.state
                ?? PipelineState(pipeline: manifest.pipeline))
    }

    /// Applies a plan in a session, and checks that every job has the rows that it promises.
    func apply(_ plan: LoadPlan, _ package: PackageReader, _ session: any DestinationSession) throws {
        var rowCount = 0
        var rowsOfJobs: [(job: Manifest.Job, before: Int)] = []
        func check() throws {
            guard let (job, before) = rowsOfJobs.popLast() else { return }
            guard rowCount - before == job.rows else {
                throw PackageDamage("\(package.path(of: job)) has \(rowCount - before) rows instead of \(job.rows)")
            }
        }
        try session.apply(plan.load) { job in
            try check()
            rowsOfJobs.append((job, rowCount))
            return try self.rows(of: job, plan, package)
        } progress: { step in
            switch step {
            case .step:
                try check()
            case .merging(let table): progress.update("\(table): merging", [])
            case .inserted(let rows, let table):
                rowCount += rows
                progress.update(
                    "\(table): \(NumberText.rows(rowCount)) of \(NumberText.count(package.manifest.rows))",
                    [("table", .text(table)), ("rows", .count(rowCount))])
            }
            if StopSignal.requested { throw stopped }
        }
        try check()
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
        guard let preview, try alreadyThere(package, preview.dataset) == nil else { return nil }
        guard let printing = preview.session as? any PlanPrinting else {
            throw ProgramError(
                .usage, "unable to show the plan of a load into \(destination.location): this destination has no plans",
                hint: "leave out --dry-run and --sql")
        }
        let plan = try planner(package, preview.dataset).plan()
        let text = try printing.plan(plan.load, plan.records, now: Clock.nowMicroseconds())
        try self.preview?.dataset.lay(plan.load, plan.records)
        return text
    }
}
