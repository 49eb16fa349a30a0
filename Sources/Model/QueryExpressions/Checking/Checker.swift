import DateTimes
import JSONText
import Schemas

/// Finds out what the names of an expression mean and whether its types fit.
struct Checker {
    let scope: Scope
    /// Aggregates may stand here.
    var allowsAggregates = false

    init(_ scope: Scope, allowsAggregates: Bool = false) {
        self.scope = scope
        self.allowsAggregates = allowsAggregates
    }

    func condition(_ syntax: Syntax) throws(QueryTextError) -> Expression {
        let expression = try check(syntax)
        guard expression.type == .bool || expression.type == .null else {
            throw QueryTextError(
                syntax.place, "a condition is true or false, and this is \(expression.type.words)",
                hint: "compare it, for example with = or IS NOT NULL")
        }
        return expression
    }

    func check(_ syntax: Syntax) throws(QueryTextError) -> Expression {
        let place = syntax.place
        func made(_ kind: Expression.Kind, _ type: QueryType) -> Expression {
            Expression(kind: kind, type: type, place: place)
        }
        switch syntax.kind {
        case .null: return made(.literal(.null), .null)
        case .bool(let flag): return made(.literal(.bool(flag)), .bool)
        case .number(let digits, let isInteger):
            if isInteger, Int64(digits) != nil { return made(.literal(.number(digits)), .bigint) }
            let isReal = digits.contains { $0 == "e" || $0 == "E" }
            return made(.literal(.number(digits)), isReal ? .double : .decimal)
        case .string(let text): return made(.literal(.text(text)), .text)
        case .bytes(let bytes): return made(.literal(.bytes(bytes)), .binary)
        case .parameter(let name): return try parameter(name, place)
        case .name(let parts):
            let column = try scope.column(parts, at: place)
            return made(.column(column), column.type)
        case .all: throw QueryTextError(place, "* stands for all columns, and not inside an expression")
        case .negated(let inner):
            if case .number(let digits, let isInteger) = inner.kind, isInteger, Int64("-" + digits) != nil {
                return made(.literal(.number("-" + digits)), .bigint)
            }
            let operand = try number(inner)
            return made(.negated(operand), operand.type)
        case .not(let inner): return made(.not(try condition(inner)), .bool)
        case .binary(let operation, let left, let right): return try binary(operation, left, right, place)
        case .isNull(let inner, let isNegated): return made(.isNull(try check(inner), isNegated: isNegated), .bool)
        case .between(let operand, let low, let high, let isNegated):
            let all = try alike([operand, low, high])
            try comparable(all[0].type, asksForOrder: true, place)
            return made(.between(all[0], all[1], all[2], isNegated: isNegated), .bool)
        case .isIn(let operand, let items, let isNegated):
            let all = try alike([operand] + items)
            try comparable(all[0].type, asksForOrder: false, place)
            return made(.isIn(all[0], Array(all.dropFirst()), isNegated: isNegated), .bool)
        case .like(let operand, let pattern, let ignoresCase, let isNegated):
            let text = try self.text(operand, "LIKE")
            guard case .literal(.text(let pattern)) = try check(pattern).kind else {
                throw QueryTextError(pattern.place, "a pattern is a text in single quotes", hint: "for example '%an%'")
            }
            try checkPattern(pattern, place)
            return made(.like(text, pattern: pattern, ignoresCase: ignoresCase, isNegated: isNegated), .bool)
        case .call(let name, let arguments, let isDistinct):
            return try call(name, arguments, isDistinct: isDistinct, place)
        case .cast(let inner, let name, let typePlace):
            return try cast(try check(inner), to: try type(named: name, typePlace), place)
        }
    }

    // MARK: Values

    private func parameter(_ name: String, _ place: Int) throws(QueryTextError) -> Expression {
        guard let value = scope.parameters[name] else {
            throw QueryTextError(place, "nothing is given for :\(name)", hint: "add --param \(name)=VALUE")
        }
        guard !value.unicodeScalars.contains("\0") else {
            throw QueryTextError(place, "a NUL character cannot be in a text")
        }
        return Expression(kind: .literal(.text(value)), type: .text, place: place)
    }

    private func type(named name: String, _ place: Int) throws(QueryTextError) -> QueryType {
        guard let type = DataType(stored: name.lowercased()) else {
            throw QueryTextError(place, ColumnHints.unknown(type: .string(name)))
        }
        return QueryType(type)
    }

    func number(_ syntax: Syntax) throws(QueryTextError) -> Expression {
        let expression = try check(syntax)
        guard expression.type.isNumber || expression.type == .null else {
            throw QueryTextError(syntax.place, "a number is expected, and this is \(expression.type.words)")
        }
        return expression
    }

