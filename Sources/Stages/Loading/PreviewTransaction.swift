import Destinations
import Failures
import JSONText
import LoadPackages
import Schemas
import SystemIO

/// A dataset as it would be after plans that were only made, on top of what it is.
final class PreviewTransaction: DestinationTransaction {
    private let real: any DestinationTransaction
    /// nil for a table that was dropped.
    private var tables: [ExactString: [String]?] = [:]
    private var loads: [String] = []
    private var schemas: [StoredSchema] = []
    private var states: [StoredState] = []

    init(over real: any DestinationTransaction) { self.real = real }

    deinit { real.rollback() }

    func adopt(_ plan: LoadPlan, _ manifest: Manifest) {
        loads.append(manifest.loadID.text)
        if let hash = plan.schema.versionHash { schemas.append(StoredSchema(hash: hash, schema: plan.schema)) }
        states.append(StoredState(loadID: manifest.loadID.text, state: plan.state))
        for step in plan.steps {
            switch step {
            case .createTable(let change), .addColumns(let change):
                let known = (try? columns(of: change.table)) ?? []
                tables[ExactString(change.table)] = known + change.columns.map(\.name)
            case .dropTable(let table): tables[ExactString(table)] = .some(nil)
            case .swapTable(let table, let successor):
                tables[ExactString(table)] = tables.removeValue(forKey: ExactString(successor))
            case .createStaging, .deleteRows, .truncateRows, .insertRows, .insertFromStaging, .merge, .dropStaging,
                .insertRecord, .deleteRecords:
                break
            }
        }
    }

    func columns(of table: String) throws(DestinationError) -> [String]? {
        if let known = tables[ExactString(table)] { return known }
        return try real.columns(of: table)
    }

    func hasLoad(_ id: String, _ names: SystemNames) throws(DestinationError) -> Bool {
        if loads.contains(id) { return true }
        return try real.hasLoad(id, names)
    }

    func load(identity: String, _ names: SystemNames) throws(DestinationError) -> String? {
        if let load = loads.last(where: { $0.hasSuffix(identity) }) { return load }
        return try real.load(identity: identity, names)
    }

    func newestSchema(_ name: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        if let schema = schemas.last(where: { $0.schema.name == name }) { return schema }
        return try real.newestSchema(name, names)
    }

    func schema(hash: String, _ names: SystemNames) throws(DestinationError) -> StoredSchema? {
        if let schema = schemas.last(where: { $0.hash == hash }) { return schema }
        return try real.schema(hash: hash, names)
    }

    func newestState(_ pipeline: String, _ names: SystemNames) throws(DestinationError) -> StoredState? {
        if let state = states.last { return state }
        return try real.newestState(pipeline, names)
    }

    func newestLoad(_ names: SystemNames) throws(DestinationError) -> LoadID? { try real.newestLoad(names) }

    func latestTime(_ names: SystemNames) throws(DestinationError) -> Int64? { try real.latestTime(names) }

    func execute(_ step: LoadStep) throws(DestinationError) { throw PreviewTransaction.preview }
    func insert(_ rows: RowInsert, from blocks: BlockReader, progress: (Int) throws -> Void) throws {
        throw PreviewTransaction.preview
    }
    func commit() throws(DestinationError) { throw PreviewTransaction.preview }
    func rollback() { real.rollback() }

    private static let preview = DestinationError(.denied, "unable to write: this is only a preview")
}
