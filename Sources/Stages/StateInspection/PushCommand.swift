import ArgumentParser
import DestinationKinds
import Destinations
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// Writes a pipeline's committed state to a destination.
struct PushCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Write a pipeline's state and schemas to a destination.",
        discussion: """
            Use it for a destination that has lost its state, or that takes over from another one. It is one load without rows. \
            Waiting packages are not pushed; dlt-load loads them. State there that is newer is kept, unless --force is given.
            """)

    static let examples = ["dlt-state push sqlite:///github.db --pipeline github"]

    @Argument(
        help: "URL of the destination, such as sqlite:///path/to/file.db.", completion: URLCompletion.urls)
    var url: String

    @Option(help: ArgumentHelp("Name of the dataset.", valueName: "name"))
    var dataset: String?

    @Flag(help: "Write the state even if the destination's is newer.")
    var force = false

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        let spool = try common.spool()
        common.record(changeOf: spool)
        let schemas = try spool.committedSchemaNames().compactMap { try spool.committedSchema($0) }
        guard !schemas.isEmpty else {
            throw ProgramError(
                .noInput, "unable to push: pipeline '\(spool.pipeline)' has not committed anything yet",
                hint: "load its packages with dlt-load")
        }
        let pushed = try StatePush(url: url, dataset: dataset, dataDirectory: common.dataDirectory, force: force).push(
            spool, schemas)
        if output.json {
            var object: JSONObject = ["pipeline": .string(spool.pipeline), "pushed": .bool(pushed != nil)]
            object["load_id"] = pushed.map { .string($0.loadID.text) }
            object["state_version"] = pushed.map { .integer($0.state.version) }
            try Output.write(.object(object), json: true)
        }
        if let pushed {
            common.messages.summary(
                "wrote state version \(pushed.state.version) of '\(spool.pipeline)' to \(pushed.location)")
        } else {
            common.messages.note("the destination has this state already")
        }
    }
}
