import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import Schemas
import SystemIO

/// A plan as text for people, as JSON, and as the destination's SQL.
struct PlanPrinter {
    let manifest: Manifest
    /// nil when the destination has the package already.
    let plan: LoadPlan?
    let destination: any Destination
    let url: String

    private var steps: [LoadStep] { plan.map { $0.steps + $0.records(now: Clock.nowMicroseconds()) } ?? [] }

    func sql() -> String {
        guard plan != nil else { return "-- package \(manifest.loadID) was loaded before\n" }
        return "-- package \(manifest.loadID) of pipeline \(manifest.pipeline)\nBEGIN;\n"
            + steps.map { destination.sql(for: $0) }.joined() + "COMMIT;\n"
    }

    func text() -> String {
        var text = "package \(manifest.loadID) of pipeline \(manifest.pipeline) into \(url):\n"
        if plan == nil { text += "  nothing: it was loaded before\n" }
        for step in steps { text += "  \(describe(step))\n" }
        return text
    }

    private func describe(_ step: LoadStep) -> String {
        switch step {
        case .createTable(let change): "create table \(change.table): \(columns(change))"
        case .addColumns(let change): "add to table \(change.table): \(columns(change))"
        case .deleteRows(let table): "remove all rows of table \(table)"
        case .insertRows(let rows): "insert \(NumberText.rows(rows.job.rows)) into table \(rows.table)"
        case .insertRecord(let record): "write a record to table \(record.table)"
        }
    }

    private func columns(_ change: TableChange) -> String {
        change.columns.map { "\($0.name) \($0.dataType?.rawValue ?? "")" }.joined(separator: ", ")
    }

    func json() -> JSONValue {
        var line = LoadReport.line(manifest, plan == nil ? .present : .planned, destination: url)
        line["steps"] = .array(
            steps.map { step in
                switch step {
                case .createTable(let change): ["create_table": .string(change.table), "columns": columns(change)]
                case .addColumns(let change): ["add_columns": .string(change.table), "columns": columns(change)]
                case .deleteRows(let table): ["delete_rows": .string(table)]
                case .insertRows(let rows): ["insert_rows": .string(rows.table), "rows": .integer(rows.job.rows)]
                case .insertRecord(let record): ["insert_record": .string(record.table)]
                }
            })
        return .object(line)
    }

    private func columns(_ change: TableChange) -> JSONValue { .array(change.columns.map { .object($0.hints) }) }
}
