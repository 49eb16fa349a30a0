import MariaDB
import Schemas
import TableSources

/// How a column's values are written, as `SourceColumn.form` keeps it.
enum MariaDBForm: Int {
    /// As the result's own type says.
    case plain
    /// A float, which the server would round to six digits if it wrote it: it arrives as the double that it is.
    case float
}

extension SourceColumn {
    var mariaDBForm: MariaDBForm { MariaDBForm(rawValue: form) ?? .plain }

    /// - Parameters:
    ///   - type: `DATA_TYPE` of the catalog, such as `varchar`.
    ///   - whole: `COLUMN_TYPE`, such as `varchar(40)`.
    init(_ name: String, type: String, whole: String, length: Int?, digits: Int?, scale: Int?, isNullable: Bool) {
        self.init(name, storedType: whole, isNullable: isNullable)
        switch type.lowercased() {
        case "tinyint", "mediumint", "int", "integer", "bigint", "year", "bit": dataType = .bigint
        // As dlt, which knows the bits of this type alone.
        case "smallint": (dataType, precision) = (.bigint, 32)
        case "decimal", "numeric": (dataType, precision, self.scale) = (.decimal, digits, scale ?? 0)
        case "float": (dataType, form) = (.double, MariaDBForm.float.rawValue)
        case "double", "real": dataType = .double
        case "char", "varchar", "enum", "set": (dataType, precision) = (.text, length)
        case "tinytext", "text", "mediumtext", "longtext", "inet4", "inet6", "uuid": dataType = .text
        case "binary", "varbinary": (dataType, precision) = (.binary, length)
        case "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon",
            "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector":
            dataType = .binary
        case "date": dataType = .date
        case "time": dataType = .time
        // Neither has a zone of its own; a timestamp is shown in that of the session, which is UTC.
        case "datetime", "timestamp": (dataType, hasTimezone) = (.timestamp, false)
        case "json": dataType = .json
        default: dataType = nil
        }
    }

    /// A column of a query's result.
    init(_ column: Rows.Column) {
        let isFloat = column.type == .float
        self.init(column.name, storedType: Self.name(column.type), isNullable: nil)
        switch column.type {
        case .integer, .year, .bit: dataType = .bigint
        case .decimal:
            // The sign and the point are counted, too.
            precision = column.length - (column.decimals > 0 ? 1 : 0) - (column.isUnsigned ? 0 : 1)
            (dataType, scale) = (.decimal, column.decimals)
        case .float, .double: (dataType, form) = (.double, isFloat ? MariaDBForm.float.rawValue : 0)
        case .text, .other: dataType = .text
        case .blob, .geometry: dataType = .binary
        case .date: dataType = .date
        case .time: dataType = .time
        case .datetime, .timestamp: (dataType, hasTimezone) = (.timestamp, false)
        case .json: dataType = .json
        case .null: break
        }
    }

    private static func name(_ type: Rows.ColumnType) -> String { "\(type)" }
}
