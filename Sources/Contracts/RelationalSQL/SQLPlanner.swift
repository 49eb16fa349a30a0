import DestinationKinds
import Destinations
import Failures
import JSONText
import LoadPackages
import Schemas

/// The steps that make the intents of one package true in a database, by phase (see `Destination`). Within one
/// transaction the phases simply follow each other; elsewhere `SQLSession` runs them.
package struct SQLPlan: Sendable, Equatable {
    /// Tables, columns and staged rows.
    package var prepare: [SQLStep] = []
    /// Where statements take effect at once, all of them can be repeated from the first one on.
    package var publish: [SQLStep] = []
    package var cleanUp: [SQLStep] = []
    /// Schemas whose older versions the dataset forgets, if that must wait for the new one.
    package var forgotten: [String] = []

    package var steps: [SQLStep] { prepare + publish + cleanUp }
}

/// Lowers intents to steps in SQL.
///
/// A table is changed before its rows are inserted. If that would keep readers waiting, rows are staged, and the tables
/// are changed and filled from there at the end. Where statements take effect at once, all rows are staged.
///
/// A table that the load creates is indexed when its rows are in: readers do not see it yet, and sorting all keys once
/// is much cheaper than inserting each. If possible, this precedes changes of tables that readers do see.
struct SQLPlanner {
    private let dialect: any SQLDialect
    private let load: PackageLoad
    /// Reports existing tables; nil if there are none.
    private let reader: SQLReader?
    private let evolutions: [ExactString: (change: TableChange, isNew: Bool)]
    private let dropped: Set<ExactString>
    private var steps = Steps()
    private var forgotten: [String] = []

    /// In the order of the fields.
    private struct Steps {
        var removals: [SQLStep] = []
        var creations: [SQLStep] = []
        var deletions: [SQLStep] = []
        var insertions: [SQLStep] = []
        /// Merges that concern new tables only.
        var firstMerges: [SQLStep] = []
        var indexes: [SQLStep] = []
        var changes: [SQLStep] = []
        var completions: [SQLStep] = []
        /// Merges of new tables whose parent already exists.
        var lateIndexes: [SQLStep] = []
        var cleanUp: [SQLStep] = []
    }

    /// How to insert the rows of a chain.
    private enum Treatment {
        case append
        case replace(ReplaceStrategy?)
        case merge
    }

    static func plan(
        _ load: PackageLoad, _ dialect: any SQLDialect, _ reader: SQLReader?
    ) throws(DestinationError) -> SQLPlan {
        var planner = SQLPlanner(load, dialect, reader)
        return try planner.plan()
    }

    private init(_ load: PackageLoad, _ dialect: any SQLDialect, _ reader: SQLReader?) {
        self.load = load
        self.reader = reader
        self.dialect = dialect
        var evolutions: [ExactString: (change: TableChange, isNew: Bool)] = [:]
        var dropped: Set<ExactString> = []
        for intent in load.intents {
            switch intent {
            case .evolve(let change, let isNew): evolutions[ExactString(change.table)] = (change, isNew)
            case .drop(let tables, _): dropped.formUnion(tables.map { ExactString($0) })
            default: break
            }
        }
        self.evolutions = evolutions
        self.dropped = dropped
    }

    private var isTransaction: Bool { dialect.kind.atomicity == .transaction }

    private mutating func plan() throws(DestinationError) -> SQLPlan {
        var written: [(table: WrittenTable, treatment: Treatment)] = []
        var merges: [(merge: TableMerge, chain: TableChain)] = []
        for intent in load.intents {
            switch intent {
            case .drop(let tables, let schema):
                // Nested tables first.
                steps.removals += tables.reversed().map { .dropTable($0) }
                if let schema { forget(schema) }
            case .empty(let tables): steps.removals += tables.map { .deleteRows(table: $0) }
            case .evolve(let change, let isNew) where load.names.contains(change.table):
                steps.creations.append(isNew ? .createTable(change) : .addColumns(change))
                if isNew { steps.indexes += indexes(change.indexes, of: change.table) }
            case .evolve: break
            case .append(let chain): written += chain.tables.map { ($0, .append) }
            case .replace(let chain, let strategy): written += chain.tables.map { ($0, .replace(strategy)) }
            case .merge(let merge, let chain):
                written += chain.tables.map { ($0, .merge) }
                merges.append((merge, chain))
            }
        }
        for (table, treatment) in written.sorted(by: { $0.table.place < $1.table.place }) {
            try plan(table, treatment, merges)
        }
        for (merge, chain) in merges { plan(merge, chain) }
        if isTransaction {
            let unseen = steps.insertions + steps.firstMerges + steps.indexes
            return SQLPlan(
                prepare: steps.removals + steps.creations,
                publish: steps.deletions + unseen + steps.changes + steps.completions + steps.lateIndexes,
                cleanUp: steps.cleanUp)
        }
        return phases(merges.map(\.merge))
    }