    func text(_ syntax: Syntax, _ what: String) throws(QueryTextError) -> Expression {
        let expression = try check(syntax)
        guard expression.type == .text || expression.type == .null else {
            let hint =
                expression.type == .json ? "take a member of it: ->> 'name'" : "make it one: cast(… as text)"
            throw QueryTextError(
                syntax.place, "\(what) takes a text, and this is \(expression.type.words)", hint: hint)
        }
        return expression
    }

    /// A backslash makes % and _ stand for themselves, and stands before nothing else.
    private func checkPattern(_ pattern: String, _ place: Int) throws(QueryTextError) {
        var isEscaped = false
        for character in pattern.unicodeScalars {
            if isEscaped {
                guard character == "%" || character == "_" || character == "\\" else {
                    throw QueryTextError(place, "a backslash in a pattern stands before %, _ or another backslash")
                }
                isEscaped = false
            } else {
                isEscaped = character == "\\"
            }
        }
        if isEscaped { throw QueryTextError(place, "a backslash in a pattern stands before %, _ or another backslash") }
    }

    // MARK: Types together

    /// The expressions in the type that all of them have together.
    func alike(_ syntaxes: [Syntax]) throws(QueryTextError) -> [Expression] {
        var all: [Expression] = []
        for syntax in syntaxes { all.append(try check(syntax)) }
        return try alike(all)
    }

    func alike(_ all: [Expression]) throws(QueryTextError) -> [Expression] {
        var type = QueryType.null
        // What is written as a text becomes what the others are.
        for expression in all where !isTextLiteral(expression) {
            guard let joined = joined(type, expression.type) else {
                throw mismatch(type, expression)
            }
            type = joined
        }
        if type == .null, all.contains(where: isTextLiteral) { type = .text }
        var result: [Expression] = []
        for expression in all { result.append(try converted(expression, to: type)) }
        return result
    }

    private func isTextLiteral(_ expression: Expression) -> Bool {
        if case .literal(.text) = expression.kind { true } else { false }
    }

    private func joined(_ left: QueryType, _ right: QueryType) -> QueryType? {
        if let joined = left.joined(right) { return joined }
        switch (left, right) {
        case (.timestamp, .date), (.date, .timestamp), (.timestamp, .timestamp): return .timestamp(hasZone: true)
        default: return nil
        }
    }

    private func mismatch(_ type: QueryType, _ other: Expression) -> QueryTextError {
        var hint = "make them alike, for example cast(… as \(type.name))"
        if type == .json || other.type == .json { hint = "take a member of the JSON as text: ->> 'name'" }
        return QueryTextError(other.place, "\(type.words) and \(other.type.words) cannot be compared", hint: hint)
    }

    /// An expression in a type that it has, may be read as, or is one of several.
    func converted(_ expression: Expression, to type: QueryType) throws(QueryTextError) -> Expression {
        if expression.type == type || expression.type == .null || type == .null { return expression }
        if case .literal(.text(let text)) = expression.kind { return try literal(text, type, expression.place) }
        switch (expression.type, type) {
        case (.date, .timestamp), (.timestamp, .timestamp): return try cast(expression, to: type, expression.place)
        default: break
        }
        // Numbers are compared as they are.
        if expression.type.isNumber, type.isNumber { return expression }
        throw mismatch(type, expression)
    }

    /// A text that was written where another type is wanted.
    private func literal(_ text: String, _ type: QueryType, _ place: Int) throws(QueryTextError) -> Expression {
        func made(_ literal: QueryLiteral) -> Expression {
            Expression(kind: .literal(literal), type: type, place: place)
        }
        let bytes = Array(text.utf8)
        switch type {
        case .text: return made(.text(text))
        case .bigint:
            if let number = Int64(text.trimmed) { return made(.number(String(number))) }
        case .double, .decimal, .wei:
            if case .number(let digits, _)? = try? Parser.expression(text).kind { return made(.number(digits)) }
            if text.hasPrefix("-"), case .number(let digits, _)? = try? Parser.expression(String(text.dropFirst())).kind
            {
                return made(.number("-" + digits))
            }
        case .bool:
            if let flag = Bool(text.lowercased()) { return made(.bool(flag)) }
        case .timestamp(let hasZone):
            if let time = bytes.withUnsafeBufferPointer({ TemporalCoercion.timestamp(text: $0) }) {
                return made(.timestamp(time, hasZone: hasZone))
            }
        case .date:
            if let day = bytes.withUnsafeBufferPointer({ TemporalCoercion.date(text: $0) }) {
                return made(.date(Checker.written { TemporalWriter.write(date: day, into: $0) }))
            }
        case .time:
            if let time = bytes.withUnsafeBufferPointer({ TemporalCoercion.time(text: $0) }) {
                return made(.time(Checker.written { TemporalWriter.write(time: time, into: $0) }))
            }
        case .binary, .json, .null: break
        }
        var hint: String?
        switch type {
        case .timestamp: hint = "for example '2024-01-31' or '2024-01-31T10:00:00Z'"
        case .date: hint = "for example '2024-01-31'"
        case .time: hint = "for example '10:00:00'"
        case .bigint, .double, .decimal, .wei: hint = "write the number without quotes"
        case .binary: hint = "bytes are written x'00ff'"
        case .json: hint = "take a member of the JSON as text: ->> 'name'"
        default: break
        }
        throw QueryTextError(place, "'\(text)' is not \(type.words)", hint: hint)
    }

