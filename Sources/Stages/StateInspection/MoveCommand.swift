import ArgumentParser
import Destinations
import Failures
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport

/// Makes another destination a pipeline's home.
struct MoveCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "move", abstract: "Make another destination the home of a pipeline.",
        discussion: """
            Its state and schemas are written there, so that the next run goes on from where the last one ended, and waiting packages \
            are loaded there. Loaded rows stay where they are. A database that was moved with its rows has the state already: then \
            only the home changes.
            """)

    static let examples = ["dlt-state move postgresql://me@db/warehouse --pipeline github"]

    @Argument(
        help: "URL of the destination, such as sqlite:///path/to/file.db.", completion: URLCompletion.urls)
    var url: String

    @Option(help: ArgumentHelp("Name of the dataset.", valueName: "name"))
    var dataset: String?

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        let spool = try common.spool()
        common.record(changeOf: spool)
        let home = try spool.home()
        let destination = try Connection.open(
            url, dataset: dataset, pipeline: spool.pipeline, dataDirectory: common.dataDirectory)
        guard let old = home.destination else {
            throw ProgramError(
                .noInput, "unable to move '\(spool.pipeline)': it was never loaded, and has no home yet",
                hint: "the first dlt-load makes its destination the home")
        }
        if old == destination.location, home.dataset == destination.dataset {
            common.messages.note("'\(spool.pipeline)' is at home in \(old) already")
            return
        }
        let schemas = try spool.committedSchemaNames().compactMap { try spool.committedSchema($0) }
        let pushed =
            schemas.isEmpty
            ? nil
            : try StatePush(url: url, dataset: dataset, dataDirectory: common.dataDirectory).push(
                spool, schemas, becomesHome: true)
        let waiting = try spool.packages(.waiting).count
        if output.json {
            try Output.write(
                [
                    "pipeline": .string(spool.pipeline), "from": .string(old), "to": .string(destination.location),
                    "dataset": .string(destination.dataset), "pushed": .bool(pushed != nil),
                    "waiting": .integer(waiting),
                ], json: true)
        }
        common.messages.summary(
            "'\(spool.pipeline)' is at home in \(destination.location) now; rows that were loaded stay in \(old)",
            [("pipeline", .text(spool.pipeline)), ("waiting", .count(waiting))])
        if waiting > 0 {
            let words =
                ["dlt-load", url] + (dataset.map { ["--dataset", $0] } ?? []) + [
                    "--pending", "--pipeline", spool.pipeline,
                ]
            common.messages.hint(
                "\(words.map { ShellWord.quoted($0) }.joined(separator: " ")) loads "
                    + NumberText.count(waiting, of: "waiting package"))
        }
    }
}
