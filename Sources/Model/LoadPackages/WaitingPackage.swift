import JSONText
import PipelineStates
import Schemas

/// What others need to know about a waiting package: the base of the next one, and the order of loading.
package struct WaitingPackage: Sendable {
    package let id: LoadID
    package let rows: Int
    /// The size of its files of rows, compressed.
    package let bytes: Int64
    /// Its schema and its state, as files.
    package let files: [Manifest.File]
    /// The waiting package that this one continues, if any.
    package let base: LoadID?
    let schemaName: String
    /// The subtrees of state that it changes, as they will be.
    let state: StateTree
    /// The subtrees that it removes.
    let removedState: [StateTree.Subtree]
    /// Root tables that it writes to.
    private let roots: Set<ExactString>
    /// The tables among them whose rows are replaced, merged or removed, so that earlier rows matter.
    private let ordered: Set<ExactString>

    package init(_ package: PackageReader) {
        self.init(package.manifest, package.schema, package.state)
    }

    init(_ manifest: Manifest, _ schema: Schema, _ state: StateTree) {
        id = manifest.loadID
        rows = manifest.rows
        bytes = manifest.bytes
        files = manifest.files
        base = manifest.base.loadID
        schemaName = schema.name
        self.state = state
        removedState = manifest.removedState(state)
        var roots: Set<ExactString> = []
        var ordered: Set<ExactString> = []
        for job in manifest.jobs {
            let root = ExactString(schema.root(of: job.table)?.name ?? job.table)
            roots.insert(root)
            if schema.writeDisposition(of: job.table) != .append { ordered.insert(root) }
        }
        ordered.formUnion((manifest.refresh.drop + manifest.refresh.truncate).map { ExactString($0) })
        self.roots = roots.union(ordered)
        self.ordered = ordered
    }

    /// Whether the package changes state, so that its order among others matters.
    package var changesState: Bool { !state.subtrees.isEmpty || !removedState.isEmpty }

    /// Whether it adds rows whatever the tables contain, so that the same rows from another package would be stored
    /// twice.
    package var appends: Bool { !roots.isSubset(of: ordered) }

    /// Root tables where it replaces, merges or removes rows.
    package var orderedTables: [String] { ordered.map(\.text) }

    // MARK: Order

    /// What a set of packages builds on.
    package struct Foundations {
        private var bases: Set<LoadID> = []
        private var roots: Set<ExactString> = []
        private var ordered: Set<ExactString> = []

        package init() {}

        package mutating func insert(_ package: WaitingPackage) {
            if package.changesState, let base = package.base { bases.insert(base) }
            roots.formUnion(package.roots)
            ordered.formUnion(package.ordered)
        }

        /// Whether an earlier package must be loaded before them.
        package func include(_ earlier: WaitingPackage) -> Bool {
            bases.contains(earlier.id) || !ordered.isDisjoint(with: earlier.roots)
                || !earlier.ordered.isDisjoint(with: roots)
        }
    }

    // MARK: As a line of the chain file

    private enum Key {
        static let (rows, bytes, files, base, schema) = ("rows", "bytes", "files", "base", "schema")
        static let (state, removed, roots, ordered) = ("state", "removed", "roots", "ordered")
    }

    /// - Parameter key: the key of the load id, which comes first.
    func document(_ key: String) -> JSONObject {
        var object: JSONObject = [key: .string(id.text), Key.rows: .integer(rows), Key.bytes: .integer(bytes)]
        object[Key.files] = Manifest.documents(of: files)
        object[Key.base] = base.map { .string($0.text) }
        object[Key.schema] = .string(schemaName)
        if !state.sources.isEmpty { object[Key.state] = .object(state.sources) }
        if !removedState.isEmpty { object[Key.removed] = .strings(removedState.map(\.key)) }
        object[Key.roots] = .strings(roots.sorted().map(\.text))
        if !ordered.isEmpty { object[Key.ordered] = .strings(ordered.sorted().map(\.text)) }
        return object
    }

    /// nil for anything that `document` does not write.
    init?(_ id: LoadID, _ document: JSONValue) {
        func names(_ key: String) -> [String] { document[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        guard let rows = document[Key.rows]?.intValue, let bytes = document[Key.bytes]?.intValue,
            let schemaName = document[Key.schema]?.stringValue,
            let files = try? Manifest.files(document[Key.files], path: id.text)
        else { return nil }
        self.id = id
        self.rows = rows
        self.bytes = Int64(bytes)
        self.files = files
        base = document[Key.base]?.stringValue.flatMap { LoadID($0) }
        self.schemaName = schemaName
        state = StateTree(sources: document[Key.state]?.objectValue ?? [:])
        removedState = names(Key.removed).compactMap { StateTree.Subtree(key: $0) }
        roots = Set(names(Key.roots).map { ExactString($0) })
        ordered = Set(names(Key.ordered).map { ExactString($0) })
    }
}
