/// An expression as it was written: nothing is known of its names.
struct Syntax {
    indirect enum Kind {
        case null
        case bool(Bool)
        case number(String, isInteger: Bool)
        case string(String)
        case bytes([UInt8])
        case parameter(String)
        /// `city`, `orders.city`
        case name([String])
        /// `*` or `orders.*`
        case all(of: String?)
        case negated(Syntax)
        case not(Syntax)
        case binary(BinaryOperator, Syntax, Syntax)
        case isNull(Syntax, isNegated: Bool)
        case between(Syntax, Syntax, Syntax, isNegated: Bool)
        case isIn(Syntax, [Syntax], isNegated: Bool)
        case like(Syntax, Syntax, ignoresCase: Bool, isNegated: Bool)
        case call(String, [Syntax], isDistinct: Bool)
        case cast(Syntax, String, Int)
    }

    let kind: Kind
    let place: Int
}

enum BinaryOperator: String {
    case or, and
    case equal = "="
    case unequal = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case concatenate = "||"
    case member = "->"
    case memberText = "->>"

    /// What binds more closely has a larger one.
    var strength: Int {
        switch self {
        case .or: 1
        case .and: 2
        case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual: 4
        case .add, .subtract: 6
        case .concatenate: 5
        case .multiply, .divide, .remainder: 7
        case .member, .memberText: 9
        }
    }

    var isComparison: Bool { strength == 4 }
    /// Asks for an order, so that the order of texts matters.
    var asksForOrder: Bool { isComparison && self != .equal && self != .unequal }
}

/// One of several: an expression, and the name that it is given.
struct NamedSyntax {
    let expression: Syntax
    let name: String?
    /// Where it ends, and begins.
    let text: String
}

struct OrderSyntax {
    let expression: Syntax
    let isDescending: Bool
    /// nil: after the values, in either direction.
    let nullsFirst: Bool?
}
