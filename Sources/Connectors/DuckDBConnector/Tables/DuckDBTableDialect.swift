import DuckDB
import Schemas
import TableSources

struct DuckDBTableDialect: TableDialect {
    func identifier(_ name: String) -> String { Database.quoteIdentifier(name) }

    func expression(_ column: SourceColumn) -> String {
        let name = identifier(column.name)
        return switch column.duckdbCast {
        case .none: name
        case .text: "CAST(\(name) AS VARCHAR)"
        case .nanoseconds: "CAST(\(name) AS TIMESTAMP_NS)"
        case .json: "CAST(to_json(\(name)) AS VARCHAR)"
        }
    }

    /// Texts by their bytes, whatever the collation of the column. Single precision by the digits that a record has: 0.1 is not the
    /// double 0.1 to the library.
    func operand(_ column: SourceColumn) -> String {
        let name = identifier(column.name)
        if column.storedType == "FLOAT" { return "CAST(CAST(\(name) AS VARCHAR) AS DOUBLE)" }
        guard column.dataType == .text else { return name }
        return (column.duckdbCast == .none ? name : "CAST(\(name) AS VARCHAR)") + " COLLATE BINARY"
    }

    func finite(_ column: SourceColumn) -> String? {
        column.dataType == .timestamp || column.dataType == .date ? "isfinite(\(identifier(column.name)))" : nil
    }

    func literal(_ value: String, for column: SourceColumn) throws(TableError) -> String {
        let quoted = Database.quoteLiteral(value)
        switch column.dataType {
        case .bigint, .wei: return CursorLiteral.isInteger(value) ? quoted + "::BIGINT" : quoted + "::DECIMAL(38,9)"
        case .decimal: return quoted + "::DECIMAL(38,\(column.scale ?? 9))"
        case .double: return quoted + "::DOUBLE"
        case .date:
            let time = try CursorLiteral.time(value, for: column)
            return time.isMidnight ? "'\(time.date)'::DATE" : "'\(time.text)'::TIMESTAMP"
        case .timestamp:
            let text = try CursorLiteral.time(value, for: column).text
            return column.hasTimezone == true ? "'\(text)+00'::TIMESTAMPTZ" : "'\(text)'::TIMESTAMP"
        default: return quoted
        }
    }
}
