import JSONText
import LoadPackages
import PipelineStates
import RecordStreams
import Schemas

/// A run that starts over (dlt's refresh): it forgets the memory of its resources, and the load drops or empties their
/// tables in the transaction that inserts the new rows.
struct StartingOver {
    let mode: RefreshMode
    /// The source of these resources.
    let source: String
    /// The destination's part.
    private(set) var tables = Manifest.Refresh()
    private var isDone = false
    private var resources: Set<ExactString> = []

    /// Whether the tables of its resources are recreated, not only their rows.
    var dropsTables: Bool { mode != .dropData }

    init(_ mode: RefreshMode, source: String) {
        self.mode = mode
        self.source = source
    }

    /// Removes the memory of a resource before its records arrive.
    mutating func begin(_ resource: String, _ schema: inout Schema, _ state: inout StateTree) {
        switch mode {
        case .dropSources:
            guard !isDone else { return }
            isDone = true
            for subtree in state.subtrees where [source, PackageJob.versionsSource].contains(subtree.source) {
                state[subtree] = nil
            }
            remove(schema.dataTables, from: &schema)
        case .dropResources, .dropData:
            guard resources.insert(ExactString(resource)).inserted else { return }
            state[StateTree.Subtree(source: source, resource: resource)] = nil
            state[PackageJob.versionsSubtree(resource)] = nil
            let own = schema.dataTables.filter {
                schema.root(of: $0.name)?.resource.map { ExactString($0) } == ExactString(resource)
            }
            if mode == .dropResources { return remove(own, from: &schema) }
            tables.truncate += own.filter(\.hasSeenData).map(\.name)
        }
    }

    private mutating func remove(_ removed: [Table], from schema: inout Schema) {
        // A table that was never loaded does not exist.
        tables.drop += removed.filter(\.hasSeenData).map(\.name)
        for table in removed { schema.remove(table: table.name) }
    }
}
