import DestinationKinds
import Destinations
import Failures
import JSONText
import LoadPackages
import PipelineStates
import ProgramSupport
import Schemas

/// Applies a package's changes to the destination's state: a compare-and-swap of each subtree.
struct StateMerge {
    let package: PackageReader
    let destination: any Destination

    func merged(with stored: PipelineState?) throws -> (state: PipelineState, isNew: Bool) {
        let manifest = package.manifest
        var state = stored ?? PipelineState(pipeline: manifest.pipeline)
        for subtree in package.state.subtrees + package.removedState {
            let expected = manifest.base.subtrees[subtree.key]?.stringValue
            let found = state.sources.hash(of: subtree)
            // A subtree that should be removed but does not exist needs no comparison.
            if found == expected || found == nil && package.removedState.contains(subtree) { continue }
            throw conflict(subtree, isFirst: expected == nil, isLost: stored == nil)
        }
        state.sources.commit(package.state, removing: package.removedState)
        if replacesTables { addSource(manifest.schemaName, to: &state) }
        fillIn(&state)
        let changed = state.bump()
        return (state, changed || stored == nil)
    }

    private func conflict(_ subtree: StateTree.Subtree, isFirst: Bool, isLost: Bool) -> LoadFailure {
        let (load, pipeline, place) = (package.manifest.loadID, package.manifest.pipeline, destination.location)
        let message: String
        let hint: String
        if isLost {
            message = "\(place) no longer has anything of pipeline \(pipeline), which this package continues"
            hint = "if it was deleted or recreated, run the whole pipe again, which then delivers everything once more"
        } else if isFirst {
            message = "\(place) has a state of \(subtree) that this machine has not seen"
            hint = "run the whole pipe again: it then goes on from there, as after \(pull)"
        } else {
            message = "the destination's state of \(subtree) is not the one that this package continues"
            hint =
                "another run has loaded since, or the destination was changed: run the whole pipe again"
        }
        return LoadFailure(.conflict, .temporary, "unable to load package \(load): \(message)", hint: hint)
    }

    private var pull: String {
        "dlt-state pull \(ShellWord.quoted(destination.location)) --pipeline \(ShellWord.quoted(package.manifest.pipeline))"
    }

    private var replacesTables: Bool {
        package.manifest.jobs.contains { package.schema.writeDisposition(of: $0.table) == .replace }
    }

    /// dlt resets the state of a replaced resource, which leaves its source in the state even if it is empty.
    private func addSource(_ source: String, to state: inout PipelineState) {
        var sources = state.document["sources"]?.objectValue ?? [:]
        if sources[source] == nil { sources[source] = [:] }
        state.set("sources", .object(sources))
    }

    /// Members that only a load knows.
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
