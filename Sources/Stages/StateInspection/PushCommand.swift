import ArgumentParser
import Destinations
import Digests
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO

/// Writes a pipeline's committed state to a destination.
struct PushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Write a pipeline's state and schemas to a destination.",
        discussion: """
            For a destination that has lost its state, or that is to take over from another. It is one load without rows. What \
            waits is not pushed: that is dlt-load's. State there that is newer is kept, unless --force is given.
            """)

    @Argument(help: "URL of the destination, such as sqlite:///path/to/file.db.")
    var url: String

    @Option(help: ArgumentHelp("Name of the dataset.", valueName: "name"))
    var dataset: String?

    @Flag(help: "Write the state even though the destination's is newer.")
    var force = false

    @OptionGroup var output: JSONOption
    @OptionGroup var common: CommonOptions

    func run() throws {
        let spool = try common.spool()
        let schemas = try spool.committedSchemaNames().compactMap { try spool.committedSchema($0) }
        guard !schemas.isEmpty else {
            throw ProgramError(
                .noInput, "unable to push: pipeline '\(spool.pipeline)' has not committed anything yet",
                hint: "load its packages with dlt-load")
        }
        let pushed = try push(spool, schemas)
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

    private struct Pushed {
        let state: PipelineState
        let loadID: LoadID
        let location: String
    }

    private func push(_ spool: Spool, _ schemas: [Schema]) throws -> Pushed? {
        let destination = try Connection.open(url, dataset: dataset, pipeline: spool.pipeline, access: .write)
        let names = SystemNames(schemas[0])
        // Reserving takes the pipeline's lock for a moment, so it comes before the locks that last, in dlt-load's order.
        let loadID = try Self.reserve(spool, after: Self.newestLoad(destination, spool, names))
        let lock = try spool.lock()
        let transaction = try destination.begin()
        do {
            let remote = try transaction.newestState(spool.pipeline, names)
            var state = try Self.complete(spool, schemas, destination)
            guard remote?.state.versionHash != state.versionHash else {
                transaction.rollback()
                return nil
            }
            if let remote {
                try check(state, against: remote, destination, loadID)
                // dlt takes the newer of two by its version.
                state.set("_state_version", .integer(max(state.version, remote.state.version + 1)))
            }
            let now = max(Clock.nowMicroseconds(), (try transaction.latestTime(names) ?? 0) + 1)
            var records = SystemRecords(names: names, time: now)
            try records.createMissing(schemas[0], transaction)
            for schema in schemas { try records.write(schema, loadID, transaction) }
            try records.write(state, loadID, transaction)
            try transaction.commit()
            if try spool.home().destination == destination.location { try spool.commit(state) }
            _ = consume lock
            return Pushed(state: state, loadID: loadID, location: destination.location)
        } catch {
            transaction.rollback()
            throw error
        }
    }

    private func check(
        _ state: PipelineState, against remote: StoredState, _ destination: any Destination, _ loadID: LoadID
    ) throws {
        guard remote.loadID < loadID.text else {
            throw ProgramError(
                .temporary, "unable to push to \(destination.location): somebody else has just loaded",
                hint: "try again")
        }
        guard force || remote.state.version < state.version else {
            throw ProgramError(
                .data,
                "unable to push to \(destination.location): its state has version \(remote.state.version), "
                    + "this one \(state.version)",
                hint: "`dlt-state pull` takes it over, --force replaces it")
        }
    }

    private static func newestLoad(
        _ destination: any Destination, _ spool: Spool, _ names: SystemNames
    ) throws -> LoadID? {
        let transaction = try destination.begin()
        defer { transaction.rollback() }
        return try transaction.newestState(spool.pipeline, names).flatMap { LoadID($0.loadID) }
    }

    /// The committed state with what only a destination knows.
    private static func complete(
        _ spool: Spool, _ schemas: [Schema], _ destination: any Destination
    ) throws -> PipelineState {
        var state = try spool.committedState()
        state.set("_local", nil)
        state.set("default_schema_name", .string(try spool.mainSchemaName()))
        state.set("schema_names", .strings(schemas.map(\.name).sorted()))
        state.set("dataset_name", .string(destination.dataset))
        state.set("destination_type", .string(destination.typeName))
        state.set("destination_name", .null)
        state.bump()
        return state
    }

    /// A load id above every other of the pipeline, taken as packages take theirs.
    private static func reserve(_ spool: Spool, after base: LoadID?) throws -> LoadID {
        let writer = try PackageWriter(spool: spool, after: base)
        writer.abandon()
        return writer.loadID
    }
}

/// Rows of dlt's own tables.
private struct SystemRecords {
    let names: SystemNames
    var time: Int64

    func createMissing(_ schema: Schema, _ transaction: any DestinationTransaction) throws {
        for (name, usual) in [
            (names.version, SystemTables.version), (names.state, SystemTables.state), (names.loads, SystemTables.loads),
        ] where try transaction.columns(of: name) == nil {
            let columns = (schema[table: name] ?? usual).completeColumns
            try transaction.execute(.createTable(TableChange(table: name, columns: columns)))
        }
    }

    mutating func write(_ schema: Schema, _ loadID: LoadID, _ transaction: any DestinationTransaction) throws {
        let hash = schema.versionHash ?? schema.contentHash()
        if try transaction.newestSchema(schema.name, names)?.hash != hash {
            try insert(
                names.version,
                [
                    ("version", .integer(Int64(schema.version))),
                    ("engine_version", .integer(Int64(Schema.engineVersion))),
                    ("inserted_at", .timestamp(time)), ("schema_name", .text(schema.name)),
                    ("version_hash", .text(hash)),
                    ("schema", .text(schema.document().serialized())),
                ], transaction)
        }
        // Only the first schema's load may have the id: load ids are unique.
        guard try !transaction.hasLoad(loadID.text, names) else { return }
        try insert(
            names.loads,
            [
                ("load_id", .text(loadID.text)), ("schema_name", .text(schema.name)), ("status", .integer(0)),
                ("inserted_at", .timestamp(time)), ("schema_version_hash", .text(hash)),
            ], transaction)
    }

    mutating func write(_ state: PipelineState, _ loadID: LoadID, _ transaction: any DestinationTransaction) throws {
        try insert(
            names.state,
            [
                ("version", .integer(Int64(state.version))),
                ("engine_version", .integer(Int64(PipelineState.engineVersion))),
                ("pipeline_name", .text(state.pipelineName)),
                ("state", .text(StoredText.compressed(.object(state.document)))), ("created_at", .timestamp(time)),
                ("version_hash", .text(state.versionHash ?? "")), ("_dlt_load_id", .text(loadID.text)),
                ("_dlt_id", .text(Self.rowID())),
            ], transaction)
    }

    private mutating func insert(
        _ table: String, _ values: [(String, RecordValue)], _ transaction: any DestinationTransaction
    ) throws {
        try transaction.execute(
            .insertRecord(TableRecord(table: table, values: values.map { (column: $0.0, value: $0.1) })))
        // Times in these tables only grow.
        time += 1
    }

    /// Ten random bytes in Base64, as dlt's.
    private static func rowID() -> String {
        var random = SystemRandomNumberGenerator()
        return Base64.encode((0..<10).map { _ in UInt8.random(in: .min ... .max, using: &random) }, padding: false)
    }
}
