import Destinations
import JSONText
import LoadPackages
import ProgramSupport
import Schemas

extension SQLStep {
    /// A line for people.
    var described: String {
        switch self {
        case .createTable(let change): "create table \(change.table): \(SQLStep.columns(change))"
        case .addColumns(let change): "add to table \(change.table): \(SQLStep.columns(change))"
        case .createStaging(let change): "stage the rows of table \(change.table)"
        case .deleteRows(let table): "remove all rows of table \(table)"
        case .truncateRows(let table): "truncate table \(table)"
        case .insertRows(let rows): SQLStep.described(rows)
        case .insertFromStaging(let change): "insert the staged rows into table \(change.table)"
        case .prepareMerge(let merge): "prepare the rows staged for table \(merge.root.name)"
        case .merge(let merge): SQLStep.described(merge)
        case .createIndex(let index, let table, let successor):
            (index.isUnique ? "make column \(index.column) unique in " : "index column \(index.column) of ")
                + (successor == nil ? "table" : "the new table") + " \(table)"
        case .swapTable(let change, _): "replace table \(change.table) with the new one"
        case .dropTable(let table): "drop table \(table)"
        case .dropStaging(let table): "drop the staged rows of table \(table)"
        case .insertRecord(let record): "write a record to table \(record.table)"
        case .deleteRecords(let record): "delete records from table \(record.table)"
        case .deleteVersions(let table, _, _): "delete records from table \(table)"
        }
    }

    private static func described(_ rows: RowInsert) -> String {
        let count = SQLStep.count(rows.rowCount)
        return switch rows.place {
        case .table: "insert \(count) into table \(rows.table)"
        case .staging: "stage \(count) for table \(rows.table)"
        case .successor: "insert \(count) into a new table \(rows.table)"
        }
    }

    private static func described(_ merge: TableMerge) -> String {
        let tables = ([merge.root] + merge.nested.map(\.table)).map(\.name).joined(separator: ", ")
        var text = "merge (\(merge.strategy.name)) into table \(tables)"
        if !merge.primaryKey.isEmpty { text += " by primary key \(names(merge.primaryKey))" }
        if !merge.mergeKey.isEmpty { text += " by merge key \(names(merge.mergeKey))" }
        return text
    }

    private static func count(_ rows: Int) -> String { NumberText.rows(rows) }

    private static func names(_ columns: [Column]) -> String { columns.map(\.name).joined(separator: ", ") }

    private static func columns(_ change: TableChange) -> String {
        change.columns.map { "\($0.name) \($0.dataType?.rawValue ?? "")" }.joined(separator: ", ")
    }

    /// The same for programs.
    var json: JSONValue {
        switch self {
        case .createTable(let change): ["create_table": .string(change.table), "columns": SQLStep.hints(change)]
        case .addColumns(let change): ["add_columns": .string(change.table), "columns": SQLStep.hints(change)]
        case .createStaging(let change): ["create_staging": .string(change.table)]
        case .deleteRows(let table): ["delete_rows": .string(table)]
        case .truncateRows(let table): ["truncate_rows": .string(table)]
        case .insertRows(let rows): SQLStep.json(rows)
        case .insertFromStaging(let change): ["insert_from_staging": .string(change.table)]
        case .prepareMerge(let merge): ["prepare_merge": .string(merge.root.name)]
        case .merge(let merge): SQLStep.json(merge)
        case .createIndex(let index, let table, _):
            ["create_index": .string(table), "column": .string(index.column), "unique": .bool(index.isUnique)]
        case .swapTable(let change, _): ["swap_table": .string(change.table)]
        case .dropTable(let table): ["drop_table": .string(table)]
        case .dropStaging(let table): ["drop_staging": .string(table)]
        case .insertRecord(let record): ["insert_record": .string(record.table)]
        case .deleteRecords(let record): ["delete_records": .string(record.table)]
        case .deleteVersions(let table, _, _): ["delete_records": .string(table)]
        }
    }

    private static func json(_ rows: RowInsert) -> JSONValue {
        var step: JSONObject = ["insert_rows": .string(rows.table), "rows": .integer(rows.rowCount)]
        switch rows.place {
        case .table: break
        case .staging: step["place"] = "staging"
        case .successor: step["place"] = "successor"
        }
        return .object(step)
    }

    private static func json(_ merge: TableMerge) -> JSONValue {
        [
            "merge": .string(merge.root.name), "strategy": .string(merge.strategy.name),
            "primary_key": .strings(merge.primaryKey.map(\.name)), "merge_key": .strings(merge.mergeKey.map(\.name)),
            "nested": .strings(merge.nested.map(\.table.name)),
        ]
    }

    private static func hints(_ change: TableChange) -> JSONValue { .array(change.columns.map { .object($0.hints) }) }
}
