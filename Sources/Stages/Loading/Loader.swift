import DestinationKinds
import Destinations
import Failures
import JSONText
import LoadPackages
import ProgramSupport
import Schemas
import SystemIO

/// Loads packages, those that wait together in one transaction, and keeps the spool in step with the destination.
///
/// The order makes it safe to be ended at any instant: first the destination commits, then the committed schema, state
/// and home are written, then the packages move. Whoever comes next finds the load ids at the destination and goes on
/// from there. While rows are on their way only the packages are held, and the home by its shared lock: other programs of the
/// pipeline go on.
final class Loader {
    struct Settings {
        var url: DestinationURL
        /// Other destinations that get the same packages first.
        var also: [DestinationURL] = []
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

        /// The command that goes on with what waits, for hints: into the same places.
        ///
        /// - Parameter url: instead of the main one.
        func again(_ url: String? = nil) -> String {
            let beside = also.map { " --also \($0.masked)" }.joined()
            return "dlt-load \(url ?? self.url.masked)\(beside)\(dataset.map { " --dataset \($0)" } ?? "") --pending"
        }
    }

    enum Mode: Equatable {
        case load
        /// Tell what would be done.
        case dryRun
        /// Print the statements.
        case sql
    }

    let settings: Settings
    let messages: Messages
    private let open: (DestinationTarget) throws(DestinationError) -> any Destination
    private let progress: ProgressLine
    private let writesJSON: Bool
    /// Of each destination: the others in their order, then the main one.
    private var reports: [LoadReport]
    private var transfers: [String: [PackageTransfer]] = [:]

    /// - Parameter open: makes the connector of a URL, for a pipeline's dataset.
    init(
        _ settings: Settings, messages: Messages, progress: ProgressLine, writesJSON: Bool,
        open: @escaping (DestinationTarget) throws(DestinationError) -> any Destination
    ) {
        self.settings = settings
        self.open = open
        self.messages = messages
        self.progress = progress
        self.writesJSON = writesJSON
        reports = (settings.also + [settings.url]).map { LoadReport(destination: $0.masked) }
    }

    // MARK: Destinations

    /// Whether this run's destination is the one that a pipeline remembers.
    func isHome(_ home: PipelineHome, of pipeline: String) throws -> Bool {
        let destination = try destination(for: pipeline)
        return home.destination == destination.location && home.dataset == destination.dataset
    }

    func destination(for pipeline: String) throws -> any Destination { try transfer(for: pipeline).destination }

    /// Into the main destination, of a pipeline's packages.
    func transfer(for pipeline: String) throws -> PackageTransfer {
        let all = try transfers(for: pipeline)
        return all[all.count - 1]
    }

    /// Into all of them; the main one last, since a package moves on when that has it.
    private func transfers(for pipeline: String) throws -> [PackageTransfer] {
        if let known = transfers[pipeline] { return known }
        let made = try (settings.also + [settings.url]).map { url in
            let target = DestinationTarget(
                url: url, dataset: settings.dataset, pipeline: pipeline, lockTimeout: settings.lockTimeout)
            let destination: any Destination
            do throws(DestinationError) { destination = try open(target) } catch { throw LoadFailure(error) }
            return PackageTransfer(destination, settings, messages: messages, progress: progress, stopped: stopped)
        }
        transfers[pipeline] = made
        return made
    }

    /// Loads into the destinations beside the main one.
    func loadBeside(_ packages: [PackageReader], of pipeline: String) throws {
        for (index, transfer) in try transfers(for: pipeline).dropLast().enumerated() {
            for result in try transfer.load(packages) { try tell(result.manifest, result.outcome, at: index) }
        }
    }

    // MARK: Packages

