import Coercion
import Schemas

/// How the cells of a column are written.
enum CellRule: UInt8 {
    /// Each cell by itself: unquoted JSON numbers, `true` and `false` keep their type, everything else is text.
    case byCell
    case text
    case bigint
    case double
    /// Keeps all digits.
    case decimal
    case wei
    case bool
    /// Texts that a later stage converts; blank ones are null.
    case converted

    init(_ type: DataType) {
        switch type {
        case .text: self = .text
        case .bigint: self = .bigint
        case .double: self = .double
        case .decimal: self = .decimal
        case .wei: self = .wei
        case .bool: self = .bool
        case .timestamp, .date, .time, .binary, .json: self = .converted
        }
    }

    /// Whether a number belongs to the column's type; otherwise it is written as text.
    @inline(__always)
    func takes(_ number: NumberForm, _ cell: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .bigint:
            return number.isInteger
                && (number.wholeDigits <= 18 || NumberToken.nativeType(ofInteger: cell) == .bigint)
        case .double: return number.fitsDouble(cell)
        case .decimal: return true
        case .wei: return number.isInteger && NumberToken.nativeType(ofInteger: cell) != .text
        case .byCell, .text, .bool, .converted: return false
        }
    }
}

extension CellForms {
    /// The one type that holds every cell; nil if there were none.
    var type: DataType? {
        let forms = subtracting(.blank)
        if forms.isEmpty { return contains(.blank) ? .text : nil }
        if forms == .bool { return .bool }
        if forms == .timestamp { return .timestamp }
        if !forms.isDisjoint(with: [.bool, .timestamp, .text]) { return .text }
        if forms.contains(.real) {
            // No digit may be lost.
            return forms.isDisjoint(with: [.longInteger, .hugeInteger]) ? .double : .text
        }
        return forms.contains(.hugeInteger) ? .wei : .bigint
    }
}
