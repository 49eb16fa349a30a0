package import ArgumentParser
package import Destinations
import LoadPackages
package import ProgramSupport
import SystemIO

/// What `dlt-load` can be told, and the flow from there.
package struct LoadOptions: ParsableArguments {
    package static let configuration = CommandConfiguration(
        commandName: "dlt-load",
        abstract: "Load packages of normalized rows into a database, each in one transaction.",
        discussion: """
            Reads PACKAGE lines, as dlt-normalize prints them, or paths from standard input when no package is named. \
            Loading the same package again changes nothing.

            EXIT STATUS
            \(ExitStatus.table)
            """,
        version: Version.text)

    @Argument(
        help: ArgumentHelp(
            "Where to load: sqlite:///file.db, sqlite:////folder/file.db, postgresql://user@host/database.",
            valueName: "url"))
    var url: String

    @Argument(help: ArgumentHelp("Folders of packages; default: as standard input names them.", valueName: "package"))
    var packages: [String] = []

    @Flag(help: "Load what waits in the spool for this destination.")
    var pending = false

    @Option(
        help: ArgumentHelp(
            "Dataset to load into (SQLite: main, the file itself; PostgreSQL: PIPELINE_dataset).", valueName: "name"))
    var dataset: String?

    enum ReplaceStrategy: String, CaseIterable, ExpressibleByArgument {
        case truncateAndInsert = "truncate-and-insert"
        case insertFromStaging = "insert-from-staging"
        case stagingOptimized = "staging-optimized"
    }

    @Flag(help: "Print what would be done; change nothing.")
    var dryRun = false

    @Flag(help: "Print the SQL instead of running it.")
    var sql = false

    @Option(
        help: ArgumentHelp("Keep the newest N loaded packages whole; of others the manifest stays.", valueName: "n"))
    var keepLoaded = 0

    @Option(
        help: ArgumentHelp(
            "How tables are replaced: truncate-and-insert, insert-from-staging, staging-optimized; otherwise rows are deleted "
                + "and inserted, and nobody sees the table without rows.", valueName: "strategy"))
    var replaceStrategy: ReplaceStrategy?

    @Flag(help: "Load a package even if one of the same run key was loaded before.")
    var again = false

    @Option(help: ArgumentHelp("Wait so long for the lock of another program.", valueName: "seconds"))
    var lockTimeout = 60.0

    @OptionGroup package var output: JSONOption
    @OptionGroup package var progress: ProgressOption
    @OptionGroup package var common: CommonOptions

    package init() {}

    package func validate() throws {
        if pending && !packages.isEmpty { throw ValidationError("'--pending' and packages cannot be named together.") }
        if keepLoaded < 0 { throw ValidationError("'--keep-loaded' must not be negative.") }
        if lockTimeout < 0 { throw ValidationError("'--lock-timeout' must not be negative.") }
    }

    /// Runs the program.
    ///
    /// - Parameter destinations: the connectors it is built with.
    package func run(destinations: [any Destination.Type]) throws {
        StopSignal.install()
        StopSignal.ignoreSIGPIPE()
        let messages = common.messages
        let (url, type) = try destination(destinations)
        let loader = Loader(
            Loader.Settings(
                url: url, dataset: dataset, lockTimeout: lockTimeout, keepLoaded: keepLoaded, again: again,
                replaceStrategy: replaceStrategy?.rawValue, mode: sql ? .sql : dryRun ? .dryRun : .load),
            type: type, messages: messages, progress: progress.line(messages), writesJSON: output.json)
        var status = ExitCode.success
        do {
            if pending {
                for place in try PendingPackages(options: self, loader: loader).places() { try loader.load(place) }
            } else if !packages.isEmpty {
                for path in packages { try loader.load(PackagePlace(path)) }
            } else {
                status = try PackageLines(messages: messages).read { try loader.load(PackagePlace($0)) }
            }
        } catch {
            if loader.report.packages > 0 { loader.report.summarize(url.masked, planned: sql || dryRun, messages) }
            throw error
        }
        loader.report.summarize(url.masked, planned: sql || dryRun, messages)
        if !status.isSuccess { throw status }
    }

    private func destination(
        _ known: [any Destination.Type]
    ) throws(ProgramError) -> (DestinationURL, any Destination.Type) {
        let schemes = known.flatMap { $0.schemes }.map { $0 + "://" }.joined(separator: ", ")
        guard let url = DestinationURL(url) else {
            throw ProgramError(
                .usage, "unable to load into '\(DestinationURL.masked(url))': it is not the URL of a destination",
                hint: "write for example sqlite:///name.db; known are \(schemes)")
        }
        guard let type = known.first(where: { $0.schemes.contains(url.scheme) }) else {
            throw ProgramError(
                .usage, "unable to load into \(url.masked): no destination is known by \(url.scheme)://",
                hint: "known are \(schemes)")
        }
        return (url, type)
    }
}
