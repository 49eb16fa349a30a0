import Schemas

/// Column types as dlt's PostgreSQL destination makes them.
enum PostgreSQLTypes {
    static func type(of column: Column) -> String {
        switch column.dataType {
        case .text, nil: return column.precision.map { "varchar(\($0))" } ?? "varchar"
        case .double: return "double precision"
        case .bool: return "boolean"
        case .timestamp:
            let zone = column.hasTimezone ? "with" : "without"
            return "timestamp\(precision(column)) \(zone) time zone"
        case .date: return "date"
        case .time: return "time\(precision(column)) without time zone"
        case .bigint:
            switch column.precision ?? 64 {
            case ...16: return "smallint"
            case ...32: return "integer"
            default: return "bigint"
            }
        case .binary: return "bytea"
        case .json: return "jsonb"
        case .decimal: return "numeric(\(column.precision ?? 38),\(column.scale ?? 9))"
        case .wei: return "numeric(\(column.precision ?? 156),\(column.scale ?? 78))"
        }
    }

    /// The same as the server prints it.
    static func stored(_ column: Column) -> String {
        let type = type(of: column)
        if type.hasPrefix("varchar") { return "character varying" + type.dropFirst("varchar".count) }
        // The server writes a precision without a space before it.
        return type.replacing(" (", with: "(")
    }

    private static func precision(_ column: Column) -> String { column.precision.map { " (\($0))" } ?? "" }
}