    static func written(_ write: (UnsafeMutablePointer<UInt8>) -> Int) -> String {
        String(unsafeUninitializedCapacity: TemporalWriter.maxCount) { buffer in
            buffer.baseAddress.map(write) ?? 0
        }
    }

    private func comparable(_ type: QueryType, asksForOrder: Bool, _ place: Int) throws(QueryTextError) {
        guard type == .json else { return }
        throw QueryTextError(
            place, "JSON cannot be compared", hint: "take a member of it as text: ->> 'name', or ask for IS NULL")
    }

    // MARK: Operators

    private func binary(
        _ operation: BinaryOperator, _ left: Syntax, _ right: Syntax, _ place: Int
    ) throws(QueryTextError) -> Expression {
        func made(_ kind: Expression.Kind, _ type: QueryType) -> Expression {
            Expression(kind: kind, type: type, place: place)
        }
        switch operation {
        case .and, .or: return made(.binary(operation, try condition(left), try condition(right)), .bool)
        case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual:
            let both = try alike([left, right])
            if both.contains(where: \.isNull) {
                throw QueryTextError(place, "nothing equals NULL, and nothing differs from it", hint: "use IS NULL")
            }
            try comparable(both[0].type, asksForOrder: operation.asksForOrder, place)
            return made(.binary(operation, both[0], both[1]), .bool)
        case .concatenate:
            let both = [try text(left, "||"), try text(right, "||")]
            return made(.binary(operation, both[0], both[1]), .text)
        case .member, .memberText:
            let operand = try check(left)
            guard operand.type == .json else {
                throw QueryTextError(left.place, "\(operation.rawValue) takes JSON, and this is \(operand.type.words)")
            }
            let isText = operation == .memberText
            return made(.member(operand, try step(right), asText: isText), isText ? .text : .json)
        case .divide: return made(.binary(operation, try number(left), try number(right)), .double)
        case .remainder:
            let both = [try number(left), try number(right)]
            for operand in both where operand.type != .bigint && operand.type != .null {
                throw QueryTextError(operand.place, "% takes integers, and this is \(operand.type.words)")
            }
            return made(.binary(operation, both[0], both[1]), .bigint)
        case .add, .subtract, .multiply:
            let both = [try number(left), try number(right)]
            let type = both[0].type.joined(both[1].type) ?? .double
            return made(.binary(operation, both[0], both[1]), type == .null ? .bigint : type == .wei ? .decimal : type)
        }
    }

    private func step(_ syntax: Syntax) throws(QueryTextError) -> JSONStep {
        switch syntax.kind {
        case .string(let key):
            guard !key.unicodeScalars.contains(where: { $0 == "\"" || $0 == "\\" || $0.value < 0x20 }) else {
                throw QueryTextError(
                    syntax.place, "a key with quotes, backslashes or control characters cannot be asked for")
            }
            return .member(key)
        case .number(let digits, isInteger: true):
            guard let index = Int32(digits) else { break }
            return .element(Int(index))
        default: break
        }
        throw QueryTextError(
            syntax.place, "a key in single quotes or the number of an element is expected",
            hint: "for example ->> 'name' or -> 0")
    }

    // MARK: Casts

    func cast(_ expression: Expression, to type: QueryType, _ place: Int) throws(QueryTextError) -> Expression {
        let from = expression.type
        if from == type { return expression }
        if case .literal(.text(let text)) = expression.kind, type != .json, type != .binary {
            return try literal(text, type, place)
        }
        if !Checker.casts(from, type) {
            var hint: String?
            switch (from, type) {
            case (.text, .timestamp), (.text, .date), (.text, .time):
                hint = "a text becomes a time when it is loaded: give the column the type with --columns"
            case (.json, _): hint = "take a member of it as text first: ->> 'name'"
            case (.double, .text): hint = "databases write such numbers in different ways; cast it to decimal first"
            default: break
            }
            throw QueryTextError(place, "\(from.words) cannot become \(type.words)", hint: hint)
        }
        return Expression(kind: .cast(expression), type: type, place: place)
    }

    private static func casts(_ from: QueryType, _ to: QueryType) -> Bool {
        switch (from, to) {
        case (.null, _): true
        case (.text, _): to.isNumber
        case (.bigint, .text), (.bool, .text), (.decimal, .text), (.wei, .text), (.date, .text): true
        case (.timestamp, .text), (.timestamp, .date), (.date, .timestamp), (.timestamp, .timestamp): true
        case (.bool, .bigint), (.bigint, .bool): true
        case _ where from.isNumber && to.isNumber: true
        default: false
        }
    }
}
