/// Writes an expression as SQL.
struct ExpressionPrinter {
    let dialect: any QueryDialect

    func print(_ expression: Expression) -> String { operand(expression).sql }

    func operand(_ expression: Expression) -> Operand {
        Operand(sql: sql(expression), type: expression.type, isPlain: expression.isPlain)
    }

    private func sql(_ expression: Expression) -> String {
        switch expression.kind {
        case .literal(let literal): return self.literal(literal, expression.type)
        case .column(let column): return dialect.quote(column.relation) + "." + dialect.quote(column.name)
        case .negated(let inner): return dialect.negated(operand(inner))
        case .not(let inner): return "(NOT \(sql(inner)))"
        case .binary(let operation, let left, let right): return binary(operation, left, right, expression.type)
        case .isNull(let inner, let isNegated): return "(\(sql(inner)) IS\(isNegated ? " NOT" : "") NULL)"
        case .between(let value, let low, let high, let isNegated):
            let both = comparison(.greaterOrEqual, value, low) + " AND " + comparison(.lessOrEqual, value, high)
            return isNegated ? "(NOT (\(both)))" : "(\(both))"
        case .isIn(let value, let items, let isNegated): return list(value, items, isNegated: isNegated)
        case .like(let text, let pattern, let ignoresCase, let isNegated):
            let condition = dialect.like(sql(text), pattern, ignoresCase: ignoresCase)
            return isNegated ? "(NOT \(condition))" : condition
        case .member(let document, let step, let asText):
            let place: QueryStep =
                switch step {
                case .member(let key): .member(key)
                case .element(let index): .element(index)
                }
            return dialect.member(sql(document), place, asText: asText)
        case .call(let function, let arguments, let isDistinct): return call(function, arguments, isDistinct)
        case .cast(let inner): return dialect.cast(operand(inner), to: expression.type)
        }
    }

    func literal(_ literal: QueryLiteral, _ type: QueryType) -> String {
        switch literal {
        case .null: "NULL"
        case .bool(let flag): dialect.bool(flag)
        case .number(let digits): dialect.number(digits, type)
        case .text(let text): dialect.quote(text: text)
        case .bytes(let bytes): dialect.bytes(bytes)
        case .timestamp(let time, let hasZone): dialect.timestamp(time, hasZone: hasZone)
        case .date(let text): dialect.date(text)
        case .time(let text): dialect.time(text)
        }
    }

    private func comparison(_ operation: BinaryOperator, _ left: Expression, _ right: Expression) -> String {
        var (first, second) = (operand(left), operand(right))
        if operation.asksForOrder, left.type == .text || right.type == .text {
            first = Operand(sql: dialect.ordered(first.sql), type: first.type, isPlain: first.isPlain)
            second = Operand(sql: dialect.ordered(second.sql), type: second.type, isPlain: second.isPlain)
        }
        return dialect.comparison(operation.rawValue, first, second)
    }

    private func binary(
        _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ type: QueryType
    ) -> String {
        switch operation {
        case .or, .and: return "(\(sql(left)) \(operation.rawValue.uppercased()) \(sql(right)))"
        case .concatenate: return "(\(sql(left)) || \(sql(right)))"
        case .divide: return dialect.quotient(sql(left), sql(right))
        case .add: return dialect.arithmetic(.add, operand(left), operand(right), type)
        case .subtract: return dialect.arithmetic(.subtract, operand(left), operand(right), type)
        case .multiply: return dialect.arithmetic(.multiply, operand(left), operand(right), type)
        case .remainder: return dialect.arithmetic(.remainder, operand(left), operand(right), type)
        default: return "(\(comparison(operation, left, right)))"
        }
    }

    private func list(_ value: Expression, _ items: [Expression], isNegated: Bool) -> String {
        let isExact = !value.type.isDecimal || (value.type == .decimal && value.isPlain)
        if isExact, items.allSatisfy(\.isPlain) {
            let values = items.map { sql($0) }.joined(separator: ", ")
            return "(\(sql(value)) \(isNegated ? "NOT IN" : "IN") (\(values)))"
        }
        let any = items.map { comparison(.equal, value, $0) }.joined(separator: " OR ")
        return isNegated ? "(NOT (\(any)))" : "(\(any))"
    }

    private func call(_ function: QueryFunction, _ arguments: [Expression], _ isDistinct: Bool) -> String {
        var operands: [Operand] { arguments.map { operand($0) } }
        let all = operands
        let texts = all.map(\.sql)
        func integer(_ index: Int) -> Int {
            guard case .literal(.number(let digits)) = arguments[index].kind else { return 0 }
            return Int(digits) ?? 0
        }
        switch function {
        case .coalesce, .nullif, .lower, .upper, .trim, .replace:
            return "\(function.rawValue)(\(texts.joined(separator: ", ")))"
        case .length: return dialect.length(all[0])
        case .substr: return dialect.substring(texts[0], texts[1], texts.count > 2 ? texts[2] : nil)
        case .abs: return dialect.absolute(all[0])
        case .floor: return dialect.floor(all[0])
        case .round: return dialect.rounded(all[0], digits: integer(1))
        case .year, .quarter, .month, .day, .hour, .minute, .second, .weekday:
            return dialect.part(TimePart(rawValue: function.rawValue) ?? .year, of: all[0])
        case .dateTrunc:
            guard case .literal(.text(let unit)) = arguments[0].kind else { return texts[1] }
            return dialect.truncated(all[1], to: unit)
        case .date: return dialect.cast(all[0], to: .date)
        case .now: return dialect.now
        case .today: return dialect.today
        case .daysAgo: return dialect.daysAgo(integer(0))
        case .daysBetween: return dialect.days(from: texts[0], to: texts[1])
        case .ageDays: return dialect.days(from: texts[0], to: dialect.today)
        case .count:
            guard let argument = texts.first else { return "count(*)" }
            return "count(\(isDistinct ? "DISTINCT " : "")\(argument))"
        case .sum: return dialect.sum(all[0], isDistinct: isDistinct)
        case .avg: return dialect.average(all[0], isDistinct: isDistinct)
        case .min: return dialect.extreme(false, all[0])
        case .max: return dialect.extreme(true, all[0])
        }
    }
}
