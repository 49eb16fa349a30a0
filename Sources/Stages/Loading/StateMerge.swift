import DestinationKinds
import Destinations
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas

/// Puts the state that a package changes on top of the destination's: a compare-and-swap of each subtree.
struct StateMerge {
    let package: PackageReader
    let destination: any Destination

    func merged(with stored: PipelineState?) throws -> (state: PipelineState, isNew: Bool) {
        let manifest = package.manifest
        var state = stored ?? PipelineState(pipeline: manifest.pipeline)
        for subtree in package.state.subtrees + package.removedState {
            let expected = manifest.base.subtrees[subtree.key]?.stringValue
            guard state.sources.hash(of: subtree) == expected else {
                throw LoadFailure(
                    .conflict, .temporary,
                    "unable to load package \(manifest.loadID): the destination's state of \(subtree) is not the one that "
                        + "this package continues",
                    hint: "another run has been here in the meantime, or the destination was changed: "
                        + "run the whole pipe again")
            }
        }
        state.sources.commit(package.state, removing: package.removedState)
        if replacesTables { addSource(manifest.schemaName, to: &state) }
        fillIn(&state)
        let changed = state.bump()
        return (state, changed || stored == nil)
    }

    private var replacesTables: Bool {
        package.manifest.jobs.contains { package.schema.writeDisposition(of: $0.table) == .replace }
    }

    /// dlt resets the state of a resource that is replaced, which leaves its source there even if it has none.
    private func addSource(_ source: String, to state: inout PipelineState) {
        var sources = state.document["sources"]?.objectValue ?? [:]
        if sources[source] == nil { sources[source] = [:] }
        state.set("sources", .object(sources))
    }

    /// What only a load knows.
    private func fillIn(_ state: inout PipelineState) {
        let schema = package.manifest.schemaName
        state.set("_local", nil)
        state.set("pipeline_name", .string(package.manifest.pipeline))
        state.set("dataset_name", .string(destination.dataset))
        if state.document["default_schema_name"]?.stringValue == nil {
            state.set("default_schema_name", .string(schema))
        }
        if !state.schemaNames.contains(schema) {
            let names = (state.schemaNames + [schema]).sorted { ExactString($0) < ExactString($1) }
            state.set("schema_names", .strings(names))
        }
        if state.document["destination_type"]?.stringValue != destination.kind.typeName {
            state.set("destination_type", .string(destination.kind.typeName))
            state.set("destination_name", .null)
        }
    }
}
