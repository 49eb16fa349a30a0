import MariaDB
import Schemas
import TableSources

struct MariaDBTableDialect: TableDialect {
    func identifier(_ name: String) -> String { Connection.quoteIdentifier(name) }

    func expression(_ column: SourceColumn) -> String {
        let name = identifier(column.name)
        return column.mariaDBForm == .float ? "\(name) + 0e0" : name
    }

    /// Texts by their bytes: a collation's order is not ours.
    func operand(_ column: SourceColumn) -> String {
        let name = identifier(column.name)
        switch column.dataType {
        case .text?: return "CAST(CONVERT(\(name) USING utf8mb4) AS BINARY)"
        case .double? where column.mariaDBForm == .float: return "(\(name) + 0e0)"
        default: return name
        }
    }

    func literal(_ value: String, for column: SourceColumn) throws(TableError) -> String {
        let quoted = Connection.quoteLiteral(value)
        switch column.dataType {
        case .bigint?, .decimal?, .wei?:
            return CursorLiteral.isInteger(value) ? value : "CAST(\(quoted) AS DECIMAL(65, 30))"
        case .double?:
            // The double that the float is: its shortest text is that of another one.
            if column.mariaDBForm == .float, let single = Float(value), single.isFinite {
                return "('\(Double(single))' + 0e0)"
            }
            return "(\(quoted) + 0e0)"
        case .date?:
            let time = try CursorLiteral.time(value, for: column)
            return time.isMidnight ? "DATE '\(time.date)'" : "TIMESTAMP '\(time.text)'"
        case .timestamp?: return "TIMESTAMP '\(try CursorLiteral.time(value, for: column).text)'"
        case .time?: return "TIME \(quoted)"
        default: return "CAST(\(quoted) AS BINARY)"
        }
    }
}
