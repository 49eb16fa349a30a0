import Destinations
import Failures
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// Loads packages, one transaction each, and keeps the spool in step with the destination.
///
/// The order makes it safe to be ended at any instant: first the destination commits, then the committed schema, state
/// and home are written, then the package moves. Whoever comes next finds the load id at the destination and goes on
/// from there.
final class Loader {
    struct Settings {
        var url: DestinationURL
        var dataset: String?
        var lockTimeout: Double
        /// Packages that stay whole after loading.
        var keepLoaded: Int
        /// Load even if a package of the same run key was loaded.
        var again: Bool
        /// The way to replace tables whose stream did not name one.
        var replaceStrategy: String?
        var mode: Mode
    }

    enum Mode: Equatable {
        case load
        /// Tell what would be done.
        case dryRun
        /// Print the statements.
        case sql
    }

    private let settings: Settings
    private let type: any Destination.Type
    private let messages: Messages
    private let progress: ProgressLine
    private let writesJSON: Bool
    private(set) var report = LoadReport()
    private var destinations: [String: any Destination] = [:]
    private var previews: [String: PreviewTransaction] = [:]

    init(_ settings: Settings, type: any Destination.Type, messages: Messages, progress: ProgressLine, writesJSON: Bool)
    {
        self.settings = settings
        self.type = type
        self.messages = messages
        self.progress = progress
        self.writesJSON = writesJSON
    }

    /// Whether this run's destination is the one that a pipeline remembers.
    func isHome(_ home: PipelineHome, of pipeline: String) throws -> Bool {
        let destination = try destination(for: pipeline)
        return home.destination == destination.location && home.dataset == destination.dataset
    }

    private func destination(for pipeline: String) throws -> any Destination {
        if let open = destinations[pipeline] { return open }
        let target = DestinationTarget(
            url: settings.url, dataset: settings.dataset, pipeline: pipeline, lockTimeout: settings.lockTimeout)
        do throws(DestinationError) {
            let destination = try type.init(target, access: settings.mode == .load ? .write : .read)
            destinations[pipeline] = destination
            return destination
        } catch { throw LoadFailure(error) }
    }

    // MARK: One package and what must come before it

    /// Loads a package, and first the waiting packages that it builds on.
    func load(_ place: PackagePlace) throws {
        guard let spool = place.spool, let id = place.id else { return try loadAlone(place) }
        if place.movedTo == .loaded, try !isHome(spool.home(), of: spool.pipeline) {
            return try loadAlone(PackagePlace(spool.path(of: id, in: .loaded)))
        }
        if try wasMoved(place) { return }
        let predecessors = try WaitingPackage.predecessors(of: id, in: spool)
        let places = predecessors.map { PackagePlace(spool: spool, waiting: $0) } + [place]
        for place in places {
            if settings.mode == .load { try load(place, in: spool) } else { try loadAlone(place) }
        }
    }

    /// Whether another program has taken the package in the meantime.
    private func wasMoved(_ place: PackagePlace) throws -> Bool {
        switch place.movedTo {
        case .loaded?:
            messages.detail("package \(Paths.lastComponent(place.path)) was loaded by another program")
            return true
        case .failed?:
            throw LoadFailure(
                .waits, .temporary, "unable to load package \(Paths.lastComponent(place.path)): it has failed before",
                hint: "run the whole pipe again; the package is kept in \(place.spool?.path ?? "")/failed")
        default: return false
        }
    }

    // MARK: In a spool

    private func load(_ place: PackagePlace, in spool: Spool) throws {
        let lock = try lock(spool)
        if try wasMoved(place) { return }
        let destination: any Destination
        do { destination = try self.destination(for: spool.pipeline) } catch let failure as LoadFailure {
            throw waiting(failure, spool)
        }
        var home = try spool.home()
        guard try home.destination == nil || isHome(home, of: spool.pipeline), place.place == .waiting,
            let id = place.id
        else { return try loadAlone(place) }
        let committed: Committed
        do {
            committed = try transfer(place, to: destination)
            // What is there already, and can be read, costs no write.
            let schema = try? spool.committedSchema(committed.schema.name)
            if schema?.versionHash != committed.schema.versionHash { try spool.commit(committed.schema) }
            if (try? spool.committedState()) != committed.state { try spool.commit(committed.state) }
            if home.destination == nil {
                home.destination = destination.location
                home.dataset = destination.dataset
                home.identifierLimit = home.identifierLimit ?? committed.manifest.identifierLimit
                try spool.commit(home)
            }
            try spool.move(id, from: .waiting, to: .loaded)
            try spool.trimLoaded(keeping: settings.keepLoaded)
        } catch {
            throw try settle(LoadFailure(error), error, place, spool, destination)
        }
        _ = consume lock
        try tell(committed.manifest, committed.outcome)
    }

