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

// The types of results, by the numbers that all servers have for them.
extension PostgreSQLTypes {
    static func form(_ type: UInt32) -> PostgreSQLRows.Form {
        switch type {
        case 16: .bool
        case 20, 21, 23, 26: .integer
        case 700, 701: .double
        case 1700: .number
        case 114, 3802: .json
        case 17: .binary
        case 1082, 1083, 1266: .time
        case 1114: .timestamp
        case 1184: .instant
        default: .text
        }
    }

    /// What a type is to dlt; nil for one that it does not know.
    static func dataType(_ type: UInt32) -> DataType? {
        switch type {
        case 16: .bool
        case 20, 21, 23, 26: .bigint
        case 700, 701: .double
        case 1700: .decimal
        case 25, 1042, 1043: .text
        case 114, 3802: .json
        case 17: .binary
        case 1082: .date
        case 1083: .time
        case 1114, 1184: .timestamp
        default: nil
        }
    }

    static func name(_ type: UInt32, _ modifier: Int32) -> String {
        switch type {
        case 16: return "boolean"
        case 20: return "bigint"
        case 21: return "smallint"
        case 23: return "integer"
        case 26: return "oid"
        case 700: return "real"
        case 701: return "double precision"
        case 1700:
            guard modifier >= 4 else { return "numeric" }
            return "numeric(\((modifier - 4) >> 16),\((modifier - 4) & 0xFFFF))"
        case 25: return "text"
        case 1042: return "character"
        case 1043: return modifier >= 4 ? "varchar(\(modifier - 4))" : "varchar"
        case 114: return "json"
        case 3802: return "jsonb"
        case 17: return "bytea"
        case 1082: return "date"
        case 1083: return "time"
        case 1266: return "timetz"
        case 1114: return "timestamp"
        case 1184: return "timestamptz"
        case 1186: return "interval"
        case 2950: return "uuid"
        default: return ""
        }
    }
}
