import ArgumentParser
import Destinations
import Failures
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// Removes a pipeline.
struct DropCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Remove a pipeline with its packages, state and schemas.",
        discussion: """
            The pipeline must be named. Loaded rows stay in the destination, and so does the state there: a later run of the same \
            name goes on from it. With --tables the tables are dropped as well, and the state there is emptied: then it starts over.
            """)

    static let examples = [
        "dlt-state drop --pipeline github",
        "dlt-state drop --pipeline github --tables --yes",
    ]

    @Flag(help: "Drop the tables at its home as well; needs --yes.") var tables = false
    @Flag(help: "Agree that rows are lost: those of waiting packages, or of the tables.") var yes = false

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        guard let name = common.pipelineName else {
            throw ProgramError(
                .usage, "unable to drop a pipeline: none was named",
                hint: "name it with --pipeline; dlt-state lists them")
        }
        let spool = try common.spool()
        try refuseLoss(spool)
        let dropped = tables ? try dropTables(spool) : []
        let waiting = try removeFolder(spool)
        if output.json {
            try Output.write(
                [
                    "dropped": .string(name), "waiting_packages": .integer(waiting), "tables": .strings(dropped),
                ], json: true)
        }
        let lost = waiting > 0 ? " with \(NumberText.count(waiting, of: "waiting package"))" : ""
        let gone = tables ? "; dropped \(NumberText.count(dropped.count, of: "table"))" : ""
        common.messages.summary("removed pipeline '\(name)'\(lost)\(gone)", [("pipeline", .text(name))])
    }

    private func refuseLoss(_ spool: Spool) throws {
        if yes { return }
        if tables {
            throw ProgramError(
                .usage,
                "unable to drop the tables of '\(spool.pipeline)' without --yes: "
                    + (try tableNames(spool).map(\.name).joined(separator: ", "))
                    + " at \(try home(spool).destination ?? "")",
                hint: "add --yes, or leave out --tables to keep them")
        }
        let waiting = try spool.packages(.waiting)
        let rows = waiting.reduce(0) { $0 + ((try? spool.manifest(of: $1, in: .waiting))?.rows ?? 0) }
        guard waiting.isEmpty else {
            throw ProgramError(
                .usage,
                "unable to drop '\(spool.pipeline)': \(NumberText.count(waiting.count, of: "package")) with "
                    + "\(NumberText.rows(rows)) that were never loaded would be lost",
                hint: "load what waits first, or add --yes")
        }
    }

    // MARK: The spool

    /// - Returns: the number of waiting packages.
    private func removeFolder(_ spool: Spool) throws -> Int {
        let root = Paths.parent(spool.path)
        let aside = Paths.join(root, ".\(spool.pipeline).\(Entropy.newID()).dropped")
        do throws(SystemError) {
            let changes = try spool.lockChanges()
            let home = try spool.lockHome(.exclusive, wait: .seconds(1))
            let lock = try spool.lock(wait: .seconds(1))
            // Runs under way hold theirs.
            let packages = try spool.lockPackages()
            let waiting = try spool.packages(.waiting).count
            try Files.rename(spool.path, to: aside)
            try Files.removeTree(aside)
            withExtendedLifetime((changes, home, packages)) {}
            _ = consume lock
            return waiting
        } catch {
            guard error.operation == "lock", !error.isInterruption else { throw error }
            throw ProgramError(
                .temporary, "unable to drop '\(spool.pipeline)': another program is working on it",
                hint: "try again when it has ended")
        }
    }

    // MARK: The tables

    private func home(_ spool: Spool) throws -> PipelineHome {
        let home = try spool.home()
        guard home.destination != nil else {
            throw ProgramError(
                .noInput, "unable to drop the tables of '\(spool.pipeline)': it was never loaded",
                hint: "leave out --tables")
        }
        return home
    }

    /// The tables of the committed schemas, parents before nested ones, by schema.
    private func tableNames(_ spool: Spool) throws -> [(schema: Schema, name: String)] {
        try spool.committedSchemaNames().compactMap { try spool.committedSchema($0) }.flatMap { schema in
            schema.dataTables.map { (schema, $0.name) }
        }
    }

    private func dropTables(_ spool: Spool) throws -> [String] {
        let home = try home(spool)
        let schemas = try spool.committedSchemaNames().compactMap { try spool.committedSchema($0) }
        guard let main = schemas.first, let url = home.destination else { return [] }
        let destination = try Connection.open(
            url, dataset: home.dataset, pipeline: spool.pipeline, dataDirectory: common.dataDirectory)
        let names = SystemNames(main)
        let loadID = try StatePush.reserve(spool, after: StatePush.newestLoad(destination, spool, names))
        let session = try destination.open(.write)
        defer { session.abandon() }
        let dataset = session.dataset
        var dropped: [String] = []
        var intents: [LoadIntent] = []
        for schema in schemas {
            let present = try schema.dataTables.map(\.name).filter { try dataset.columns(of: $0) != nil }
            let hasVersions = try dataset.columns(of: names.version) != nil
            if !present.isEmpty || hasVersions {
                intents.append(.drop(present, schema: hasVersions ? schema.name : nil))
            }
            dropped += present
        }
        guard let stored = try dataset.newestState(spool.pipeline, names) else {
            if !dropped.isEmpty { try apply(intents, nil, main, loadID, names, session) }
            return dropped
        }
        // A later run of this name must not find anything to continue from.
        var state = stored.state
        for subtree in state.sources.subtrees { state.sources[subtree] = nil }
        state.set("schema_names", [])
        state.set("default_schema_name", .null)
        state.bump()
        try apply(intents, state, main, loadID, names, session)
        return dropped
    }

    private func apply(
        _ intents: [LoadIntent], _ state: PipelineState?, _ schema: Schema, _ loadID: LoadID, _ names: SystemNames,
        _ session: any DestinationSession
    ) throws {
        let load = PackageLoad(loadID: loadID, schemaName: schema.name, names: names, intents: intents)
        let records = SystemRows(
            names: names, loadID: loadID, schema: schema, schemas: [], state: state,
            latestTime: try session.dataset.latestTime(names))
        try session.apply(load, rows: { JobFile(job: $0, path: nil) { throw StatePush.noRows } }, progress: { _ in })
        try session.commit([records])
    }
}
