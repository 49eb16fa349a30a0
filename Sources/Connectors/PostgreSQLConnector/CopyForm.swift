import JobRows
import Schemas

/// How the values of a column are transmitted.
enum CopyForm {
    case text, bool, int2, int4, int8, float8, numeric, timestamp, date, time, bytea, json, jsonb

    /// The binary form of a column's values, if the column in the database accepts it.
    ///
    /// - Parameter type: the OID of the column's type there, which dlt or another program may have chosen.
    init?(_ dataType: DataType?, in type: Int) {
        switch (dataType, type) {
        case (.text, 25), (.text, 1043), (.text, 1042), (nil, 25), (nil, 1043), (nil, 1042): self = .text
        case (.bigint, 20): self = .int8
        case (.bigint, 23): self = .int4
        case (.bigint, 21): self = .int2
        case (.double, 701), (.bigint, 701): self = .float8
        case (.decimal, 1700), (.wei, 1700), (.bigint, 1700), (.double, 1700): self = .numeric
        case (.bool, 16): self = .bool
        case (.timestamp, 1184), (.timestamp, 1114): self = .timestamp
        case (.date, 1082): self = .date
        case (.time, 1083): self = .time
        case (.binary, 17): self = .bytea
        case (.json, 3802): self = .jsonb
        case (.json, 114): self = .json
        default: return nil
        }
    }

    /// The form in which the server reads the value itself, whatever the type of its column.
    init(textOf dataType: DataType?) {
        switch dataType {
        case .text, nil: self = .text
        case .bigint: self = .int8
        case .double: self = .float8
        case .decimal, .wei: self = .numeric
        case .bool: self = .bool
        case .timestamp: self = .timestamp
        case .date: self = .date
        case .time: self = .time
        case .binary: self = .bytea
        case .json: self = .json
        }
    }

    /// The form in which the encoder needs a row's value.
    func rowForm(in format: CopyEncoder.Format) -> RowForm {
        switch self {
        case .text: .textWithoutZeros
        case .bool: .bool
        case .int2, .int4, .int8: format == .binary ? .integer : .number
        case .float8: format == .binary ? .real : .number
        case .numeric: .number
        case .timestamp: format == .binary ? .microseconds : .plain
        case .date: format == .binary ? .day : .plain
        case .time: format == .binary ? .timeOfDay : .plain
        case .bytea: .binary
        case .json, .jsonb: .json
        }
    }

    /// The type's name if it is narrower than the schema's.
    var typeName: String? {
        switch self {
        case .int2: "smallint"
        case .int4: "integer"
        default: nil
        }
    }
}
