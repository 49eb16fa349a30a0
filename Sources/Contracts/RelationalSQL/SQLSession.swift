import DestinationKinds
package import Destinations
import Failures
import JSONText
package import LoadPackages
import Schemas
import SystemIO

/// A session of any SQL database, over its connection.
///
/// Where a transaction covers everything, all phases are one. Where each statement counts at once (`commitRecord`), see
/// `SQLSession+Phases.swift`.
package final class SQLSession: DestinationSession, PlanPrinting {
    package let connection: any SQLConnection
    let access: DestinationAccess
    let reader: SQLReader
    private var isOpen = true
    private var hasDataset = false
    private var printsDataset = true
    /// Loads that were applied and are not committed, where that is not one transaction.
    var applied: [LoadID: SQLPlan] = [:]
    /// Those of them that have a mark.
    var marked: Set<LoadID> = []

    package init(_ connection: any SQLConnection, _ access: DestinationAccess) throws(DestinationError) {
        self.connection = connection
        self.access = access
        reader = SQLReader(connection)
        try connection.begin(access)
    }

    deinit { abandon() }

    package var dataset: DatasetView { DatasetView(reader) }

    var dialect: any SQLDialect { connection.dialect }
    var isTransaction: Bool { dialect.kind.atomicity == .transaction }

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
            try apply(plan, load, rows, progress)
        }
    }

    package func commit(_ records: [SystemRows]) throws(DestinationError) {
        try checkAccess()
        if isTransaction {
            var time = Clock.nowMicroseconds()
            for rows in records {
                for step in SQLPlan().records(rows, from: &time) { try run(step, of: rows.loadID) }
            }
        } else {
            try writeRecords(records)
        }
        try connection.commit()
        isOpen = false
    }

    private func checkAccess() throws(DestinationError) {
        if access == .read { throw EmptySQLSession.readOnly }
    }

    // MARK: Steps

    func run(
        _ step: SQLStep, of load: PackageLoad, _ file: (Manifest.Job) throws -> JobFile,
        _ progress: (LoadProgress) throws -> Void
    ) throws {
        try progress(.step)
        if case .insertRows(let insert) = step {
            return try connection.insert(
                insert, into: dialect.target(of: insert, of: load.loadID), from: file(insert.job)
            ) { try progress(.inserted(rows: $0, table: insert.table)) }
        }
        if case .merge(let merge) = step { try progress(.merging(table: merge.root.name)) }
        try run(step, of: load.loadID)
    }

    func run(_ step: SQLStep, of load: LoadID) throws(DestinationError) {
        if case .createTable = step, !hasDataset {
            try connection.createDataset()
            hasDataset = true
        }
        if let table = step.excludesReaders { try connection.excludeReaders(from: table) }
        for statement in SQLPrinter(dialect, load: load).statements(for: step) {
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
        let reason = failure.explained(step.action)
        guard let value = repeatedValue(step) else { return reason }
        return DestinationError(.data, "\(reason.message) (\(value) came more than once)", hint: reason.hint)
    }

    /// What kept a column from being made unique, where the database has not told it, and can still be asked.
    private func repeatedValue(_ step: SQLStep) -> String? {
        guard case .createIndex(let index, let table, let successor) = step, index.isUnique else { return nil }
        let column = dialect.quote(index.column)
        return try? connection.rows(
            of: """
                SELECT \(column) FROM \(dialect.table(successor ?? table)) WHERE \(column) IS NOT NULL \
                GROUP BY \(column) HAVING count(*) > 1 LIMIT 1
                """
        ).first?.first ?? nil
    }

    // MARK: Printing

    package func plan(
        _ load: PackageLoad, _ records: SystemRows, now: Int64
    ) throws(DestinationError) -> LoadPlanText {
        try SQLPlanText.text(of: load, records, dialect, now: now, namesDataset: &printsDataset)
    }
}
