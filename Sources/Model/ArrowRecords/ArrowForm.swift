package import Arrow
package import Schemas

/// What a column's values become: by its type, and by what its sender says about them.
package enum ArrowForm: Sendable, Equatable {
    /// As its type says.
    case plain
    /// Texts of JSON, which are embedded.
    case json
    /// Sixteen bytes.
    case uuid
    /// Bytes that mean true unless they are 0.
    case boolean
    /// Texts of numbers with any number of digits.
    case number

    /// <https://arrow.apache.org/docs/format/CanonicalExtensions.html>; PostgreSQL's driver adds names of types of its own.
    package init(_ field: ArrowField) {
        let isText =
            switch field.type {
            case .text: true
            default: false
            }
        switch (field.metadata["ARROW:extension:name"], field.type) {
        case ("arrow.json", _) where isText: self = .json
        case ("arrow.uuid", .fixedBinary(16)): self = .uuid
        case ("arrow.bool8", .int8): self = .boolean
        default:
            switch field.metadata["ADBC:postgresql:typname"] {
            case "numeric" where isText: self = .number
            case "json" where isText, "jsonb" where isText: self = .json
            default: self = .plain
            }
        }
    }
}

/// dlt's type of a column.
package struct ArrowColumnType: Sendable, Equatable {
    /// Nil for a column that is always null.
    package var dataType: DataType?
    package var precision: Int?
    package var scale: Int?
    /// Of a timestamp.
    package var hasTimezone: Bool?

    package init(_ field: ArrowField) {
        switch ArrowForm(field) {
        case .json: dataType = .json
        case .uuid: dataType = .text
        case .boolean: dataType = .bool
        case .number: dataType = .decimal
        case .plain: take(field.type)
        }
    }

    private mutating func take(_ type: ArrowType) {
        switch type {
        case .null: break
        case .bool: dataType = .bool
        case .int8: (dataType, precision) = (.bigint, 8)
        case .int16, .uint8: (dataType, precision) = (.bigint, 16)
        case .int32, .uint16: (dataType, precision) = (.bigint, 32)
        case .uint32, .int64, .uint64: dataType = .bigint
        case .float16, .float, .double: dataType = .double
        // The years of an interval, or the length of a span, are a text of ISO 8601.
        case .text, .duration, .months, .dayTime, .monthDayNano: dataType = .text
        case .binary: dataType = .binary
        case .fixedBinary(let bytes): (dataType, precision) = (.binary, bytes)
        case .decimal(let digits, let scale, _):
            dataType = .decimal
            // A negative scale has zeros before the point.
            (precision, self.scale) = (digits + max(-scale, 0), max(scale, 0))
        case .date32, .date64: dataType = .date
        case .time(let unit): (dataType, precision) = (.time, unit.rawValue)
        case .timestamp(let unit, let zone):
            (dataType, precision, hasTimezone) = (.timestamp, unit.rawValue, zone != nil)
        case .list, .fixedList, .structure, .map: dataType = .json
        }
    }
}
