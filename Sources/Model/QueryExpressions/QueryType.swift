package import Schemas

/// The type of an expression: dlt's types, and the null that fits all of them.
package enum QueryType: Sendable, Hashable {
    case null
    case bool
    case bigint
    case double
    case decimal
    case wei
    case text
    /// An instant, or, without a zone, what a clock showed.
    case timestamp(hasZone: Bool)
    case date
    case time
    case binary
    case json

    package init(_ type: DataType?, hasZone: Bool = true) {
        self =
            switch type {
            case .text, nil: .text
            case .double: .double
            case .bool: .bool
            case .timestamp: .timestamp(hasZone: hasZone)
            case .bigint: .bigint
            case .binary: .binary
            case .json: .json
            case .decimal: .decimal
            case .wei: .wei
            case .date: .date
            case .time: .time
            }
    }

    /// dlt's type; nil for a null alone.
    package var dataType: DataType? {
        switch self {
        case .null: nil
        case .bool: .bool
        case .bigint: .bigint
        case .double: .double
        case .decimal: .decimal
        case .wei: .wei
        case .text: .text
        case .timestamp: .timestamp
        case .date: .date
        case .time: .time
        case .binary: .binary
        case .json: .json
        }
    }

    package var name: String { dataType?.rawValue ?? "null" }

    /// In a sentence: `a bigint`.
    var words: String { self == .null ? "null" : "a \(name)" }

    var isNumber: Bool {
        switch self {
        case .bigint, .double, .decimal, .wei: true
        default: false
        }
    }

    /// Has exactly the digits that were written.
    var isDecimal: Bool { self == .decimal || self == .wei }

    var isTimestamp: Bool { if case .timestamp = self { true } else { false } }

    var isTemporal: Bool { isTimestamp || self == .date || self == .time }

    /// The type that values of both have together; nil where there is none.
    func joined(_ other: QueryType) -> QueryType? {
        if self == other || other == .null { return self }
        if self == .null { return other }
        if isNumber, other.isNumber {
            if self == .double || other == .double { return .double }
            return self == .bigint ? other : other == .bigint ? self : .decimal
        }
        return nil
    }
}
