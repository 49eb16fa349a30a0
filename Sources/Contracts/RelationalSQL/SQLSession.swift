import DestinationKinds
package import Destinations
import Failures
import JSONText
package import LoadPackages
import Schemas
import SystemIO

/// A session of any SQL database, over its connection.
///
/// Where a transaction covers everything, all phases are one. Where each statement counts at once (`commitRecord`), a load goes on
/// from where a killed run has left it: without a marker, a row of `_dlt_loads` with status 1, staging is made anew; with one it is
/// complete, and publishing begins again from its start, since each of its statements can be repeated.
package final class SQLSession: DestinationSession, PlanPrinting {
    private let connection: any SQLConnection
    private let access: DestinationAccess
    private let reader: SQLReader
    private var isOpen = true
    private var hasDataset = false
    private var printsDataset = true
    /// What is left to clean up after the commit, where that is not part of it.
    private var leftovers: [(load: PackageLoad, steps: [SQLStep])] = []

    package init(_ connection: any SQLConnection, _ access: DestinationAccess) throws(DestinationError) {
        self.connection = connection
        self.access = access
        reader = SQLReader(connection)
        try connection.begin(access)
    }

    deinit { abandon() }

    package var dataset: DatasetView { DatasetView(reader) }

    private var dialect: any SQLDialect { connection.dialect }
    private var isTransaction: Bool { dialect.kind.atomicity == .transaction }

    package func abandon() {
        guard isOpen else { return }
        isOpen = false
        connection.rollback()
    }

    // MARK: Loading

    package func apply(
        _ load: PackageLoad, rows: (Manifest.Job) throws -> JobFile, progress: (LoadProgress) throws -> Void
    ) throws {
        try checkAccess()
        let plan = try SQLPlanner.plan(load, dialect)
        if isTransaction {
            for step in plan.steps { try run(step, of: load, rows, progress) }
        } else {
            try prepare(plan, load, rows, progress)
            for step in plan.publish { try run(step, of: load, rows, progress, isRepeated: true) }
            leftovers.append((load, plan.cleanUp))
        }
    }

    package func commit(_ records: [SystemRows]) throws(DestinationError) {
        try checkAccess()
        for rows in records {
            for change in rows.changes(now: Clock.nowMicroseconds()) { try write(change, of: rows) }
        }
        try connection.commit()
        isOpen = false
        // What is lost here is found by the next run.
        if !isTransaction { try? cleanUp(records) }
    }

    private func checkAccess() throws(DestinationError) {
        if access == .read { throw EmptySQLSession.readOnly }
    }

    private func run(
        _ step: SQLStep, of load: PackageLoad, _ file: (Manifest.Job) throws -> JobFile,
        _ progress: (LoadProgress) throws -> Void, isRepeated: Bool = false
    ) throws {
        try progress(.step)
        if case .insertRows(let insert) = step {
            return try connection.insert(
                insert, into: dialect.target(of: insert, of: load.loadID), from: file(insert.job)
            ) { try progress(.inserted(rows: $0, table: insert.table)) }
        }
        if case .merge(let merge) = step { try progress(.merging(table: merge.root.name)) }
        var statements = SQLPrinter(dialect, load: load.loadID).statements(for: step)
        // They were asked when the load was prepared; now they may find its own rows.
        if isRepeated { statements.removeAll { $0.refusal != nil } }
        try run(statements, step)
    }

    private func run(_ statements: [SQLStatement], _ step: SQLStep) throws(DestinationError) {
        if case .createTable = step, !hasDataset {
            try connection.createDataset()
            hasDataset = true
        }
        if let table = step.excludesReaders { try connection.excludeReaders(from: table) }
        for statement in statements {
            let found: String?
            do { found = try connection.execute(statement) } catch { throw explained(error, step) }
            if let found, let refusal = statement.refusal {
                throw DestinationError(refusal.kind, refusal.message + found, hint: refusal.hint)
            }
        }
    }

    private func explained(_ failure: SQLFailure, _ step: SQLStep) -> DestinationError {
        if case .addColumns(let change) = step, failure.lacksValue {
            let required = change.columns.filter { !$0.isNullable }.map { "\"\($0.name)\"" }
            if !required.isEmpty {
                return DestinationError(
                    .data,
                    "unable to add column \(required.joined(separator: ", ")) to table \"\(change.table)\": it must not be "
                        + "null, but the rows that are there have no value for it",
                    hint: "declare it nullable, or load into an empty table")
            }
        }
        return failure.explained(step.action)
    }

    // MARK: Without transactions

    /// Makes tables and columns, and fills staging unless a run that was killed has.
    private func prepare(
        _ plan: SQLPlan, _ load: PackageLoad, _ rows: (Manifest.Job) throws -> JobFile,
        _ progress: (LoadProgress) throws -> Void
    ) throws {
        let begun = try reader.markers(load.names)
        if let other = begun.first(where: { $0 != load.loadID.text }) {
            throw DestinationError(
                .temporary,
                "unable to load package \(load.loadID): load \(other) was interrupted while it was published",
                hint: "load that package again first")
        }
        let isStaged = !begun.isEmpty
        for step in plan.prepare {
            switch step {
            case .createStaging(let change) where !isStaged:
                try drop(staging: change.table, of: load)
                try run(step, of: load, rows, progress)
            case .createStaging: break
            case .insertRows where isStaged: break
            default: try run(step, of: load, rows, progress)
            }
        }
        if isStaged { return }
        try progress(.step)
        for case .merge(let merge) in plan.publish {
            let printer = SQLPrinter(dialect, load: load.loadID)
            try run(printer.statements(for: .merge(merge)).filter { $0.refusal != nil }, .merge(merge))
        }
        try run([SQLPrinter.insertion(of: marker(load), dialect)], .insertRecord(marker(load)))
    }

    private func marker(_ load: PackageLoad) -> TableRecord {
        TableRecord(
            load.names.loads,
            [
                ("load_id", .text(load.loadID.text)), ("schema_name", .text(load.schemaName)), ("status", .integer(1)),
                ("inserted_at", .timestamp(Clock.nowMicroseconds())),
            ])
    }

    private func drop(staging table: String, of load: PackageLoad) throws(DestinationError) {
        let name = dialect.staging(table, of: load.loadID)
        try run([SQLStatement("DROP TABLE IF EXISTS \(name)")], .dropStaging(table: table))
    }

    /// Writes one of dlt's own rows. Where it may be there already, from a run that was killed, it is written anew.
    private func write(_ change: SystemChange, of rows: SystemRows) throws(DestinationError) {
        switch change {
        case .delete(let record): try run([SQLPrinter.deletion(of: record, dialect)], .deleteRecords(record))
        case .insert(let record):
            if !isTransaction, let identity = identity(of: record, rows.names) {
                try run([SQLPrinter.deletion(of: identity, dialect)], .deleteRecords(identity))
            }
            try run([SQLPrinter.insertion(of: record, dialect)], .insertRecord(record))
        }
    }

    /// The values that tell a row of dlt's tables from all others; nil of a load record, which is the commit.
    private func identity(of record: TableRecord, _ names: SystemNames) -> TableRecord? {
        let columns = record.table == names.state ? ["pipeline_name", "_dlt_load_id"] : ["version_hash"]
        guard record.table != names.loads else { return nil }
        return TableRecord(record.table, columns.compactMap { name in record[name].map { (name, $0) } })
    }

    private func cleanUp(_ records: [SystemRows]) throws(DestinationError) {
        for (load, steps) in leftovers {
            let printer = SQLPrinter(dialect, load: load.loadID)
            for step in steps { try run(printer.statements(for: step), step) }
        }
        leftovers = []
        for rows in records {
            let marker = TableRecord(
                rows.names.loads, [("load_id", .text(rows.loadID.text)), ("status", .integer(1))])
            try run([SQLPrinter.deletion(of: marker, dialect)], .deleteRecords(marker))
        }
    }

    // MARK: Printing

    package func plan(
        _ load: PackageLoad, _ records: SystemRows, now: Int64
    ) throws(DestinationError) -> LoadPlanText {
        try SQLPlanText.text(of: load, records, dialect, now: now, namesDataset: &printsDataset)
    }
}
