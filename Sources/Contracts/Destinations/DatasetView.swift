import JSONText
package import LoadPackages
import PipelineStates
package import Schemas

/// The questions a session answers about its dataset. The answer is "nothing" for a dataset or table that does not
/// exist.
package protocol DatasetReader: AnyObject {
    /// The columns of a table in their order there; nil when there is no such table.
    func columns(of table: String) throws(DestinationError) -> [StoredColumn]?

    /// Whether `_dlt_loads` has a completed load with this id.
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
    /// By the digits of their identity.
    package var identities: [String: String] = [:]

    package init() {}
}

/// A column as it is at the destination.
package struct StoredColumn: Sendable, Equatable {
    package let name: String
    /// The destination's name for its type.
    package let type: String
    /// nil if it was not asked for.
    package let isNullable: Bool?
    /// Whether the destination generates its values unless told otherwise.
    package let isIdentity: Bool

    package init(name: String, type: String, isNullable: Bool? = nil, isIdentity: Bool = false) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
        self.isIdentity = isIdentity
    }
}

/// A dataset as a value: its contents, with the effects of packages laid over it. Laying a package over one copy does
/// not change another.
package struct DatasetView {
    private let reader: any DatasetReader
    /// Changed tables; nil for a dropped one.
    private var tables: [ExactString: [StoredColumn]?] = [:]
    /// Schemas whose existing versions the dataset has forgotten.
    private var forgotten: Set<ExactString> = []
    /// dlt's records of the packages laid over it.
    private var laid = LaidRecords()
    /// Answers that were fetched ahead.
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

    /// The same for a package that a session has applied: its tables exist, but dlt's records of it do not. The plan's
    /// changes say nothing about the existing tables if a killed run changed more of them.
    package mutating func layRecords(_ load: PackageLoad, _ rows: SystemRows) {
        for case .drop(_, let schema?) in load.intents { forget(schema) }
        laid.loads.ids.insert(rows.loadID.text)
        if let identity = rows.loadID.identity { laid.loads.identities[identity] = rows.loadID.text }
        laid.newestLoad = laid.newestLoad.map { max($0, rows.loadID) } ?? rows.loadID
        // The load's own comes last: one that goes back to an earlier version stores none, and is in force nevertheless.
        for schema in rows.schemas + [rows.schema] {
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
    /// In the destination's format of times.
    package let insertedAt: String
    package let schema: Schema

    package init(stored: StoredSchema, insertedAt: String) {
        hash = stored.hash
        schema = stored.schema
        self.insertedAt = insertedAt
    }
}

/// A dataset without contents, to show what a load would do where no place exists yet.
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
