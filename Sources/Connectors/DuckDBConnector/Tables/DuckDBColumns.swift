import Schemas
import TableSources

/// What the text of a type says of a column, and how its values are asked for.
enum DuckDBColumns {
    /// In `SourceColumn.form`.
    enum Cast: Int {
        case none, text, json
        /// Of a time with a zone, whose nanoseconds the library hands over only without it: in UTC.
        case nanoseconds
    }

    /// Parts of nested types that are read as they are; the library writes others. A member may have such a name, too, and is then
    /// left to the library without need.
    private static let foreignParts = [
        "UNION(", "ENUM(", "INTERVAL", "BIT", "TIME WITH TIME ZONE", "TIME_NS", "TIMESTAMPTZ_NS", "UHUGEINT", "BIGNUM",
        "VARINT", "VARIANT",
        "GEOMETRY", "NULL",
    ]

    static func column(_ name: String, type: String) -> SourceColumn {
        var column = SourceColumn(name, storedType: type)
        var cast = Cast.none
        switch type {
        case "BOOLEAN": column.dataType = .bool
        case "TINYINT", "UTINYINT": (column.dataType, column.precision) = (.bigint, 8)
        case "SMALLINT", "USMALLINT": (column.dataType, column.precision) = (.bigint, type == "SMALLINT" ? 16 : 32)
        case "INTEGER": (column.dataType, column.precision) = (.bigint, 32)
        case "UINTEGER", "BIGINT": column.dataType = .bigint
        case "UBIGINT", "HUGEINT": column.dataType = .wei
        case "UHUGEINT": (column.dataType, cast) = (.wei, .text)
        case "FLOAT", "DOUBLE": column.dataType = .double
        case "VARCHAR": column.dataType = .text
        case "BLOB": column.dataType = .binary
        case "JSON": column.dataType = .json
        case "DATE": column.dataType = .date
        case "TIME": column.dataType = .time
        case "TIME WITH TIME ZONE", "TIME_NS": (column.dataType, cast) = (.time, .text)
        case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS":
            (column.dataType, column.hasTimezone) = (.timestamp, false)
        case "TIMESTAMPTZ_NS": (column.dataType, column.hasTimezone, cast) = (.timestamp, true, .nanoseconds)
        case "TIMESTAMP WITH TIME ZONE": (column.dataType, column.hasTimezone) = (.timestamp, true)
        default:
            if type.hasSuffix("]") || ["STRUCT(", "MAP(", "UNION("].contains(where: type.hasPrefix) {
                column.dataType = .json
                if foreignParts.contains(where: type.contains) { cast = .json }
            } else if type.hasPrefix("DECIMAL(") {
                let numbers = type.dropFirst(8).dropLast().split(separator: ",").compactMap { Int($0) }
                (column.dataType, column.precision, column.scale) = (.decimal, numbers.first, numbers.last)
            } else {
                (column.dataType, cast) = (.text, .text)
            }
        }
        column.form = cast.rawValue
        return column
    }
}

extension SourceColumn {
    var duckdbCast: DuckDBColumns.Cast { DuckDBColumns.Cast(rawValue: form) ?? .none }
}
