import DestinationKinds
package import Destinations
import Failures
import JSONText
package import LoadPackages
import Schemas
import SystemIO

/// A session of any SQL database, over its connection.
///
/// Where a transaction covers everything, all phases are one. Where each statement takes effect at once
/// (`commitRecord`), see `SQLSession+Phases.swift`.
package final class SQLSession: DestinationSession, PlanPrinting {
    package let connection: any SQLConnection
    let access: DestinationAccess
    let reader: SQLReader
    private var isOpen = true
    private var hasDataset = false
    private var printsDataset = true
    /// Applied loads that have made the dataset forget versions of schemas, in a single transaction.
    private var forgetting: [LoadID: [String]] = [:]
    package private(set) var effects = RowEffects()
    /// Applied loads that are not committed, without a single transaction.
    var applied: [LoadID: SQLPlan] = [:]
    /// The loads among them with a mark.
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
        _ loads: [PackageLoad], rows: (LoadID, Manifest.Job) throws -> JobFile,
        progress: (LoadProgress) throws -> Void
    ) throws {
        try checkAccess()
        var rest = loads[...]
        while let load = rest.first {
            // Where statements take effect at once, all statements of a load belong together.
            let shared = isTransaction ? SharedAppends(rest) : nil
            let plan = try SQLPlanner.plan(shared?.load ?? load, dialect, reader)
            let files = { (insert: RowInsert) in
                shared?.jobs[ExactString(insert.table)] ?? insert.jobs.map { (load.loadID, $0) }
            }
            if isTransaction {
                for case .drop(_, let schema?) in load.intents { forgetting[load.loadID, default: []].append(schema) }
                for step in plan.steps { try run(step, of: load, files, rows, progress) }
            } else {
                try apply(plan, load, { try rows(load.loadID, $0) }, progress)
            }
            rest = rest.dropFirst(shared?.count ?? 1)
        }
    }

    package func commit(_ records: [SystemRows]) throws(DestinationError) {
        try checkAccess()
        if isTransaction {
            try writeTogether(records)
        } else {
            try writeRecords(records)
        }
        try connection.commit()
        isOpen = false
    }

    /// Many records take few statements. Everything that belongs to a load precedes its own row.
    private func writeTogether(_ records: [SystemRows]) throws(DestinationError) {
        var time = Clock.nowMicroseconds()
        var waiting = WaitingRecords()
        for rows in remembered(records) {
            for step in SQLPlan().records(rows, from: &time) {
                if case .insertRecord(let record) = step {
                    waiting.append(record, isLoad: record.table == rows.names.loads)
                    if waiting.isFull { try write(&waiting) }
                } else {
                    try write(&waiting)
                    try run(step, of: rows.loadID)
                }
            }
        }
        try write(&waiting)
    }

    /// Without the versions that later loads have made the dataset forget.
    private func remembered(_ records: [SystemRows]) -> [SystemRows] {
        var forgotten: Set<ExactString> = []
        let remembered = records.reversed().map { rows in
            defer { forgotten.formUnion((forgetting[rows.loadID] ?? []).map { ExactString($0) }) }
            return forgotten.isEmpty ? rows : rows.without(forgotten)
        }
        return remembered.reversed()
    }

    private func write(_ waiting: inout WaitingRecords) throws(DestinationError) {
        for records in waiting.take() {
            let step = SQLStep.insertRecord(records[0])
            reader.forget(whatChangesWith: step)
            do { _ = try connection.execute(SQLPrinter.insertion(of: records, dialect)) } catch {
                throw explained(error, step)
            }
        }
    }

    private func checkAccess() throws(DestinationError) {
        if access == .read { throw EmptySQLSession.readOnly }
    }

    // MARK: Steps

    func run(
        _ step: SQLStep, of load: PackageLoad, _ file: (Manifest.Job) throws -> JobFile,
        _ progress: (LoadProgress) throws -> Void
    ) throws {
        try run(step, of: load, { insert in insert.jobs.map { (load.loadID, $0) } }, { try file($1) }, progress)
    }

    /// - Parameter jobs: the jobs of an insertion, with their loads.
    private func run(
        _ step: SQLStep, of load: PackageLoad, _ jobs: (RowInsert) -> [(LoadID, Manifest.Job)],
        _ file: (LoadID, Manifest.Job) throws -> JobFile, _ progress: (LoadProgress) throws -> Void
    ) throws {
        try progress(.step)
        if case .insertRows(let insert) = step {
            var rest = jobs(insert).makeIterator()
            return try connection.insert(insert, into: dialect.target(of: insert, of: load.loadID)) {
                try rest.next().map { try file($0, $1) }
            } progress: {
                try progress(.inserted(rows: $0, table: insert.table))
            }
        }
        if case .merge(let merge) = step { try progress(.merging(table: merge.root.name)) }
        try run(step, of: load.loadID)
    }

    func run(_ step: SQLStep, of load: LoadID) throws(DestinationError) {
        if case .createTable = step, !hasDataset {
            try connection.createDataset()
            hasDataset = true
        }
        reader.forget(whatChangesWith: step)
        if let table = step.excludesReaders { try connection.excludeReaders(from: table) }
        for statement in SQLPrinter(dialect, load: load, identities: reader.identities).statements(for: step) {
            let found: String?
            do {
                if let condition = statement.condition, try !connection.rows(of: condition.query).isEmpty { continue }
                found = try connection.execute(statement)
            } catch { throw explained(error, step) }
            if let effect = statement.effect, let rows = connection.changedRows {
                effects.add(rows, effect.kind, of: effect.table)
            }
            if let found, let refusal = statement.refusal {
                throw DestinationError(refusal.kind, refusal.message + found, hint: refusal.hint)
            }
        }
    }

    private func explained(_ failure: SQLFailure, _ step: SQLStep) -> DestinationError {
        if case .addColumns(let change) = step, failure.lacksValue {
            let required = change.columns.filter { !$0.isNullable }
            if !required.isEmpty { return lacking(required, change.table) }
        }
        var reason = failure.explained(step.action)
        reason.table = step.table
        guard let value = repeatedValue(step) else { return reason }
        return DestinationError(.data, "\(reason.message) (\(value) appears more than once)", hint: reason.hint)
    }

    private func lacking(_ required: [Column], _ table: String) -> DestinationError {
        let names = required.map { "\"\($0.name)\"" }.joined(separator: ", ")
        let ours = required.filter { SystemTables.isSystemName($0.name) || $0.has("root_key") }
        let hint =
            if required.contains(where: { $0.has("row_key") }) {
                "table \(table) was not made by dlt: send the rows to another table (dlt-extract --resource NAME), or to "
                    + "another --dataset"
            } else if !ours.isEmpty {
                "dlt-extract --refresh drop-data starts with empty tables"
            } else { "declare it nullable, or load into an empty table" }
        var error = DestinationError(
            .data,
            "unable to add column \(names) to table \"\(table)\": it must not be null, but the existing rows have no "
                + "value for it", hint: hint)
        error.table = table
        return error
    }

    /// Why a column could not be made unique, if the database has not reported it, and can still be asked.
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
        try SQLPlanText.text(of: load, records, dialect, reader, now: now, namesDataset: &printsDataset)
    }
}

/// Records to insert, by table: those of `_dlt_loads` after all others.
private struct WaitingRecords {
    private var tables: [(name: String, isLoads: Bool, records: [TableRecord])] = []
    private var textBytes = 0

    /// Old versions of SQLite accept 999 values in one statement.
    var isFull: Bool {
        textBytes > 1 << 20 || tables.contains { $0.records.count * ($0.records.first?.values.count ?? 0) > 900 }
    }

    mutating func append(_ record: TableRecord, isLoad: Bool) {
        for case (_, .text(let text)) in record.values { textBytes += text.utf8.count }
        if let place = tables.firstIndex(where: { ExactString($0.name) == ExactString(record.table) }) {
            tables[place].records.append(record)
        } else {
            tables.append((record.table, isLoad, [record]))
        }
    }

    mutating func take() -> [[TableRecord]] {
        defer { self = WaitingRecords() }
        return (tables.filter { !$0.isLoads } + tables.filter(\.isLoads)).map(\.records)
    }
}
