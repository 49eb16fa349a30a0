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
        // As JSON, since a line end in the name of somebody else's package would end the comment.
        return "-- package \(manifest.loadID) of pipeline \(JSONValue.string(manifest.pipeline).serialized())\nBEGIN;\n"
            + steps.map { destination.sql(for: $0) }.joined() + "COMMIT;\n"
    }

    func text() -> String {
        var text = "package \(manifest.loadID) of pipeline \(manifest.pipeline) into \(url):\n"
        if plan == nil { text += "  nothing: it was loaded before\n" }
        for step in steps { text += "  \(describe(step))\n" }
        return Terminal.harmless(text)
    }

    private func describe(_ step: LoadStep) -> String {
        switch step {
        case .createTable(let change): "create table \(change.table): \(columns(change))"
        case .addColumns(let change): "add to table \(change.table): \(columns(change))"
        case .createStaging(let change): "stage the rows of table \(change.table)"
        case .deleteRows(let table): "remove all rows of table \(table)"
        case .truncateRows(let table): "truncate table \(table)"
        case .insertRows(let rows): describe(rows)
        case .insertFromStaging(let change): "insert the staged rows into table \(change.table)"
        case .merge(let merge): describe(merge)
        case .swapTable(let table, _): "put the new table in the place of table \(table)"
        case .dropTable(let table): "drop table \(table)"
        case .dropStaging(let table): "drop what was staged for table \(table)"
        case .insertRecord(let record): "write a record to table \(record.table)"
        case .deleteRecords(let record): "delete records from table \(record.table)"
        }
    }

    private func describe(_ rows: RowInsert) -> String {
        let count = NumberText.rows(rows.job.rows)
        return switch rows.place {
        case .table: "insert \(count) into table \(rows.table)"
        case .staging: "stage \(count) for table \(rows.table)"
        case .successor: "insert \(count) into a new table \(rows.table)"
        }
    }

    private func describe(_ merge: TableMerge) -> String {
        let tables = ([merge.root] + merge.nested.map(\.table)).map(\.name).joined(separator: ", ")
        var text = "merge (\(merge.strategy.name)) into table \(tables)"
        if !merge.primaryKey.isEmpty { text += " by primary key \(names(merge.primaryKey))" }
        if !merge.mergeKey.isEmpty { text += " by merge key \(names(merge.mergeKey))" }
        return text
    }

    private func names(_ columns: [Column]) -> String { columns.map(\.name).joined(separator: ", ") }

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
                case .createStaging(let change): ["create_staging": .string(change.table)]
                case .deleteRows(let table): ["delete_rows": .string(table)]
                case .truncateRows(let table): ["truncate_rows": .string(table)]
                case .insertRows(let rows): json(rows)
                case .insertFromStaging(let change): ["insert_from_staging": .string(change.table)]
                case .merge(let merge): json(merge)
                case .swapTable(let table, _): ["swap_table": .string(table)]
                case .dropTable(let table): ["drop_table": .string(table)]
                case .dropStaging(let table): ["drop_staging": .string(table)]
                case .insertRecord(let record): ["insert_record": .string(record.table)]
                case .deleteRecords(let record): ["delete_records": .string(record.table)]
                }
            })
        return .object(line)
    }

    private func json(_ rows: RowInsert) -> JSONValue {
        var step: JSONObject = ["insert_rows": .string(rows.table), "rows": .integer(rows.job.rows)]
        switch rows.place {
        case .table: break
        case .staging: step["place"] = "staging"
        case .successor: step["place"] = "successor"
        }
        return .object(step)
    }

    private func json(_ merge: TableMerge) -> JSONValue {
        [
            "merge": .string(merge.root.name), "strategy": .string(merge.strategy.name),
            "primary_key": .strings(merge.primaryKey.map(\.name)), "merge_key": .strings(merge.mergeKey.map(\.name)),
            "nested": .strings(merge.nested.map(\.table.name)),
        ]
    }

    private func columns(_ change: TableChange) -> JSONValue { .array(change.columns.map { .object($0.hints) }) }
}
