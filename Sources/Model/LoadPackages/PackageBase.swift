import JSONText
package import PipelineStates
package import Schemas
import SystemIO

/// What the next package of a pipeline starts from: the newest waiting package, or else what was committed.
package struct PackageBase: Sendable {
    /// State as it will be once everything that waits has been loaded.
    package var state: StateTree
    package var stateVersion: Int
    package var stateHash: String?
    /// nil when the pipeline has no schema of that name yet.
    package var schema: Schema?
    /// The waiting package that the state and schema come from.
    package var loadID: LoadID?
    /// The newest waiting package that carries state: what it delivered is not extracted again.
    package var chainEnd: LoadID?
}

extension Spool {
    /// Reads the base under the pipeline's lock. A pipeline that has no folder yet has an empty base.
    package func base(schema name: String) throws -> PackageBase {
        guard exists else { return PackageBase(state: StateTree(), stateVersion: 0) }
        let lock = try lock(.shared)
        let committed = try committedState()
        var base = PackageBase(
            state: committed.sources, stateVersion: committed.version, stateHash: committed.versionHash,
            schema: try committedSchema(name))
        for id in try packages(.waiting) {
            let package = try open(id, in: .waiting)
            base.state.commit(package.state, removing: package.removedState)
            base.loadID = id
            if !package.state.sources.isEmpty { base.chainEnd = id }
            if ExactString(package.schema.name) == ExactString(name) { base.schema = package.schema }
        }
        _ = consume lock
        return base
    }
}
