import Coercion
import Identifiers
import JSONText
import Schemas

/// For a table of texts (CSV): the types that its columns were given by everything known about them, before any row
/// arrived.
///
/// A column gets that type, whatever its first value looks like. A text becomes a value of another type only if it is
/// written as that type writes it; any other goes to the variant column unchanged.
struct CellTypes: Sendable, Equatable {
    private let types: [ExactString: DataType]

    /// - Parameter document: types by the names in records.
    init(_ document: JSONObject, _ naming: Naming) {
        var types: [ExactString: DataType] = [:]
        for (name, type) in document.members {
            guard let type = type.stringValue.flatMap(DataType.init(stored:)) else { continue }
            types[ExactString(naming.normalizePath(name))] = type
        }
        self.types = types
    }

    subscript(column: String) -> DataType? { types[ExactString(column)] }

    /// Whether a text may become a value of its column's type.
    func admit(_ value: Scalar, as type: DataType, column: String, _ coercer: Coercer) -> Bool {
        guard value.native == .text else { return true }
        switch type {
        case .bool: return coercer.isBoolean(value)
        case .bigint, .double, .decimal, .wei: return coercer.isNumber(value)
        // A column without a hint became a timestamp because all its texts were timestamps.
        case .timestamp: return self[column] != .timestamp || coercer.isTimestamp(value)
        case .text, .date, .time, .binary, .json: return true
        }
    }
}
