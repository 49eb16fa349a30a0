import JSONText
package import LoadPackages
import PipelineStates
package import Schemas

/// What a session can be asked about its dataset. The answer is "nothing" for a dataset or table that does not exist.
package protocol DatasetReader: AnyObject {
    /// The columns of a table in their order there; nil when there is no such table.
    func columns(of table: String) throws(DestinationError) -> [StoredColumn]?

    /// Whether `_dlt_loads` has a load of this id, completed.
    func hasLoad(_ id: String, _ names: SystemNames) throws(DestinationError) -> Bool

    /// A completed load whose id ends with these digits of identity.
    func load(identity: String, _ names: SystemNames) throws(DestinationError) -> String?

    /// The same two questions about many loads at once.
    func loads(
        _ ids: [String], identities: [String], _ names: SystemNames
    ) throws(DestinationError) -> LoadsFound

    /// The greatest id of all completed loads.
    func newestLoad(_ names: SystemNames) throws(DestinationError) -> LoadID?

    /// The newest version of a schema.
    func newestSchema(_ name: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema?

    /// A schema version by its hash, whatever its name.
    func schema(hash: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema?

    /// The pipeline's newest state that belongs to a completed load.
    func newestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState?

    /// The latest `inserted_at` and `created_at` in dlt's tables, in microseconds; new ones must be later.
    func latestTime(_ names: SystemNames) throws(DestinationError) -> Int64?

    /// Every version of every schema, oldest first.
    func schemaVersions(_ names: SystemNames) throws(DestinationError) -> [SchemaVersion]
}

/// Completed loads, of those that were asked for.
package struct LoadsFound: Sendable {
    package var ids: Set<String> = []
    /// By their digits of identity.
    package var identities: [String: String] = [:]

    package init() {}
}

/// A column as it is at the destination.
package struct StoredColumn: Sendable, Equatable {
    package let name: String
    /// As the destination calls it.
    package let type: String
    /// nil where nobody has asked.
    package let isNullable: Bool?
    /// The destination makes its values, unless it is told otherwise.
    package let isIdentity: Bool

    package init(name: String, type: String, isNullable: Bool? = nil, isIdentity: Bool = false) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.isIdentity = isIdentity
    }
}

/// A dataset as a value: what is there, and on top of it what packages will have done that were laid over it. A copy is not
/// changed by what is laid over another.
package struct DatasetView {
    private let reader: any DatasetReader
    /// Tables that were changed; nil for one that was dropped.
    private var tables: [ExactString: [StoredColumn]?] = [:]
    /// Schemas of which the dataset has forgotten the versions that it has.
    private var forgotten: Set<ExactString> = []
    /// What was laid over of dlt's records.
    private var laid = LaidRecords()
    /// Answers that were asked for ahead.
    private var asked: (about: Set<String>, names: SystemNames, found: LoadsFound)?

    private struct LaidRecords {
        var loads = LoadsFound()
        var newestLoad: LoadID?
        /// By name, and by hash.
        var newestSchemas: [ExactString: StoredSchema] = [:]
        var schemas: [String: StoredSchema] = [:]
        /// By pipeline.
        var newestStates: [ExactString: StoredState] = [:]
    }

    package init(_ reader: any DatasetReader) { self.reader = reader }

    /// Lays a package over the view, as if it had been loaded.
    package mutating func lay(_ load: PackageLoad, _ rows: SystemRows) throws(DestinationError) {
        for intent in load.intents {
            switch intent {
            case .evolve(let change, let isNew):
                let known = isNew ? [] : try columns(of: change.table) ?? []
                tables[ExactString(change.table)] =
                    known + change.columns.map { StoredColumn(name: $0.name, type: $0.dataType?.rawValue ?? "") }
            case .drop(let names, _):
                for name in names { tables[ExactString(name)] = .some(nil) }
            case .append, .replace, .merge, .empty: break
            }
        }
        layRecords(load, rows)
    }

    /// The same for a package that a session has applied: its tables are there, and dlt's records of it are not. Which tables a plan
    /// wants to change says nothing of what there is when a killed run has changed more of them.
    package mutating func layRecords(_ load: PackageLoad, _ rows: SystemRows) {
        for case .drop(_, let schema?) in load.intents { forget(schema) }
        laid.loads.ids.insert(rows.loadID.text)
        if let identity = rows.loadID.identity { laid.loads.identities[identity] = rows.loadID.text }
        laid.newestLoad = laid.newestLoad.map { max($0, rows.loadID) } ?? rows.loadID
        for schema in rows.schemas {
            guard let hash = schema.versionHash else { continue }
            let stored = StoredSchema(hash: hash, schema: schema)
            laid.newestSchemas[ExactString(schema.name)] = stored
            laid.schemas[hash] = stored
        }
        if let state = rows.state {
            laid.newestStates[ExactString(state.pipelineName)] = StoredState(
                loadID: rows.stateLoadID.text, state: state)
        }
    }

    private mutating func forget(_ schema: String) {
        let name = ExactString(schema)
        forgotten.insert(name)
        laid.newestSchemas[name] = nil
        laid.schemas = laid.schemas.filter { ExactString($0.value.schema.name) != name }
    }

    /// Asks about many loads at once, so that `hasLoad` and `load(identity:)` need not.
    package mutating func ask(
        about ids: [String], identities: [String], _ names: SystemNames
    ) throws(DestinationError) {
        let found = try reader.loads(ids, identities: identities, names)
        asked = (Set(ids).union(identities), names, found)
    }

    // MARK: Questions

    package func columns(of table: String) throws(DestinationError) -> [StoredColumn]? {
        if let changed = tables[ExactString(table)] { return changed }
        return try reader.columns(of: table)
    }

    package func hasLoad(_ id: String, _ names: SystemNames) throws(DestinationError) -> Bool {
        if laid.loads.ids.contains(id) { return true }
        if let asked, asked.names == names, asked.about.contains(id) { return asked.found.ids.contains(id) }
        return try reader.hasLoad(id, names)
    }

    package func load(identity: String, _ names: SystemNames) throws(DestinationError) -> String? {
        if let load = laid.loads.identities[identity] { return load }
        if let asked, asked.names == names, asked.about.contains(identity) { return asked.found.identities[identity] }
        return try reader.load(identity: identity, names)
    }

    package func newestLoad(_ names: SystemNames) throws(DestinationError) -> LoadID? {
        guard let stored = try reader.newestLoad(names) else { return laid.newestLoad }
        return laid.newestLoad.map { max($0, stored) } ?? stored
    }

    package func newestSchema(_ name: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        if let schema = laid.newestSchemas[ExactString(name)] { return schema }
        return forgotten.contains(ExactString(name)) ? nil : try reader.newestSchema(name, names)
    }

    package func schema(hash: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        if let schema = laid.schemas[hash] { return schema }
        let stored = try reader.schema(hash: hash, names)
        return stored.flatMap { forgotten.contains(ExactString($0.schema.name)) ? nil : $0 }
    }

    package func newestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState? {
        if let state = laid.newestStates[ExactString(pipeline)] { return state }
        return try reader.newestState(pipeline, names)
    }

    package func latestTime(_ names: SystemNames) throws(DestinationError) -> Int64? {
        try reader.latestTime(names)
    }

    package func schemaVersions(_ names: SystemNames) throws(DestinationError) -> [SchemaVersion] {
        try reader.schemaVersions(names)
    }
}

/// A row of `_dlt_version`.
package struct SchemaVersion: Sendable {
    package let hash: String
    /// As the destination writes times.
    package let insertedAt: String
    package let schema: Schema

    package init(stored: StoredSchema, insertedAt: String) {
        hash = stored.hash
        schema = stored.schema
        self.insertedAt = insertedAt
    }
}

/// A dataset in which there is nothing, for a look at what a load would do where no place exists yet.
package final class EmptyDataset: DatasetReader {
    package init() {}

    package func columns(of table: String) -> [StoredColumn]? { nil }
    package func hasLoad(_ id: String, _ names: SystemNames) -> Bool { false }
    package func load(identity: String, _ names: SystemNames) -> String? { nil }
    package func loads(_ ids: [String], identities: [String], _ names: SystemNames) -> LoadsFound { LoadsFound() }
    package func newestLoad(_ names: SystemNames) -> LoadID? { nil }
    package func newestSchema(_ name: String, _ names: SystemNames) -> StoredSchema? { nil }
    package func schema(hash: String, _ names: SystemNames) -> StoredSchema? { nil }
    package func newestState(_ pipeline: String, _ names: SystemNames) -> StoredState? { nil }
    package func latestTime(_ names: SystemNames) -> Int64? { nil }
    package func schemaVersions(_ names: SystemNames) -> [SchemaVersion] { [] }
}