    private func lock(_ spool: Spool) throws -> FileLock {
        do throws(SystemError) {
            return try spool.reportingWaits { [messages = messages] in messages.note($0) }.lock(
                wait: .seconds(settings.lockTimeout))
        } catch {
            guard error.isHeldLock else { throw error }
            throw ProgramError(
                .temporary,
                "unable to lock pipeline \(spool.pipeline): another program has held it for \(Int(settings.lockTimeout)) s",
                hint:
                    "try again when it has ended, or wait longer with --lock-timeout; `fuser \(error.object)` names it")
        }
    }

    /// Decides what becomes of a package that was not loaded, and what to tell about it.
    private func settle(
        _ failure: LoadFailure?, _ error: any Error, _ place: PackagePlace, _ spool: Spool,
        _ destination: any Destination
    ) throws -> any Error {
        if isStop(error) { return stopped }
        guard let failure, let id = place.id else { return error }
        let package = try? WaitingPackage(id, in: spool)
        // Nobody is to wait for what can never be loaded.
        let isOver =
            failure.meaning == .conflict || (failure.meaning == .permanent && package?.mayKeepOthersWaiting == true)
        guard isOver else { return waiting(failure, spool) }
        let moved = try fail(id, spool)
        if failure.meaning == .conflict || package?.changesState == true {
            try refresh(spool, from: destination, schema: moved.schema)
        }
        let others = moved.ids.count > 1 ? ", with \(moved.ids.count - 1) that build on it," : ""
        messages.note("package \(id)\(others) is kept in \(spool.path)/failed")
        return failure.error
    }

    private func waiting(_ failure: LoadFailure, _ spool: Spool) -> ProgramError {
        let again = "the package waits: dlt-load \(settings.url.masked) --pending --pipeline \(spool.pipeline)"
        let hint = failure.error.hint.map { "\($0); \(again)" } ?? again
        return ProgramError(failure.error.status, failure.error.message, hint: hint)
    }

    /// Moves a package and all that build on it to `failed/`.
    private func fail(_ id: LoadID, _ spool: Spool) throws -> (ids: [LoadID], schema: String) {
        var ids: [LoadID] = []
        var schema = spool.pipeline
        for waiting in try spool.packages(.waiting) {
            if waiting == id {
                schema = (try? spool.open(id, in: .waiting))?.manifest.schemaName ?? schema
                ids.append(id)
            } else if let package = try? WaitingPackage(waiting, in: spool), package.changesState,
                let base = package.manifest.base.loadID, ids.contains(base)
            {
                ids.append(waiting)
            }
        }
        for id in ids { try spool.move(id, from: .waiting, to: .failed) }
        return (ids, schema)
    }

    /// Makes local state and schema what the destination has, so that the next run starts from there.
    private func refresh(_ spool: Spool, from destination: any Destination, schema name: String) throws {
        let transaction = try destination.begin()
        defer { transaction.rollback() }
        let names = try spool.committedSchema(name).map { SystemNames($0) } ?? .standard
        let state = try transaction.newestState(spool.pipeline, names)?.state ?? PipelineState(pipeline: spool.pipeline)
        // Whatever clock made the ids there, the next package's is to be greater.
        var home = try spool.home()
        home.latestLoad = try transaction.newestLoad(names) ?? home.latestLoad
        try spool.commit(home)
        if let schema = try transaction.newestSchema(name, names)?.schema {
            try spool.commit(schema)
        } else {
            try spool.forgetSchema(name)
        }
        try spool.commit(state)
    }

    // MARK: Elsewhere

    /// Loads a package that stays where it is.
    private func loadAlone(_ place: PackagePlace) throws {
        guard Files.exists(place.path) else {
            throw ProgramError(
                .noInput, "unable to open package \(place.path): No such file or directory",
                hint: "packages are named by dlt-normalize and by dlt-state packages")
        }
        do {
            let manifest = try PackageReader.manifest(place.path)
            let pipeline = manifest.pipeline
            if PackageReader.isTrimmed(place.path) { return try confirm(manifest, place) }
            let destination = try destination(for: pipeline)
            if settings.mode != .load { return try preview(place, destination) }
            let committed = try transfer(place, to: destination)
            try tell(committed.manifest, committed.outcome)
        } catch {
            throw isStop(error) ? stopped : LoadFailure(error)?.error ?? error
        }
    }

    /// Of a loaded package whose rows are gone, all that can be done is to see that the destination has it.
    private func confirm(_ manifest: Manifest, _ place: PackagePlace) throws {
        let transaction = try destination(for: manifest.pipeline).begin()
        defer { transaction.rollback() }
        let names = try place.spool?.committedSchema(manifest.schemaName).map { SystemNames($0) } ?? .standard
        guard try transaction.hasLoad(manifest.loadID.text, names) else {
            throw LoadFailure(
                .waits, .data,
                "unable to load package \(manifest.loadID): it was loaded elsewhere before, and only its manifest was kept",
                hint: "make the package again with dlt-normalize --again; --keep-loaded keeps packages whole")
        }
        try tell(manifest, .present)
    }

    // MARK: One transaction