    /// A run that is killed between the removal of old versions and the arrival of the new one would leave the next run
    /// without a schema: without transactions, old versions are removed when the new one is there.
    private mutating func forget(_ schema: String) {
        if isTransaction {
            let record = TableRecord(load.names.version, [("schema_name", .text(schema))])
            steps.removals.append(.deleteRecords(record))
        } else {
            forgotten.append(schema)
        }
    }

    private func phases(_ merges: [TableMerge]) -> SQLPlan {
        // A table that is dropped and recreated is created after the drop.
        let (anew, others) = (steps.creations + steps.changes).reduce(into: ([SQLStep](), [SQLStep]())) {
            if case .createTable(let change) = $1, dropped.contains(ExactString(change.table)) {
                $0.0.append($1)
            } else {
                $0.1.append($1)
            }
        }
        let kept = merges.compactMap { MergePrinter.kept($0, dialect) }
        return SQLPlan(
            prepare: others + steps.insertions + merges.map { .prepareMerge($0) },
            publish: steps.removals + anew + steps.deletions + steps.completions,
            cleanUp: steps.cleanUp + kept.map { .dropStaging(table: $0) }, forgotten: forgotten)
    }

    // MARK: New tables

    private func isMade(_ table: String) -> Bool { evolutions[ExactString(table)]?.isNew == true }

    private func indexes(_ indexes: [TableIndex], of table: String, successor: String? = nil) -> [SQLStep] {
        indexes.map { .createIndex($0, table: table, successor: successor) }
    }

    private mutating func plan(_ merge: TableMerge, _ chain: TableChain) {
        let tables = chain.tables.map(\.name)
        let made = tables.filter(isMade)
        let indexes = made.flatMap { self.indexes(evolutions[ExactString($0)]?.change.indexes ?? [], of: $0) }
        if isTransaction, (tables + merge.nested.map(\.table.name)).allSatisfy(isMade) {
            steps.firstMerges.append(.merge(merge))
            steps.indexes += indexes
        } else {
            steps.completions.append(.merge(merge))
            steps.lateIndexes += indexes
        }
    }

    // MARK: One table

    private mutating func plan(
        _ table: WrittenTable, _ treatment: Treatment, _ merges: [(merge: TableMerge, chain: TableChain)]
    ) throws(DestinationError) {
        let evolution = evolutions[ExactString(table.name)]
        let change = try evolution.map { evolution throws(DestinationError) in
            evolution.isNew ? SQLStep.createTable(evolution.change) : .addColumns(try fitting(evolution.change))
        }
        var place = RowInsert.Place.table
        if evolution?.isNew == true {
            steps.creations += change.map { [$0] } ?? []
            if case .merge = treatment {
                place = .staging
            } else {
                steps.indexes += indexes(evolution?.change.indexes ?? [], of: table.name)
            }
        } else {
            place = try self.place(table, treatment, changes: change != nil && !table.jobs.isEmpty)
            if place == .table || !dialect.altersKeepReadersWaiting {
                steps.creations += change.map { [$0] } ?? []
            } else if case .successor = place {
                // The new table has all columns.
            } else {
                steps.changes += change.map { [$0] } ?? []
            }
            if table.jobs.isEmpty, case .successor = place { place = .table }
            remove(table, treatment, place)
        }
        guard !table.jobs.isEmpty else { return }
        if !isTransaction { place = .staging }
        let merge = merges.first { $0.chain.tables.contains { ExactString($0.name) == ExactString(table.name) } }?.merge
        try prepare(table, treatment, place, merge)
        steps.insertions.append(
            .insertRows(RowInsert(table: table.name, place: place, columns: table.columns, jobs: table.jobs)))
    }

