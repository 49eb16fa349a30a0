/// An expression whose names and types are known.
struct Expression {
    indirect enum Kind {
        case literal(QueryLiteral)
        case column(ScopedColumn)
        case negated(Expression)
        case not(Expression)
        case binary(BinaryOperator, Expression, Expression)
        case isNull(Expression, isNegated: Bool)
        case between(Expression, Expression, Expression, isNegated: Bool)
        case isIn(Expression, [Expression], isNegated: Bool)
        case like(Expression, pattern: String, ignoresCase: Bool, isNegated: Bool)
        /// The member of a JSON object, or the element of a list.
        case member(Expression, JSONStep, asText: Bool)
        case call(QueryFunction, [Expression], isDistinct: Bool)
        /// To the expression's own type.
        case cast(Expression)
    }

    let kind: Kind
    let type: QueryType
    let place: Int

    /// A value that stands in a row or in the text itself, as the database has it.
    var isPlain: Bool {
        switch kind {
        case .literal, .column: true
        default: false
        }
    }

    var isNull: Bool { if case .literal(.null) = kind { true } else { false } }
}

enum JSONStep: Equatable {
    case member(String)
    case element(Int)
}

/// A value that stands in the text.
enum QueryLiteral: Equatable {
    case null
    case bool(Bool)
    /// As it was written.
    case number(String)
    case text(String)
    case bytes([UInt8])
    /// Microseconds since 1970.
    case timestamp(Int64, hasZone: Bool)
    /// `2024-01-31`
    case date(String)
    /// `10:00:00.000000`
    case time(String)
}

enum QueryFunction: String, CaseIterable {
    case coalesce, nullif
    case lower, upper, trim, length, substr, replace
    case abs, round, floor
    case year, quarter, month, day, hour, minute, second, weekday
    case dateTrunc = "date_trunc"
    case date, now, today
    case daysAgo = "days_ago"
    case daysBetween = "days_between"
    case ageDays = "age_days"
    case count, sum, avg, min, max

    var isAggregate: Bool {
        switch self {
        case .count, .sum, .avg, .min, .max: true
        default: false
        }
    }

    /// What other languages call it.
    static let otherNames: [String: String] = [
        "len": "length", "char_length": "length", "mean": "avg", "average": "avg", "ifnull": "coalesce",
        "nvl": "coalesce", "substring": "substr", "lcase": "lower", "ucase": "upper", "strip": "trim",
        "current_timestamp": "now", "current_date": "today", "datediff": "days_between", "n": "count",
        "minimum": "min", "maximum": "max", "total": "sum", "trunc": "date_trunc", "dayofweek": "weekday",
        "ceil": "floor", "ceiling": "floor",
    ]
}

enum TimeUnit: String, CaseIterable {
    case year, quarter, month, week, day, hour, minute, second
}

extension Expression {
    /// What it is made of.
    var parts: [Expression] {
        switch kind {
        case .literal, .column: []
        case .negated(let inner), .not(let inner), .isNull(let inner, _), .like(let inner, _, _, _),
            .member(let inner, _, _), .cast(let inner):
            [inner]
        case .binary(_, let left, let right): [left, right]
        case .between(let operand, let low, let high, _): [operand, low, high]
        case .isIn(let operand, let items, _): [operand] + items
        case .call(_, let arguments, _): arguments
        }
    }

    /// The expression and all below it.
    func visit(_ body: (Expression) -> Void) {
        body(self)
        for part in parts { part.visit(body) }
    }

    var isAggregate: Bool { if case .call(let function, _, _) = kind { function.isAggregate } else { false } }

    var hasAggregate: Bool {
        var found = false
        visit { if $0.isAggregate { found = true } }
        return found
    }
}
