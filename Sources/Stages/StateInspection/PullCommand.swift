import ArgumentParser
import DestinationKinds
import Destinations
import Failures
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas

/// Restores what a destination knows about a pipeline.
struct PullCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Restore a pipeline's state and schemas from its destination.",
        discussion: """
            Use it on a machine that has never run the pipeline, or that has lost its data directory. State here that is newer than \
            the destination's is kept, unless --force is given. Damaged files are replaced. Waiting packages stay.
            """)

    static let examples = ["dlt-state pull sqlite:///github.db --pipeline github"]

    @Argument(
        help: "URL of the destination, such as sqlite:///path/to/file.db.", completion: URLCompletion.urls)
    var url: String

    @Option(help: ArgumentHelp("Name of the dataset.", valueName: "name"))
    var dataset: String?

    @Flag(help: "Replace state that is newer, and the pipeline's home if that is another.")
    var force = false

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        let spool = try common.spool(mayBeNew: true)
        common.record(changeOf: spool)
        let found = try read(spool.pipeline)
        try spool.prepare()
        let homeLock = try spool.lockHome()
        let lock = try spool.lock()
        let home = try ifIntact { try spool.home() } ?? PipelineHome()
        if let known = home.destination, known != found.location, !force {
            throw ProgramError(
                .configuration, "unable to pull from \(found.location): the home of '\(spool.pipeline)' is \(known)",
                hint: "--force makes this its home")
        }
        let local = try ifIntact { try spool.committedState() } ?? PipelineState(pipeline: spool.pipeline)
        let isCurrent = local.versionHash == found.state.versionHash
        let keepsLocal = !isCurrent && local.version > found.state.version && !force
        // The schemas first: a state whose schemas are missing could not be used.
        for schema in found.schemas {
            if keepsLocal, try ifIntact({ try spool.committedSchema(schema.name) }) != nil { continue }
            try spool.commit(schema)
        }
        if !keepsLocal { try spool.commit(Self.adopted(found.state, local)) }
        try spool.commit(
            PipelineHome(
                destination: found.location, dataset: found.dataset,
                identifierLimit: home.identifierLimit ?? found.identifierLimit, latestLoad: found.latestLoad))
        let waiting = try spool.packages(.waiting).count
        _ = consume lock
        withExtendedLifetime(homeLock) {}
        try tell(found, spool, keepsLocal: keepsLocal, isCurrent: isCurrent, waiting: waiting)
    }

    /// The contents of a file in the spool; nil when it is damaged, and so has to be replaced.
    private func ifIntact<Value>(_ read: () throws -> Value?) throws -> Value? {
        do { return try read() } catch let damage as PackageDamage {
            common.messages.warning("replaced unusable files: \(damage.reason)")
            return nil
        }
    }

    private struct Found {
        let state: PipelineState
        let loadID: String
        let latestLoad: LoadID?
        let schemas: [Schema]
        let location: String
        let dataset: String
        let identifierLimit: Int?
    }

    private func read(_ pipeline: String) throws -> Found {
        let destination = try Connection.open(
            url, dataset: dataset, pipeline: pipeline, dataDirectory: common.dataDirectory)
        let session = try destination.open(.read)
        defer { session.abandon() }
        let dataset = session.dataset
        guard let stored = try dataset.newestState(pipeline, .standard) else {
            if let file = Connection.missingFile(of: destination) {
                throw ProgramError(
                    .noInput, "unable to pull: there is no file \(file)",
                    hint:
                        "dlt-state reset --pipeline \(ShellWord.quoted(pipeline)) lets the next run deliver everything again"
                )
            }
            throw ProgramError(
                .noInput, "unable to pull: \(destination.location) has no state of pipeline '\(pipeline)'",
                hint: "check --pipeline and --dataset, which is \(destination.dataset) here")
        }
        var schemas: [Schema] = []
        for name in stored.state.schemaNames {
            guard let schema = try dataset.newestSchema(name, .standard) else {
                throw ProgramError(
                    .data,
                    "unable to pull: \(destination.location) has the state of load \(stored.loadID), "
                        + "but not its schema '\(name)'")
            }
            schemas.append(schema.schema)
        }
        return Found(
            state: stored.state, loadID: stored.loadID, latestLoad: try dataset.newestLoad(.standard),
            schemas: schemas, location: destination.location,
            dataset: destination.dataset, identifierLimit: Self.limit(schemas, destination.kind))
    }

    /// Names longer than our first limit prove that they were made with the destination's own limit.
    private static func limit(_ schemas: [Schema], _ kind: DestinationKind) -> Int? {
        let usual = 63
        let isLonger = schemas.contains { schema in
            schema.tables.contains { table in
                table.name.unicodeScalars.count > usual
                    || table.columns.contains { $0.name.unicodeScalars.count > usual }
            }
        }
        return isLonger ? kind.identifierLimit : nil
    }

    /// `_local` belongs to this machine.
    private static func adopted(_ remote: PipelineState, _ local: PipelineState) -> PipelineState {
        var state = remote
        state.set("_local", local.document["_local"])
        return state
    }

    private func tell(_ found: Found, _ spool: Spool, keepsLocal: Bool, isCurrent: Bool, waiting: Int) throws {
        if output.json {
            try Output.write(
                [
                    "pipeline": .string(spool.pipeline), "load_id": .string(found.loadID),
                    "state_version": .integer(found.state.version), "schemas": .strings(found.schemas.map(\.name)),
                    "replaced": .bool(!keepsLocal && !isCurrent),
                ], json: true)
        }
        if keepsLocal {
            common.messages.warning(
                "the state here is newer than version \(found.state.version) at the destination and was kept",
                hint: "--force replaces it; `dlt-state push` writes it to the destination")
        } else {
            common.messages.summary(
                "pipeline '\(spool.pipeline)' is at load \(found.loadID): state version \(found.state.version), "
                    + "schemas \(found.schemas.map(\.name).joined(separator: ", "))")
        }
        if waiting > 0 {
            common.messages.warning(
                "\(NumberText.count(waiting, of: "waiting package")) \(waiting == 1 ? "was" : "were") made before and may conflict with the pulled state"
            )
        }
    }
}
