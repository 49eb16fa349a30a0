import DestinationKinds
import Destinations
import Failures
import JSONText
import LoadPackages
import ProgramSupport
import RunJournals
import Schemas
import SystemIO

/// Loads packages, waiting ones together in one transaction, and keeps the spool in step with the destination.
///
/// The order makes it safe to end the program at any instant: first the destination commits, then the committed schema,
/// state and home are written, then the packages move. The next program finds the load ids at the destination and
/// continues from there. While rows are on their way, only the packages are locked, and the home by a shared lock:
/// other programs of the pipeline can continue.
final class Loader {
    struct Settings {
        var url: DestinationURL
        /// Other destinations, which get the same packages first.
        var also: [DestinationURL] = []
        var dataset: String?
        var lockTimeout: Double
        /// The number of packages that stay whole after loading.
        var keepLoaded: Int
        /// Load even if a package of the same run key was loaded.
        var again: Bool
        /// How to replace tables whose stream does not name a strategy.
        var replaceStrategy: ReplaceStrategy?
        /// The indexes of new tables; nil for the destination's default.
        var indexes: IndexChoice?
        var mode: Mode
        /// `--data-dir`, as the user gave it.
        var dataDirectory: String?

        var commands: NextCommands {
            NextCommands(url: url, also: also, dataset: dataset, dataDirectory: dataDirectory)
        }
    }

    enum Mode: Equatable {
        case load
        /// Print what would be done.
        case dryRun
        /// Print the statements.
        case sql
    }

    let settings: Settings
    let messages: Messages
    private let open: (DestinationTarget) throws(DestinationError) -> any Destination
    private let progress: ProgressLine
    private let writesJSON: Bool
    /// By destination: the others in their order, then the main one.
    private var reports: [LoadReport]
    private var transfers: [String: [PackageTransfer]] = [:]
    /// The failures of packages that can never be loaded, while others were loaded.
    private var failures: [ProgramError] = []
    /// The pipelines whose packages were loaded into their home, by the folders of their spools.
    private var visited: [String: Spool] = [:]
    var refusals: [(spool: Spool, run: String)] = []
    /// The newest loaded package of each.
    private var newestLoaded: [String: LoadID] = [:]

    /// - Parameter open: creates the connector of a URL, for a pipeline's dataset.
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

    /// The transfer into the main destination, for a pipeline's packages.
    func transfer(for pipeline: String) throws -> PackageTransfer {
        let all = try transfers(for: pipeline)
        return all[all.count - 1]
    }

    /// The transfers into all of them; the main one last, since a package moves on when the main one has it.
    private func transfers(for pipeline: String) throws -> [PackageTransfer] {
        if let known = transfers[pipeline] { return known }
        let made = try (settings.also + [settings.url]).map { url in
            let target = DestinationTarget(
                url: url, dataset: settings.dataset, pipeline: pipeline, lockTimeout: settings.lockTimeout,
                dataDirectory: settings.dataDirectory)
            let destination: any Destination
            do throws(DestinationError) { destination = try open(target) } catch { throw LoadFailure(error) }
            return PackageTransfer(destination, settings, messages: messages, progress: progress)
        }
        transfers[pipeline] = made
        return made
    }

    /// Refuses URLs that cannot be used, even if there was nothing to load into them.
    func examineDestinations() throws {
        guard transfers.isEmpty else { return }
        // Any name will do: only a dataset is named after the pipeline.
        do { _ = try transfers(for: "pipeline") } catch { throw LoadFailure(error)?.error ?? error }
    }

    /// Loads into the destinations besides the main one.
    func loadBeside(_ packages: [PackageReader], of pipeline: String) throws {
        for (index, transfer) in try transfers(for: pipeline).dropLast().enumerated() {
            let results: [PackageTransfer.Result]
            do { results = try transfer.load(packages) } catch {
                // Running the pipe again would cause the same conflict, since the package is correct at its home.
                guard let failure = LoadFailure(error), failure.meaning == .conflict else { throw error }
                throw LoadFailure(
                    .waits, .configuration, failure.error.message,
                    hint:
                        "that is not the pipeline's home: \(settings.commands.push(pipeline, to: settings.also[index])) writes its "
                        + "state there; or leave out --also")
            }
            for result in results { try tell(result.manifest, result.outcome, at: index) }
            add(transfer.effects, at: index)
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
            if settings.mode == .load { RunRecorder.open(spool, destination: settings.url.masked) }
            try SpoolLoad(self, spool.reportingWaits { [messages = messages] in messages.note($0) }).load(
                Array(together))
        }
    }

    /// Loads a package that stays in its place, or shows what that would do.
    func loadAlone(_ place: PackagePlace) throws {
        do { try loadApart(place) } catch {
            if isStop(error) { throw stopped(hint: "run the same command again") }
            throw LoadFailure(error)?.error ?? error
        }
    }

