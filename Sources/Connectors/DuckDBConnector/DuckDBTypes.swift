import DuckDB
import JobRows
import Schemas

enum DuckDBTypes {
    /// The type that dlt gives a column.
    static func type(of column: Column) -> String {
        switch column.dataType {
        case .text, nil: "VARCHAR"
        case .double: "DOUBLE"
        case .bool: "BOOLEAN"
        case .date: "DATE"
        case .time: "TIME"
        case .binary: "BLOB"
        case .json: "JSON"
        case .decimal: "DECIMAL(\(column.precision ?? 38),\(column.scale ?? 9))"
        case .wei: "DECIMAL(38,0)"
        case .bigint:
            switch column.precision ?? 64 {
            case ...8: "TINYINT"
            case ...16: "SMALLINT"
            case ...32: "INTEGER"
            case ...64: "BIGINT"
            default: "HUGEINT"
            }
        case .timestamp where column.hasTimezone: "TIMESTAMP WITH TIME ZONE"
        case .timestamp:
            switch column.precision ?? 6 {
            case ...0: "TIMESTAMP_S"
            case ...3: "TIMESTAMP_MS"
            case ...6: "TIMESTAMP"
            default: "TIMESTAMP_NS"
            }
        }
    }

    /// How values of a type become values of a column that another program may have made; nil where the column cannot
    /// hold all of them unchanged. Rounds only what dlt rounds: digits of a decimal beyond its scale, and parts of a
    /// second that a type omits.
    static func form(of type: DataType, in column: Appender.Column) -> ColumnForm? {
        switch (type, column.type) {
        // A text in a JSON column keeps its quotes; every other value is written as its JSON.
        case (_, .json): .view(.json)
        case (.text, .text): .view(.textWithoutZeros)
        case (.text, .other) where column.isCastExactly: .view(.textWithoutZeros)
        case (.bigint, .text), (.double, .text), (.decimal, .text), (.wei, .text): .view(.number)
        case (.bool, .text), (.json, .text): .view(.json)
        case (.date, .text), (.time, .text), (.timestamp, .text): .view(.plain)
        case (.binary, .blob): .view(.binary)
        case (.bigint, .int8): .bits(Int8.self, .integer, "TINYINT")
        case (.bigint, .int16): .bits(Int16.self, .integer, "SMALLINT")
        case (.bigint, .int32): .bits(Int32.self, .integer, "INTEGER")
        case (.bigint, .int64): .bits(Int64.self, .integer)
        case (.bigint, .int128): .integer128
        case (.bigint, .double): .integerAsDouble("DOUBLE")
        case (.bigint, .decimal), (.decimal, .decimal), (.wei, .decimal):
            .scaled(digits: column.digits, scale: column.scale, "DECIMAL(\(column.digits),\(column.scale))")
        case (.double, .double): .bits(Int64.self, .real)
        case (.bool, .boolean): .bits(Int8.self, .bool)
        case (.date, .date): .bits(Int32.self, .day)
        case (.time, .time): .bits(Int64.self, .timeOfDay)
        case (.timestamp, .microseconds), (.timestamp, .microsecondsUTC): .bits(Int64.self, .microseconds)
        case (.timestamp, .seconds): .rounded(microseconds: 1_000_000)
        case (.timestamp, .milliseconds): .rounded(microseconds: 1000)
        case (.timestamp, .nanoseconds): .nanoseconds("TIMESTAMP_NS")
        default: nil
        }
    }
}

// The types of results.
extension DuckDBTypes {
    /// What a column of a result is to dlt; nil for a type that it does not know.
    static func dataType(_ column: Cursor.Column) -> DataType? {
        switch column.form {
        case .boolean: .bool
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .int128: .bigint
        case .float, .double: .double
        case .decimal: .decimal
        case .text: .text
        case .json: .json
        case .blob: .binary
        case .date: .date
        case .time: .time
        case .seconds, .milliseconds, .microseconds, .nanoseconds, .microsecondsUTC: .timestamp
        case .other: nil
        }
    }

    static func name(_ column: Cursor.Column) -> String {
        switch column.form {
        case .boolean: "boolean"
        case .int8: "tinyint"
        case .int16: "smallint"
        case .int32: "integer"
        case .int64: "bigint"
        case .uint8: "utinyint"
        case .uint16: "usmallint"
        case .uint32: "uinteger"
        case .uint64: "ubigint"
        case .int128: "hugeint"
        case .float: "float"
        case .double: "double"
        case .decimal: "decimal(\(column.digits),\(column.scale))"
        case .text: "varchar"
        case .json: "json"
        case .blob: "blob"
        case .date: "date"
        case .time: "time"
        case .seconds, .milliseconds, .microseconds, .nanoseconds: "timestamp"
        case .microsecondsUTC: "timestamptz"
        case .other: ""
        }
    }
}
