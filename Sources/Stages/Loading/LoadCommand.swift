import ArgumentParser
import DestinationKinds
import Destinations
import Failures
import LoadPackages
import ProgramSupport
import RecordStreams
import RunJournals
import Schemas
import SystemIO

/// `dlt-load` with the options of one kind of destination and those that all share.
struct LoadCommand<Target: Destination>: GuidedCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "dlt-load",
            abstract: "Load packages of normalized rows into a database, each whole or not at all.",
            discussion: """
                Reads PACKAGE lines, as dlt-normalize prints them, or paths from standard input when no package is named. \
                Loading the same package again changes nothing.

                Some destinations have options of their own: 'dlt-load URL --help' lists them.
                """,
            version: Version.text)
    }

    static var examples: [String] {
        [
            "dlt-extract files users.json | dlt-normalize | dlt-load sqlite:///app.db",
            "dlt-load postgresql://me@db/warehouse --pending --pipeline github",
            "dlt-load sqlite:///app.db --pending --dry-run",
        ]
    }

    static var optionGroups: [OptionGroupTitle] {
        [
            OptionGroupTitle("What is loaded, and where", ["--pending", "--dataset", "--also", "--again"]),
            OptionGroupTitle("Looking first", ["--dry-run", "--sql"]),
            OptionGroupTitle("How tables are written", ["--replace-strategy", "--indexes"]),
            OptionGroupTitle("The spool and locks", ["--keep-loaded", "--lock-timeout"]),
        ]
    }

    @Argument(
        help: ArgumentHelp(
            "Where to load: \(LoadHelp.examples).", valueName: "url"), completion: URLCompletion.urls)
    var url: String

    @Argument(
        help: ArgumentHelp("Folders of packages (default: those that standard input names).", valueName: "package"),
        completion: URLCompletion.restOfURL)
    var packages: [String] = []

    @Flag(help: "Load the packages that wait in the spool for this destination.")
    var pending = false

    @Option(
        help: ArgumentHelp(
            "Load into this destination as well; may be repeated. A package waits until all destinations have it.",
            valueName: "url"), completion: URLCompletion.urls)
    var also: [String] = []

    @Option(
        help: ArgumentHelp(
            "Dataset to load into (\(LoadHelp.datasets)).", valueName: "name"))
    var dataset: String?

    @Flag(help: "Print what a load would do, and change nothing.")
    var dryRun = false

    @Flag(help: "Print the SQL instead of running it.")
    var sql = false

    @Option(
        help: ArgumentHelp("Keep the newest N loaded packages; of older ones only the manifest stays.", valueName: "n"))
    var keepLoaded = 0

    @Option(
        help: ArgumentHelp(
            "How tables are replaced: \(ReplaceStrategy.names.joined(separator: ", ")). By default rows are deleted and inserted in one "
                + "transaction, so that readers never see an empty table.", valueName: "strategy"))
    var replaceStrategy: ReplaceStrategy?

    @Option(
        help: ArgumentHelp(
            "Indexes of new tables: none; unique, for columns with that hint; lookup, also for joins of nested tables with their "
                + "parents (default: \(LoadHelp.indexes)).", valueName: "what"))
    var indexes: IndexChoice?

    @Flag(help: "Load a package even if one with the same run key was loaded before.")
    var again = false

    @Option(help: ArgumentHelp("Seconds to wait for a lock that another program holds.", valueName: "seconds"))
    var lockTimeout = 60.0

    // Not as groups of their own: each costs 0.7 million instructions at start.
    @Flag(help: JSONOption.help) var json = false
    @Option(help: ProgressOption.help) var progress = ProgressMode.auto
    @OptionGroup var common: CommonOptions

    @OptionGroup(title: Target.kind.title) var own: Target.Options

    func validate() throws {
        if pending && !packages.isEmpty { throw ValidationError("'--pending' and packages cannot be named together.") }
        if keepLoaded < 0 { throw ValidationError("'--keep-loaded' must not be negative.") }
        if lockTimeout < 0 { throw ValidationError("'--lock-timeout' must not be negative.") }
    }

    func run() throws {
        StopSignal.install()
        StopSignal.ignoreSIGPIPE()
        let messages = common.messages
        if !(dryRun || sql) { common.record(.load) }
        let url = try known(url)
        if let type = KnownDestinations.type(for: url), type != Target.self { LoadProgram.run(type) }
        let also = try also.map { try known($0) }
        for url in [url] + also { try checkIndexes(url) }
        let loader = Loader(
            Loader.Settings(
                url: url, also: also, dataset: dataset, lockTimeout: lockTimeout,
                keepLoaded: keepLoaded, again: again, replaceStrategy: replaceStrategy, indexes: indexes,
                mode: sql ? .sql : dryRun ? .dryRun : .load, dataDirectory: common.dataDir),
            messages: messages, progress: ProgressLine(progress, messages: messages), writesJSON: json, open: open)
        var end = PackageLines.Ending()
        do {
            if pending {
                let places = PendingPackages(
                    dataDirectory: common.dataDirectory, pipeline: common.pipelineName, messages: messages,
                    loader: loader)
                try loader.load(places.places())
            } else if !packages.isEmpty {
                try loader.load(packages.map { PackagePlace($0) })
            } else {
                let data = common.dataDirectory
                end = try PackageLines(messages: messages).read { run, pipelines in
                    try loader.refuse(run, pipelines, dataDirectory: data)
                } _: {
                    try loader.load($0)
                }
                if end.packages == 0, end.status == 0, !loader.hasFailures {
                    for mention in end.pipelines {
                        guard let spool = Spool(dataDirectory: common.dataDirectory, pipeline: mention.name) else {
                            continue
                        }
                        try loader.checkPresence(of: spool, isUnnamed: mention.isUnnamed)
                    }
                }
            }
            if end.status == 0, !loader.hasFailures { try loader.examineDestinations() }
        } catch {
            loader.summarize(isOver: false)
            loader.tellFailures()
            throw error
        }
        conclude(end, loader, url)
        try loader.finish()
        if end.status != 0 { throw ExitCode(end.status) }
    }

    /// The last line reports a failure of an earlier program, so that it does not look like a success.
    private func conclude(_ end: PackageLines.Ending, _ loader: Loader, _ url: DestinationURL) {
        let messages = common.messages
        guard ExitStatus.isFailure(end.status) else { return loader.summarize(isOver: true) }
        // This program has refused the package.
        if loader.hasFailures { return loader.summarize(isOver: false) }
        let ending = "\(end.program) ended with \(end.status)"
        loader.summarize(isOver: false)
        if loader.hasLoaded {
            messages.note("the pipe has failed: \(ending)", [("status", .count(Int(end.status)))])
        } else if end.status == ExitStatus.usage.rawValue {
            // The program that was called wrongly has reported that.
            messages.detail("nothing was loaded into \(url.masked): \(ending)")
        } else {
            messages.summary("nothing was loaded into \(url.masked): \(ending)", [("status", .count(Int(end.status)))])
        }
    }

    /// The connector of a URL. The options of the main destination's kind are parsed; a URL of another kind gets that
    /// kind's defaults.
    private func open(_ target: DestinationTarget) throws(DestinationError) -> any Destination {
        guard let type = KnownDestinations.type(for: target.url), type != Target.self else {
            return try Target(target, own)
        }
        return try LoadCommand.opened(type, target)
    }

    private static func opened<Other: Destination>(
        _ type: Other.Type, _ target: DestinationTarget
    ) throws(DestinationError) -> any Destination {
        guard let options = try? Other.Options.parse([]) else {
            throw DestinationError(
                .usage, "unable to load into \(target.url.masked) as well: it needs its own options",
                hint: "load into it with a separate command that names the packages")
        }
        return try Other(target, options)
    }

    private func checkIndexes(_ url: DestinationURL) throws(ProgramError) {
        guard let indexes, let kind = KnownDestinations.type(for: url)?.kind, !kind.indexChoices.contains(indexes)
        else {
            return
        }
        throw ProgramError(
            .usage, "unable to make indexes (\(indexes.rawValue)) in \(kind.title): \(kind.indexObstacle)",
            hint: "leave out --indexes")
    }

    /// The URL of a known destination.
    private func known(_ text: String) throws(ProgramError) -> DestinationURL {
        let beginnings = KnownDestinations.beginnings
        guard let url = DestinationURL(text) else {
            throw ProgramError(
                .usage, "unable to load into '\(DestinationURL.masked(text))': it is not the URL of a destination",
                hint: "write for example sqlite:///name.db; known are \(beginnings)")
        }
        guard KnownDestinations.type(for: url) != nil else {
            throw ProgramError(
                .usage, "unable to load into \(url.masked): no destination is known by \(url.scheme)://",
                hint: "known are \(beginnings)")
        }
        return url
    }
}

extension ReplaceStrategy: ExpressibleByArgument {
    /// With hyphens or underscores.
    package init?(argument: String) { self.init(rawValue: argument.replacing("_", with: "-")) }
}
extension IndexChoice: ExpressibleByArgument {}

/// The parts of the help that depend on the kinds of destinations.
private enum LoadHelp {
    static var examples: String { KnownDestinations.kinds.flatMap(\.examples).joined(separator: ", ") }

    /// The default indexes of destinations.
    static var indexes: String {
        KnownDestinations.kinds.compactMap { kind in
            guard let usual = kind.indexChoices.first, usual != .nothing else { return nil }
            return "\(kind.title) \(usual.rawValue), "
        }.joined() + "otherwise none"
    }

    static var datasets: String {
        KnownDestinations.kinds.map { "\($0.title): \($0.defaultDataset)" }.joined(separator: "; ")
    }
}
