import InspectionSupport
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import RunJournals
import Schemas
import SystemIO

/// A change of state by hand: a load package without rows, so that it takes the same way as every other change. The
/// next run builds on it, dlt-load checks it for conflicts and commits it, and until then it can be dropped.
struct StateChange {
    let spool: Spool

    /// Publishes the changes that `change` makes to the state that the next run would start from.
    ///
    /// - Returns: the package, or nil when nothing changed.
    func publish(_ change: (inout StateTree) throws -> Void) throws -> Published? {
        try spool.prepare()
        // Changes by hand wait for each other, so that comparing and setting is atomic. dlt-load, which compares
        // hashes, detects a run that publishes at the same moment and changes the same subtree.
        let lock = try spool.lockChanges()
        let oldLock = try FileLock.acquire(folder: spool.path, ifThereAreSuch: .exclusive)
        let base = try spool.base(schema: spool.mainSchemaName())
        var state = base.state
        try change(&state)
        let changes = state.changes(since: base.state)
        let touched = changes.subtrees + state.removals(since: base.state)
        guard !touched.isEmpty else { return nil }
        let id = try publish(changes, touched, base)
        _ = consume oldLock
        withExtendedLifetime(lock) {}
        return Published(loadID: id, subtrees: touched)
    }

    struct Published {
        let loadID: LoadID
        let subtrees: [StateTree.Subtree]
    }

    /// - Parameter touched: all changed subtrees; those that are not in `changes` are removed.
    private func publish(
        _ changes: StateTree, _ touched: [StateTree.Subtree], _ base: PackageBase
    ) throws -> LoadID {
        var schema = try base.schema ?? Schema(name: spool.mainSchemaName())
        if !schema.tables.contains(where: { $0.resource == SystemTables.stateName }) { schema.put(SystemTables.state) }
        let hash = schema.bump()
        var before = JSONObject()
        for subtree in touched {
            before[subtree.key] = base.state.hash(of: subtree).map { .string($0) } ?? .null
        }
        let writer = try PackageWriter(spool: spool, after: base.loadID)
        do {
            let manifest = Manifest(
                loadID: writer.loadID, runKey: nil, pipeline: spool.pipeline, schemaName: schema.name, schemaHash: hash,
                identifierLimit: try spool.home().identifierLimit ?? StateChange.usualIdentifierLimit,
                base: Manifest.Base(
                    stateVersion: base.stateVersion, stateHash: base.stateHash, schemaHash: base.schema?.versionHash,
                    loadID: base.loadID, subtrees: before),
                jobs: try writer.finish())
            _ = try writer.publish(manifest, schema: schema, state: changes)
        } catch {
            writer.abandon()
            throw error
        }
        return writer.loadID
    }

    /// The limit to which normalize shortens names while the pipeline has no home.
    private static let usualIdentifierLimit = 63

    /// A subtree's key in a manifest in readable form.
    static func name(ofKey key: String) -> String { StateTree.Subtree(key: key)?.description ?? key }
}

extension Spool {
    /// The committed state, or that with all waiting packages applied: the base of the next run.
    func state(pending: Bool) throws -> PipelineState {
        var state = try committedState()
        if pending { state.sources = try base(schema: mainSchemaName()).state }
        return state
    }
}

extension Messages {
    /// Reports the result of a change by hand.
    func tell(_ published: StateChange.Published?, of spool: Spool, json: Bool) throws {
        guard let published else {
            note("nothing to change")
            return
        }
        let names = published.subtrees.map(\.description)
        RunRecorder.package(
            RunPackage(at: Clock.nowMicroseconds(), loadID: published.loadID.text, outcome: .published, rows: 0),
            of: spool.pipeline)
        if json {
            try Output.write(
                [
                    "pipeline": .string(spool.pipeline), "load_id": .string(published.loadID.text),
                    "state": .strings(names),
                ], json: true)
        }
        summary(
            "changed \(names.joined(separator: ", ")) in package \(published.loadID)",
            [("load_id", .text(published.loadID.text))])
        hint("`dlt-load URL --pending --pipeline \(spool.pipeline)` writes it to the destination")
    }
}
