package import JSONText
import Schemas

/// How much of the catalog decides about the tables at the destination: dlt's levels.
package enum ReflectionLevel: String, CaseIterable, Sendable {
    /// Names, nullability and keys; the values decide about types.
    case minimal
    /// Types, too.
    case full
    /// The lengths of texts and the sizes of integers, too.
    case fullWithPrecision = "full-with-precision"
}

extension SourceColumn {
    /// What SCHEMA says of the column.
    package func hints(_ level: ReflectionLevel) -> JSONObject {
        var hints = JSONObject()
        if level != .minimal, let type = dataType {
            hints["data_type"] = .string(type.rawValue)
            switch type {
            case .decimal, .wei:
                hints["precision"] = precision.map { .integer($0) }
                hints["scale"] = scale.map { .integer($0) }
            case .timestamp:
                hints["timezone"] = hasTimezone.map { .bool($0) }
            default: break
            }
            if level == .fullWithPrecision, type != .decimal, type != .wei {
                hints["precision"] = precision.map { .integer($0) }
            }
        }
        hints["nullable"] = isNullable.map { .bool($0) }
        return hints
    }
}