    /// Loads packages in this order, each after the waiting ones that it builds on.
    func load(_ places: [PackagePlace]) throws {
        var rest = places[...]
        while let first = rest.first {
            guard let spool = first.spool, first.id != nil else {
                try loadAlone(first)
                rest = rest.dropFirst()
                continue
            }
            let together = rest.prefix { $0.spool?.path == spool.path && $0.id != nil }
            rest = rest.dropFirst(together.count)
            try SpoolLoad(self, spool.reportingWaits { [messages = messages] in messages.note($0) }).load(
                Array(together))
        }
    }

    /// Loads a package that stays where it is, or shows what that would do.
    func loadAlone(_ place: PackagePlace) throws {
        guard Files.exists(place.path) else {
            throw ProgramError(
                .noInput, "unable to open package \(place.path): No such file or directory",
                hint: "packages are named by dlt-normalize and by dlt-state packages")
        }
        do {
            let manifest = try place.manifest()
            if PackageReader.isTrimmed(place.path) { return try confirm(manifest, place) }
            if settings.mode != .load { return try preview(place) }
            let package = try place.open()
            try loadBeside([package], of: manifest.pipeline)
            let committed = try transfer(for: manifest.pipeline).load(package)
            try tell(committed.manifest, committed.outcome)
        } catch {
            throw isStop(error) ? stopped : LoadFailure(error)?.error ?? error
        }
    }

    /// Of a loaded package whose rows are gone, all that can be done is to see that each destination has it.
    private func confirm(_ manifest: Manifest, _ place: PackagePlace) throws {
        let names = try place.spool?.committedSchema(manifest.schemaName).map { SystemNames($0) } ?? .standard
        for (index, transfer) in try transfers(for: manifest.pipeline).enumerated() {
            let session = try transfer.destination.open(.read)
            defer { session.abandon() }
            guard try session.dataset.hasLoad(manifest.loadID.text, names) else {
                throw LoadFailure(
                    .waits, .data,
                    "unable to load package \(manifest.loadID) into \(transfer.destination.location): it was loaded "
                        + "before, that destination does not have it, and only its manifest was kept",
                    hint:
                        "make the package again with dlt-normalize --again; next time load it into both destinations at "
                        + "once, with dlt-load URL --also URL, or keep packages whole with --keep-loaded")
            }
            try tell(manifest, .present, at: index)
        }
    }

    /// Prints the plan of a package for each destination, as if the packages before it had been loaded.
    private func preview(_ place: PackagePlace) throws {
        let package = try place.open()
        for (index, transfer) in try transfers(for: package.manifest.pipeline).enumerated() {
            let plan = try transfer.preview(package)
            let printer = PlanPrinter(manifest: package.manifest, plan: plan, url: reports[index].destination)
            let text =
                settings.mode == .sql
                ? printer.sql() : writesJSON ? printer.json().serialized() + "\n" : printer.text()
            try Descriptor.standardOutput.writeAll(text)
            reports[index].add(package.manifest, plan == nil ? .present : .planned)
        }
    }

    // MARK: Telling

    /// - Parameter index: of the destination; the main one when it is not named.
    func tell(_ manifest: Manifest, _ outcome: LoadReport.Outcome, at index: Int? = nil) throws {
        let index = index ?? reports.count - 1
        reports[index].add(manifest, outcome)
        guard writesJSON else { return }
        let line = LoadReport.line(manifest, outcome, destination: reports[index].destination)
        try Descriptor.standardOutput.writeAll(JSONValue.object(line).serialized() + "\n")
    }

    /// - Parameter isOver: false when an error is told besides: then what was done before it is all there is to say.
    func summarize(isOver: Bool) {
        for report in reports where isOver || report.packages > 0 {
            report.summarize(planned: settings.mode != .load, messages)
        }
    }

    /// Something of this run was loaded, or would be.
    var hasLoaded: Bool { reports.contains { $0.packages + $0.present > 0 } }

    func isStop(_ error: any Error) -> Bool { (error as? DestinationError)?.kind == .stopped }

    var stopped: Stopped {
        Stopped(hint: "the package waits; run the same command again, or \(settings.again())")
    }
}
