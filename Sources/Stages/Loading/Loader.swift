import DestinationKinds
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
        var replaceStrategy: ReplaceStrategy?
        /// What is indexed in tables that are made; nil for what the destination does by itself.
        var indexes: IndexChoice?
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
    private let open: (DestinationTarget) throws(DestinationError) -> any Destination
    private let messages: Messages
    private let progress: ProgressLine
    private let writesJSON: Bool
    private(set) var report = LoadReport()
    private var destinations: [String: any Destination] = [:]
    private var transfers: [String: PackageTransfer] = [:]

    /// - Parameter open: makes the connector of the URL, for a pipeline's dataset.
    init(
        _ settings: Settings, messages: Messages, progress: ProgressLine, writesJSON: Bool,
        open: @escaping (DestinationTarget) throws(DestinationError) -> any Destination
    ) {
        self.settings = settings
        self.open = open
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
            let destination = try open(target)
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
        let committed: PackageTransfer.Result
        do {
            committed = try transfer(for: spool.pipeline).load(place.open())
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
        // A URL that is wrong is not to be tried again.
        let url = failure.error.status == .usage ? "URL" : settings.url.masked
        let again = "the package waits: dlt-load \(url) --pending --pipeline \(spool.pipeline)"
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
        let session = try destination.open(.read)
        defer { session.abandon() }
        let dataset = session.dataset
        let names = try spool.committedSchema(name).map { SystemNames($0) } ?? .standard
        let state = try dataset.newestState(spool.pipeline, names)?.state ?? PipelineState(pipeline: spool.pipeline)
        // Whatever clock made the ids there, the next package's is to be greater.
        var home = try spool.home()
        home.latestLoad = try dataset.newestLoad(names) ?? home.latestLoad
        try spool.commit(home)
        if let schema = try dataset.newestSchema(name, names)?.schema {
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
            if settings.mode != .load { return try preview(place) }
            let committed = try transfer(for: pipeline).load(place.open())
            try tell(committed.manifest, committed.outcome)
        } catch {
            throw isStop(error) ? stopped : LoadFailure(error)?.error ?? error
        }
    }

    /// Of a loaded package whose rows are gone, all that can be done is to see that the destination has it.
    private func confirm(_ manifest: Manifest, _ place: PackagePlace) throws {
        let session = try destination(for: manifest.pipeline).open(.read)
        defer { session.abandon() }
        let names = try place.spool?.committedSchema(manifest.schemaName).map { SystemNames($0) } ?? .standard
        guard try session.dataset.hasLoad(manifest.loadID.text, names) else {
            throw LoadFailure(
                .waits, .data,
                "unable to load package \(manifest.loadID): it was loaded elsewhere before, and only its manifest was kept",
                hint: "make the package again with dlt-normalize --again; --keep-loaded keeps packages whole")
        }
        try tell(manifest, .present)
    }

    // MARK: At the destination

    /// Loads a package, or shows what that would do.
    private func transfer(for pipeline: String) throws -> PackageTransfer {
        if let known = transfers[pipeline] { return known }
        let transfer = PackageTransfer(
            try destination(for: pipeline), settings, messages: messages, progress: progress,
            stopped: stopped)
        transfers[pipeline] = transfer
        return transfer
    }

    private func tell(_ manifest: Manifest, _ outcome: LoadReport.Outcome) throws {
        report.add(manifest, outcome)
        guard writesJSON else { return }
        let line = LoadReport.line(manifest, outcome, destination: settings.url.masked)
        try Descriptor.standardOutput.writeAll(JSONValue.object(line).serialized() + "\n")
    }

    /// Prints the plan of a package, as if the packages before it had been loaded.
    private func preview(_ place: PackagePlace) throws {
        let package = try place.open()
        let plan = try transfer(for: package.manifest.pipeline).preview(package)
        let printer = PlanPrinter(manifest: package.manifest, plan: plan, url: settings.url.masked)
        let text =
            settings.mode == .sql ? printer.sql() : writesJSON ? printer.json().serialized() + "\n" : printer.text()
        try Descriptor.standardOutput.writeAll(text)
        report.add(package.manifest, plan == nil ? .present : .planned)
    }

    private func isStop(_ error: any Error) -> Bool { (error as? DestinationError)?.kind == .stopped }

    private var stopped: Stopped {
        Stopped(hint: "the package waits; run the same command again, or dlt-load \(settings.url.masked) --pending")
    }
}
