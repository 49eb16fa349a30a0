import Schemas

/// Column declarations as dlt's SQLite destination writes them.
enum SQLiteTypes {
    /// The type of a column that we create. One differs: dlt declares wei as NUMERIC, which rounds values of more than
    /// 64 bits.
    static func declaration(_ column: Column) -> String {
        switch column.dataType {
        case .text, nil:
            if let precision = column.precision { return "VARCHAR(\(precision))" }
            return column.has("unique") ? "VARCHAR(128)" : "TEXT"
        case .double: return "DOUBLE"
        case .bool: return "BOOLEAN"
        case .timestamp: return "DATETIME"
        case .date: return "DATE"
        case .time: return "TIME"
        case .bigint:
            guard let precision = column.precision else { return "BIGINT" }
            return precision <= 16 ? "SMALLINT" : precision <= 32 ? "INTEGER" : "BIGINT"
        case .binary: return "BLOB"
        case .json: return "JSON"
        case .decimal:
            switch (column.precision, column.scale) {
            case (nil, nil): return "NUMERIC(38, 9)"
            case (let precision?, nil): return "NUMERIC(\(precision))"
            case (let precision?, let scale?): return "NUMERIC(\(precision), \(scale))"
            case (nil, _?): return "NUMERIC"
            }
        case .wei: return "TEXT"
        }
    }

    /// The type of a column that is added to a STRICT table, which knows five.
    static func strict(_ column: Column) -> String {
        switch column.dataType {
        case .bigint, .bool: "INTEGER"
        case .double: "REAL"
        case .binary: "BLOB"
        // Whatever the declaration: numbers of many digits are stored as text.
        case .decimal: "ANY"
        case .text, .timestamp, .date, .time, .json, .wei, nil: "TEXT"
        }
    }

    /// What a declared type means to dlt; nil for one that says nothing.
    static func dataType(_ declaration: String) -> DataType? {
        let word = declaration.uppercased().prefix { $0 != "(" && $0 != " " }
        return switch word {
        case "BOOLEAN", "BOOL": .bool
        case "DATETIME", "TIMESTAMP": .timestamp
        case "DATE": .date
        case "TIME": .time
        case "JSON", "JSONB": .json
        case "NUMERIC", "DECIMAL": .decimal
        case "BIGINT", "INTEGER", "INT", "SMALLINT", "TINYINT", "MEDIUMINT": .bigint
        case "DOUBLE", "REAL", "FLOAT": .double
        case "BLOB": .binary
        case "TEXT", "VARCHAR", "CHAR", "CLOB", "NVARCHAR": .text
        default: nil
        }
    }
}