    /// New columns in the form that the existing table supports.
    private func fitting(_ change: TableChange) throws(DestinationError) -> TableChange {
        var change = change
        change.isStrict = try reader?.traits(of: change.table).isStrict ?? false
        return change
    }

    /// Where the rows of an existing table go.
    private func place(
        _ table: WrittenTable, _ treatment: Treatment, changes: Bool
    ) throws(DestinationError) -> RowInsert.Place {
        if dialect.copiesRows, !table.jobs.isEmpty, try reader?.traits(of: table.name).takesInsertsOnly == true {
            return .staging
        }
        // A repeated swap would bring the old rows back.
        guard isTransaction else { return table.jobs.isEmpty ? .table : .staging }
        return switch treatment {
        case .merge, .replace(.insertFromStaging?): .staging
        case .replace(.stagingOptimized?): .successor("(successor \(table.place))")
        case .append, .replace(.truncateAndInsert?), .replace(nil):
            changes && dialect.altersKeepReadersWaiting ? .staging : .table
        }
    }

    /// Removes the existing rows, for a treatment that does so.
    private mutating func remove(_ table: WrittenTable, _ treatment: Treatment, _ place: RowInsert.Place) {
        let step: SQLStep
        switch treatment {
        case .append, .merge: return
        case .replace(.stagingOptimized?):
            if case .successor = place { return }
            step = .deleteRows(table: table.name)
        case .replace(.truncateAndInsert?): step = .truncateRows(table: table.name)
        case .replace: step = .deleteRows(table: table.name)
        }
        if place == .staging { steps.completions.append(step) } else { steps.deletions.append(step) }
    }

    /// Creates the table in which rows wait, and moves them from there at the end.
    private mutating func prepare(
        _ table: WrittenTable, _ treatment: Treatment, _ place: RowInsert.Place, _ merge: TableMerge?
    ) throws(DestinationError) {
        let whole = TableChange(table: table.name, columns: table.columns, indexes: table.indexes)
        switch place {
        case .table: break
        case .staging:
            steps.creations.append(.createStaging(try staged(whole, merge)))
            switch treatment {
            case .merge: break
            case .append:
                try checkRepeatable(whole)
                steps.completions.append(.insertFromStaging(whole))
            case .replace: steps.completions.append(.insertFromStaging(whole))
            }
            steps.cleanUp.append(.dropStaging(table: table.name))
        case .successor(let name):
            steps.creations.append(.createTable(TableChange(table: name, columns: whole.columns)))
            steps.indexes += indexes(whole.indexes, of: table.name, successor: name)
            steps.completions.append(.swapTable(whole, successor: name))
        }
    }

    /// The table in which rows wait. It has the types of its target, which another program may have made: a value
    /// staged with another type would be compared, or converted, as that.
    private func staged(_ whole: TableChange, _ merge: TableMerge?) throws(DestinationError) -> TableChange {
        var staged = whole
        if let merge, merge.hardDelete != nil, ExactString(merge.root.name) == ExactString(whole.table) {
            // A deletion need not have more than its key.
            let keys = Set((merge.primaryKey + merge.mergeKey).map { ExactString($0.name) })
            for column in whole.columns where !keys.contains(ExactString(column.name)) {
                staged = staged.leavingNull(column.name)
            }
        }
        if evolutions[ExactString(whole.table)]?.isNew != true {
            let there = try reader?.columns(of: whole.table) ?? []
            for column in staged.columns {
                let stored = there.first { dialect.kind.isSame($0.name, column.name) }
                staged.types[ExactString(column.name)] = stored?.type
            }
        }
        return staged
    }

    /// Rows without an identity cannot be distinguished from those that a killed run has inserted.
    private func checkRepeatable(_ change: TableChange) throws(DestinationError) {
        guard !isTransaction, change.rowKey == nil else { return }
        throw DestinationError(
            .data,
            "unable to load table \"\(change.table)\": it has no column that identifies its rows, which a destination "
                + "without transactions needs",
            hint: "keep the column \(SystemColumns.id)")
    }
}
