import DestinationKinds
import Destinations
import Failures
import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas

/// Writes a pipeline's committed state and schemas to a destination, as one load without rows.
struct StatePush {
    let url: String
    let dataset: String?
    /// The folder of spools.
    let dataDirectory: String
    /// Even if the destination's state is newer.
    var force = false

    struct Pushed {
        let state: PipelineState
        let loadID: LoadID
        let location: String
    }

    /// - Parameter becomesHome: the destination becomes the pipeline's home.
    /// - Returns: nil if the destination has this state already.
    func push(_ spool: Spool, _ schemas: [Schema], becomesHome: Bool = false) throws -> Pushed? {
        let destination = try Connection.open(
            url, dataset: dataset, pipeline: spool.pipeline, dataDirectory: dataDirectory)
        let names = SystemNames(schemas[0])
        // Reserving takes the pipeline's lock for a moment, so it comes before the lasting locks, in dlt-load's order.
        let loadID = try Self.reserve(spool, after: Self.newestLoad(destination, spool, names))
        let homeLock = try spool.lockHome()
        let session = try destination.open(.write)
        defer { session.abandon() }
        let lock = try spool.lock()
        let dataset = session.dataset
        let remote = try dataset.newestState(spool.pipeline, names)
        var state = try Self.complete(spool, schemas, destination)
        guard remote?.state.versionHash != state.versionHash else {
            if becomesHome { try adopt(destination, spool) }
            return nil
        }
        if let remote {
            try check(state, against: remote, destination, loadID)
            // dlt takes the newer of two by its version.
            state.set("_state_version", .integer(max(state.version, remote.state.version + 1)))
        }
        let load = PackageLoad(
            loadID: loadID, schemaName: schemas[0].name, names: names,
            intents: try Self.missingTables(schemas[0], names, dataset, destination.kind))
        let records = SystemRows(
            names: names, loadID: loadID, schema: schemas[0],
            schemas: try schemas.filter { schema in
                try dataset.newestSchema(schema.name, names)?.hash != schema.versionHash ?? schema.contentHash()
            },
            state: state, latestTime: try dataset.latestTime(names))
        try session.apply(load, rows: { JobFile(job: $0, path: nil) { throw Self.noRows } }, progress: { _ in })
        try session.commit([records])
        if becomesHome { try adopt(destination, spool) }
        if try spool.home().destination == destination.location { try spool.commit(state) }
        _ = consume lock
        withExtendedLifetime(homeLock) {}
        return Pushed(state: state, loadID: loadID, location: destination.location)
    }

    /// The caller holds the home's lock and the pipeline's.
    private func adopt(_ destination: any Destination, _ spool: Spool) throws {
        var home = try spool.home()
        home.destination = destination.location
        home.dataset = destination.dataset
        try spool.commit(home)
    }

    static let noRows = ProgramError(.internalError, "a pushed state has no rows")

    static func missingTables(
        _ schema: Schema, _ names: SystemNames, _ dataset: DatasetView, _ kind: DestinationKind
    ) throws -> [LoadIntent] {
        try [
            (names.version, SystemTables.version), (names.state, SystemTables.state), (names.loads, SystemTables.loads),
        ].filter { try dataset.columns(of: $0.0) == nil }.map { name, usual in
            let columns = (schema[table: name] ?? usual).completeColumns
            return .evolve(
                TableChange(table: name, columns: columns, indexes: TableIndex.chosen(nil, for: columns, at: kind)),
                isNew: true)
        }
    }

    private func check(
        _ state: PipelineState, against remote: StoredState, _ destination: any Destination, _ loadID: LoadID
    ) throws {
        guard remote.loadID < loadID.text else {
            throw ProgramError(
                .temporary, "unable to push to \(destination.location): another run has just loaded",
                hint: "try again")
        }
        guard force || remote.state.version < state.version else {
            throw ProgramError(
                .data,
                "unable to push to \(destination.location): its state has version \(remote.state.version), "
                    + "this one \(state.version)",
                hint:
                    "dlt-state pull \(ShellWord.quoted(url)) --pipeline \(ShellWord.quoted(state.pipelineName)) --force takes it "
                    + "over; dlt-state push --force replaces it")
        }
    }

    static func newestLoad(
        _ destination: any Destination, _ spool: Spool, _ names: SystemNames
    ) throws -> LoadID? {
        let session = try destination.open(.read)
        defer { session.abandon() }
        return try session.dataset.newestState(spool.pipeline, names).flatMap { LoadID($0.loadID) }
    }

    /// The committed state with the members that only a destination knows.
    private static func complete(
        _ spool: Spool, _ schemas: [Schema], _ destination: any Destination
    ) throws -> PipelineState {
        var state = try spool.committedState()
        state.set("_local", nil)
        state.set("default_schema_name", .string(try spool.mainSchemaName()))
        state.set("schema_names", .strings(schemas.map(\.name).sorted()))
        state.set("dataset_name", .string(destination.dataset))
        state.set("destination_type", .string(destination.kind.typeName))
        state.set("destination_name", .null)
        state.bump()
        return state
    }

    /// A load id above every other of the pipeline, reserved as for packages.
    static func reserve(_ spool: Spool, after base: LoadID?) throws -> LoadID {
        let writer = try PackageWriter(spool: spool, after: base)
        writer.abandon()
        return writer.loadID
    }
}