    private struct Committed {
        let manifest: Manifest
        let outcome: LoadReport.Outcome
        let schema: Schema
        let state: PipelineState
    }

    private func transfer(_ place: PackagePlace, to destination: any Destination) throws -> Committed {
        let package = try place.open()
        try PackageCheck(package: package, destination: destination).check()
        let transaction = try destination.begin()
        defer { transaction.rollback() }
        if let present = try alreadyThere(package, transaction) { return present }
        let plan = try planner(package, destination, transaction).plan()
        try execute(plan, package, transaction)
        return Committed(manifest: package.manifest, outcome: .loaded, schema: plan.schema, state: plan.state)
    }

    private func planner(
        _ package: PackageReader, _ destination: any Destination, _ transaction: any DestinationTransaction
    ) -> LoadPlanner {
        LoadPlanner(
            package: package, destination: destination, transaction: transaction,
            replaceStrategy: settings.replaceStrategy)
    }

    private func tell(_ manifest: Manifest, _ outcome: LoadReport.Outcome) throws {
        report.add(manifest, outcome)
        guard writesJSON else { return }
        let line = LoadReport.line(manifest, outcome, destination: settings.url.masked)
        try Descriptor.standardOutput.writeAll(JSONValue.object(line).serialized() + "\n")
    }

    /// Prints the plan of a package, as if the packages before it had been loaded.
    private func preview(_ place: PackagePlace, _ destination: any Destination) throws {
        let package = try place.open()
        let manifest = package.manifest
        try PackageCheck(package: package, destination: destination).check()
        let transaction = try previews[manifest.pipeline] ?? PreviewTransaction(over: destination.begin())
        previews[manifest.pipeline] = transaction
        let isPresent = try alreadyThere(package, transaction) != nil
        let plan =
            isPresent
            ? nil : try planner(package, destination, transaction).plan()
        let printer = PlanPrinter(manifest: manifest, plan: plan, destination: destination, url: settings.url.masked)
        let text =
            settings.mode == .sql ? printer.sql() : writesJSON ? printer.json().serialized() + "\n" : printer.text()
        try Descriptor.standardOutput.writeAll(text)
        if let plan { transaction.adopt(plan, manifest) }
        report.add(manifest, isPresent ? .present : .planned)
    }

    /// What the destination has, when the package was loaded before: by its id, or by the run key it stands for.
    private func alreadyThere(
        _ package: PackageReader, _ transaction: any DestinationTransaction
    ) throws -> Committed? {
        let manifest = package.manifest
        let names = SystemNames(package.schema)
        if try !transaction.hasLoad(manifest.loadID.text, names) {
            guard manifest.runKey != nil, !settings.again, !manifest.again, let identity = manifest.loadID.identity,
                let other = try transaction.load(identity: identity, names)
            else { return nil }
            messages.note("package \(manifest.loadID) is the same run as load \(other); --again loads it nevertheless")
        }
        return Committed(
            manifest: manifest, outcome: .present,
            schema: try transaction.newestSchema(manifest.schemaName, names)?.schema ?? package.schema,
            state: try transaction.newestState(manifest.pipeline, names)?.state
                ?? PipelineState(pipeline: manifest.pipeline))
    }

    private func execute(
        _ plan: LoadPlan, _ package: PackageReader, _ transaction: any DestinationTransaction
    ) throws {
        var rowCount = 0
        for step in plan.steps {
            if StopSignal.requested { throw stopped }
            guard case .insertRows(let rows) = step else {
                if case .merge(let merge) = step { progress.update("\(merge.root.name): merging", []) }
                try transaction.execute(step)
                continue
            }
            let before = rowCount
            try transaction.insert(rows, from: blocks(of: rows, plan, package)) { count in
                rowCount += count
                progress.update(
                    "\(rows.table): \(NumberText.rows(rowCount)) of \(NumberText.count(package.manifest.rows))",
                    [("table", .text(rows.table)), ("rows", .count(rowCount))])
                if StopSignal.requested { throw stopped }
            }
            guard rowCount - before == rows.job.rows else {
                throw PackageDamage(
                    "\(package.path(of: rows.job)) has \(rowCount - before) rows instead of \(rows.job.rows)")
            }
        }
        for step in plan.records(now: Clock.nowMicroseconds()) { try transaction.execute(step) }
        try transaction.commit()
        progress.finish()
    }

    private func blocks(of rows: RowInsert, _ plan: LoadPlan, _ package: PackageReader) throws -> BlockReader {
        let blocks = try package.blocks(of: rows.job)
        guard let conversions = plan.conversions[ExactString(rows.table)] else { return blocks }
        return BlockReader(
            source: RowConverter(blocks, table: rows.table, conversions: conversions), maximumLineBytes: .max >> 1,
            skipsByteOrderMark: false)
    }

    private func isStop(_ error: any Error) -> Bool { (error as? DestinationError)?.kind == .stopped }

    private var stopped: Stopped {
        Stopped(hint: "the package waits; run the same command again, or dlt-load \(settings.url.masked) --pending")
    }
}
