import Schemas
import TableSources

/// A type of the server, a domain's being that of its values.
struct PostgreSQLColumnType {
    let type: Int
    /// -1: nothing was declared.
    let modifier: Int
    let isArray: Bool
    /// As the server prints it.
    let name: String
}

extension PostgreSQLColumnType {
    private static let money = 790
    private static let timetz = 1266
    private static let inet = 869

    /// How values arrive, and what the server is asked to make of a column for that.
    var form: CopiedForm {
        if isArray { return .json }
        if let form = CopiedForm(type: type) { return form }
        return type == Self.money ? .numeric : type == Self.timetz ? .time : .text
    }

    var cast: Cast {
        if isArray { return .json }
        if CopiedForm(type: type) != nil { return .none }
        return switch type {
        case Self.money: .numeric
        case Self.timetz: .timeInUTC
        case Self.inet: .inet
        default: .text
        }
    }

    enum Cast: Int { case none, text, json, numeric, timeInUTC, inet }

    var dataType: DataType {
        switch form {
        case .text, .uuid: .text
        case .bool: .bool
        case .int2, .int4, .int8, .oid: .bigint
        case .float4, .float8: .double
        case .numeric: .decimal
        case .date: .date
        case .time: .time
        case .timestamp, .timestamptz: .timestamp
        case .json, .jsonb: .json
        case .bytea: .binary
        }
    }

    /// Digits of a numeric, with those after the point; the length of a text.
    var precision: (precision: Int?, scale: Int?) {
        switch type {
        case 21 where !isArray: return (32, nil)
        case 1042 where modifier > 4, 1043 where modifier > 4: return isArray ? (nil, nil) : (modifier - 4, nil)
        case 1700 where modifier >= 4 && !isArray:
            let digits = (modifier - 4) >> 16 & 0xFFFF
            // Eleven bits with a sign.
            let scale = ((modifier - 4) & 0x7FF ^ 0x400) - 0x400
            // Rounded before the point, or with more places after it than digits.
            return scale < 0 ? (digits - scale, 0) : (max(digits, scale), scale)
        default: return (nil, nil)
        }
    }

    func column(_ name: String, isNullable: Bool?) -> SourceColumn {
        var column = SourceColumn(name, storedType: self.name, dataType: dataType, isNullable: isNullable)
        (column.precision, column.scale) = precision
        if column.dataType == .timestamp { column.hasTimezone = form == .timestamptz }
        column.form = form.rawValue | cast.rawValue << 8
        return column
    }
}

extension SourceColumn {
    var copiedForm: CopiedForm { CopiedForm(rawValue: form & 0xFF) ?? .text }
    var cast: PostgreSQLColumnType.Cast { PostgreSQLColumnType.Cast(rawValue: form >> 8) ?? .none }
}
