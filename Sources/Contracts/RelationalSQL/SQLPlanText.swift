import DestinationKinds
package import Destinations
import Failures
import JSONText
package import LoadPackages

/// A plan in words, and as a script that the database's own program can run.
enum SQLPlanText {
    /// - Parameter namesDataset: the dataset has to be created before its first table.
    static func text(
        of load: PackageLoad, _ records: SystemRows, _ dialect: any SQLDialect, _ reader: SQLReader? = nil, now: Int64,
        namesDataset: inout Bool
    ) throws(DestinationError) -> LoadPlanText {
        let plan = try SQLPlanner.plan(load, dialect, reader)
        let steps: [SQLStep]
        var time = now
        if dialect.kind.atomicity == .transaction {
            steps = plan.steps + plan.records(records, from: &time)
        } else {
            let written = plan.records(records, from: &time, isRepeatable: true)
            let marks = plan.publish.isEmpty ? [] : [LoadMark.publishing, .published]
            steps =
                plan.prepare + marks.prefix(1).map { plan.mark(load, $0, now: now) } + plan.publish
                + marks.dropFirst().map { plan.mark(load, $0, now: now) } + written + plan.cleanUp
                + marks.reversed().map { SQLPlan.removal(of: $0, load.loadID, load.names) }
        }
        let printer = SQLPrinter(dialect, load: load.loadID, identities: reader?.identities ?? [:])
        var script = ""
        for step in steps {
            if case .createTable = step, namesDataset, let creation = dialect.datasetCreation {
                script += creation + ";\n"
                namesDataset = false
            }
            script += printer.printed(step)
        }
        if dialect.kind.atomicity == .transaction { script = "BEGIN;\n\(script)COMMIT;\n" }
        return LoadPlanText(script: script, lines: steps.map(\.described), steps: steps.map(\.json))
    }
}

extension SQLPrinter {
    /// The statements that create tables, and the dataset before them.
    package static func definitions(of tables: [TableChange], _ dialect: any SQLDialect) -> String {
        let dataset = tables.isEmpty ? nil : dialect.datasetCreation
        let creations = tables.map { table in
            let indexes = TableIndex.chosen(nil, for: table.columns, at: dialect.kind)
            let whole = TableChange(table: table.table, columns: table.columns, indexes: indexes)
            return creation(of: whole, dialect, declaresUnique: true).text { dialect.literal($1) } + ";\n"
        }
        return (dataset.map { [$0 + ";\n"] } ?? []).joined() + creations.joined()
    }
}

/// A look at a place that does not exist yet.
package final class EmptySQLSession: DestinationSession, PlanPrinting {
    private let dialect: any SQLDialect
    private var printsDataset = true

    package init(_ dialect: any SQLDialect) { self.dialect = dialect }

    package var dataset: DatasetView { DatasetView(EmptyDataset()) }

    package func apply(
        _ loads: [PackageLoad], rows: (LoadID, Manifest.Job) throws -> JobFile,
        progress: (LoadProgress) throws -> Void
    ) throws { throw EmptySQLSession.readOnly }

    package func commit(_ records: [SystemRows]) throws(DestinationError) { throw EmptySQLSession.readOnly }

    package func abandon() {}

    package func plan(
        _ load: PackageLoad, _ records: SystemRows, now: Int64
    ) throws(DestinationError) -> LoadPlanText {
        try SQLPlanText.text(of: load, records, dialect, now: now, namesDataset: &printsDataset)
    }

    static let readOnly = DestinationError(.denied, "unable to write: the destination was opened for reading")
}
