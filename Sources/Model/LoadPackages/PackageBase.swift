import JSONText
package import PipelineStates
package import Schemas
import SystemIO

/// The base of a pipeline's next package: the newest waiting package, or else the committed files.
package struct PackageBase: Sendable {
    /// State as it will be once all waiting packages are loaded.
    package var state: StateTree
    package var stateVersion: Int
    package var stateHash: String?
    /// nil when the pipeline has no schema of that name yet.
    package var schema: Schema?
    /// The waiting package that provides the state and schema.
    package var loadID: LoadID?
    /// The newest waiting package with state: its records are not extracted again.
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
        var newest: LoadID?
        let waiting = try WaitingPackages(self)
        for id in waiting.ids {
            guard let package = try waiting.package(id) else { continue }
            base.state.commit(package.state, removing: package.removedState)
            base.loadID = package.id
            if !package.state.sources.isEmpty { base.chainEnd = package.id }
            if ExactString(package.schemaName) == ExactString(name) { newest = package.id }
        }
        if let newest { base.schema = try open(newest, in: .waiting).schema }
        _ = consume lock
        return base
    }
}