    /// The same, with unchanged errors.
    func loadApart(_ place: PackagePlace) throws {
        guard Files.exists(place.path) else {
            throw ProgramError(
                .noInput, "unable to open package \(place.path): No such file or directory",
                hint: "dlt-normalize and dlt-state packages print the paths of packages")
        }
        let manifest = try place.manifest()
        if PackageReader.isTrimmed(place.path) { return try confirm(manifest, place) }
        if settings.mode != .load { return try preview(place) }
        let package = try place.open()
        try loadBeside([package], of: manifest.pipeline)
        let transfer = try transfer(for: manifest.pipeline)
        let committed = try transfer.load(package)
        try tell(committed.manifest, committed.outcome)
        add(transfer.effects)
        RunRecorder.tables(transfer.tables, of: manifest.pipeline)
    }

    /// The rows of a loaded package are gone, so this can only check that each destination has it.
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

    // MARK: Reports

    /// - Parameter index: the index of the destination; the main one by default.
    func tell(_ manifest: Manifest, _ outcome: LoadReport.Outcome, at index: Int? = nil) throws {
        let index = index ?? reports.count - 1
        reports[index].add(manifest, outcome)
        RunRecorder.package(
            RunPackage(
                at: Clock.nowMicroseconds(), loadID: manifest.loadID.text,
                outcome: outcome == .present ? .present : .loaded, rows: manifest.rows, runKey: manifest.runKey,
                destination: reports[index].destination, dataset: settings.dataset), of: manifest.pipeline)
        guard writesJSON else { return }
        let line = LoadReport.line(manifest, outcome, destination: reports[index].destination)
        try Descriptor.standardOutput.writeAll(JSONValue.object(line).serialized() + "\n")
    }

    /// Counts the effects of a transfer on existing rows.
    func add(_ effects: RowEffects, at index: Int? = nil) { reports[index ?? reports.count - 1].add(effects) }

    var hasFailures: Bool { !failures.isEmpty }

    /// Keeps the failure of a package for the end, while others are loaded.
    func keep(_ failure: ProgramError) { failures.append(failure) }

    /// Records a pipeline whose packages were loaded into its home.
    func visit(_ spool: Spool, _ id: LoadID) {
        visited[spool.path] = spool
        newestLoaded[spool.path] = max(newestLoaded[spool.path] ?? id, id)
    }

    /// - Parameter isOver: false when an error is reported as well: then only the work before it is reported here.
    func summarize(isOver: Bool) {
        for report in reports where isOver && failures.isEmpty || report.packages > 0 {
            report.summarize(planned: settings.mode != .load, messages)
        }
        for (_, spool) in visited.sorted(by: { $0.key < $1.key }) { tellWaiting(spool) }
    }

    /// Whether something of this run was loaded, or would be.
    var hasLoaded: Bool { reports.contains { $0.packages + $0.present > 0 } }

    /// Reports packages that have failed.
    ///
    /// - Throws: the only failure, or the status of the first of several.
    func finish() throws {
        for (spool, run) in refusals { _ = spool.takeRefusal(of: run) }
        guard let first = failures.first else { return }
        if failures.count == 1 { throw first }
        tellFailures()
        throw ExitStatusSignal(first.status)
    }

    /// The same, when another error ends the program.
    func tellFailures() { for failure in failures { messages.error(failure) } }

    /// Reports the number of waiting packages that are older than those of this run.
    private func tellWaiting(_ spool: Spool) {
        guard settings.mode == .load, let waiting = try? spool.packages(.waiting), !waiting.isEmpty,
            let newest = newestLoaded[spool.path], let home = try? spool.home(),
            let isHere = try? isHome(home, of: spool.pipeline)
        else { return }
        let older = waiting.filter { $0 < newest }
        guard let oldest = older.first else { return }
        let (commands, isOne) = (settings.commands, older.count == 1)
        let place = isHere ? "this destination" : home.destination ?? "its first load"
        let load = isHere ? "\(commands.load(spool.pipeline)) loads \(isOne ? "it" : "them"), " : ""
        let named = older.count == waiting.count ? ["--all-waiting"] : older.map(\.text)
        let drop = commands.packages("drop", spool.pipeline, named)
        messages.note(
            "\(NumberText.count(older.count, of: "older package")) of \(spool.pipeline) \(isOne ? "waits" : "wait") for "
                + "\(place) (since \(LoadReport.time(of: oldest)) UTC): \(load)\(drop) gives \(isOne ? "it" : "them") up",
            [("pipeline", .text(spool.pipeline)), ("older_waiting", .count(older.count))])
    }

    func isStop(_ error: any Error) -> Bool { error is Stopped || (error as? DestinationError)?.kind == .stopped }

    func stopped(hint: String) -> Stopped { Stopped(hint: hint) }
}
