import Destinations
import Failures
import LoadPackages
import Schemas
import SystemIO

/// A load into a program: the rows of tables, in the order of their chains, and then the ledger.
final class CommandSession: DestinationSession {
    private let ledger: LoadLedger
    private let delivery: any RowDelivery
    /// Keeps the lock.
    private let lock: LockHolder?

    /// Holds a lock that cannot be copied.
    final class LockHolder {
        private let lock: FileLock
        init(_ lock: consuming FileLock) { self.lock = lock }
    }

    init(_ ledger: LoadLedger, _ delivery: any RowDelivery, _ lock: LockHolder?) {
        self.ledger = ledger
        self.delivery = delivery
        self.lock = lock
    }

    deinit { delivery.abandon() }

    var dataset: DatasetView { DatasetView(ledger) }

    func apply(
        _ loads: [PackageLoad], rows: (LoadID, Manifest.Job) throws -> JobFile,
        progress: (LoadProgress) throws -> Void
    ) throws {
        for case .merge(let merge, _) in loads.flatMap(\.intents) { try delivery.check(merge) }
        for load in loads {
            for intent in load.intents {
                switch intent {
                case .evolve: break
                case .append(let chain): try deliver(chain, .append, load, rows, progress)
                case .replace(let chain, _): try deliver(chain, .replace, load, rows, progress)
                case .merge(let merge, let chain):
                    let how = Treatment.merge(root: merge.root.name, key: merge.primaryKey.map(\.name))
                    try deliver(chain, how, load, rows, progress)
                case .empty(let tables): throw refusal("empty", tables)
                case .drop(let tables, _): throw refusal("drop", tables)
                }
            }
            try delivery.end(load)
        }
    }

    private func deliver(
        _ chain: TableChain, _ how: Treatment, _ load: PackageLoad, _ rows: (LoadID, Manifest.Job) throws -> JobFile,
        _ progress: (LoadProgress) throws -> Void
    ) throws {
        for table in chain.tables {
            let isAccepted = ledger.hasAccepted(table.name, of: load.loadID)
            if !isAccepted { try delivery.begin(table, how, load) }
            for job in table.jobs {
                let file = try rows(load.loadID, job)
                if isAccepted {
                    try progress(.inserted(rows: job.rows, table: table.name))
                } else {
                    try delivery.deliver(file) { try progress(.inserted(rows: $0, table: table.name)) }
                }
            }
            if isAccepted { continue }
            if try delivery.end(table) { try ledger.accept(table.name, of: load.loadID) }
        }
    }

    private func refusal(_ verb: String, _ tables: [String]) -> DestinationError {
        DestinationError(
            .usage, "unable to \(verb) \(tables.first ?? "tables"): a program takes rows, and removes no table",
            hint: "remove it by the program's own means, drop the package, and run the whole pipe without --refresh")
    }

    func commit(_ records: [SystemRows]) throws(DestinationError) {
        try delivery.commit(records.map(\.loadID))
        try ledger.commit(records)
    }

    func abandon() { delivery.abandon() }
}

/// What happens to the rows that a table has.
enum Treatment: Equatable {
    case append
    case replace
    /// Rows of the root table take the place of those with the same key.
    case merge(root: String, key: [String])

    var name: String {
        switch self {
        case .append: "append"
        case .replace: "replace"
        case .merge: "merge"
        }
    }

    /// The columns that identify a row of a table.
    func key(of table: WrittenTable) -> [String] {
        if case .merge(let root, let key) = self, root == table.name { return key }
        return table.columns.filter { $0.has("row_key") }.map(\.name)
    }
}

/// How rows reach a program.
protocol RowDelivery: AnyObject {
    /// Refuses a merge that the program cannot do, before any row is delivered.
    func check(_ merge: TableMerge) throws(DestinationError)
    func begin(_ table: WrittenTable, _ how: Treatment, _ load: PackageLoad) throws
    /// - Parameter count: takes the number of rows as they are delivered.
    func deliver(_ file: JobFile, _ count: (Int) throws -> Void) throws
    /// Returns whether the program has accepted the table for good.
    func end(_ table: WrittenTable) throws -> Bool
    func end(_ load: PackageLoad) throws
    /// Returns when the program has confirmed the loads.
    func commit(_ loads: [LoadID]) throws(DestinationError)
    func abandon()
}
