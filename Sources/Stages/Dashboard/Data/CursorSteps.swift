import DatasetReaders
import Destinations
import JSONText
import LoadPackages
import PipelineStates
import RelationalSQL
import Schemas

/// The values that the cursors of a pipeline had, load by load: the dataset keeps every state.
struct CursorSteps {
    struct Key: Hashable {
        let source: String
        let resource: String?
        let path: String
    }

    struct Step {
        let value: String
        /// The load that brought the value.
        let load: String
    }

    /// Newest first; a value that stays is one step.
    private(set) var steps: [Key: [Step]] = [:]
    /// Whether older states were not read.
    private(set) var isCut = false

    private static let mostStates = 60

    init(_ session: any ReadingSession, of pipeline: String) throws {
        let dialect = session.dialect
        let names = SystemNames.standard
        guard let table = try session.catalog().tables.first(where: { $0.name.lowercased() == names.state }),
            let name = table[column: "pipeline_name"]?.name, let load = table[column: "_dlt_load_id"]?.name,
            let text = table[column: "state"]?.name
        else { return }
        let rows = try session.texts(
            Query(
                """
                SELECT \(dialect.quote(load)), \(dialect.quote(text)) FROM \(dialect.table(table.name)) WHERE \
                \(dialect.quote(name)) = :name ORDER BY \(dialect.ordered(dialect.quote(load))) DESC LIMIT \(Self.mostStates + 1)
                """, parameters: [QueryParameter(name: "name", value: .text(pipeline))]))
        isCut = rows.count > Self.mostStates
        for row in rows.prefix(Self.mostStates) {
            // One that cannot be read hides none of the others.
            guard let load = row[0], let stored = try? StoredState(loadID: load, text: row[1] ?? "") else { continue }
            add(stored.state.sources, load)
        }
        guard isCut, let oldest = rows[Self.mostStates - 1][0] else { return }
        // What the oldest of these states has may have come with any load before it.
        for (key, own) in steps where own.last?.load == oldest { steps[key]?.removeLast() }
    }

    private mutating func add(_ tree: StateTree, _ load: String) {
        for subtree in tree.subtrees {
            for (path, memory) in tree[subtree]?["incremental"]?.objectValue?.members ?? [] {
                guard let last = memory["last_value"], !last.isNull else { continue }
                let key = Key(source: subtree.source, resource: subtree.resource, path: path)
                let value = last.stringValue ?? last.serialized()
                let step = Step(value: value, load: load)
                var own = steps[key] ?? []
                // Of several loads with a value the oldest has brought it.
                if own.last?.value == value { own.removeLast() }
                own.append(step)
                steps[key] = own
            }
        }
    }
}
