/// Reads the grammar of expressions: by precedence, no deeper than `deepest`.
struct Parser {
    private let tokens: [Token]
    private let source: [Character]
    private var position = 0
    private var depth = 0
    private var nodes = 0

    static let deepest = 60
    /// Operators and names of one text; chains of them become deep trees, which databases refuse.
    static let most = 400

    init(_ text: String) throws(QueryTextError) {
        tokens = try Tokenizer.tokens(of: text)
        source = Array(text)
    }

    // MARK: Whole texts

    static func expression(_ text: String) throws(QueryTextError) -> Syntax {
        var parser = try Parser(text)
        let expression = try parser.expression()
        try parser.end()
        return expression
    }

    /// `city, upper(city) as big`
    static func list(_ text: String) throws(QueryTextError) -> (items: [NamedSyntax], isDistinct: Bool) {
        var parser = try Parser(text)
        let isDistinct = parser.accept(word: "distinct")
        var items: [NamedSyntax] = []
        repeat { items.append(try parser.named()) } while parser.accept(",")
        try parser.end()
        return (items, isDistinct)
    }

    /// `city desc, id`
    static func order(_ text: String) throws(QueryTextError) -> [OrderSyntax] {
        var parser = try Parser(text)
        var keys: [OrderSyntax] = []
        repeat { keys.append(try parser.orderKey()) } while parser.accept(",")
        try parser.end()
        return keys
    }

    private mutating func named() throws(QueryTextError) -> NamedSyntax {
        let start = token.place
        let expression = try expression()
        let end = position > 0 ? tokens[position].place : start
        let text = String(source[start..<min(end, source.count)]).trimmed
        if accept(word: "as") {
            switch token.kind {
            case .word(let name), .quoted(let name):
                position += 1
                return NamedSyntax(expression: expression, name: name, text: text)
            default: throw QueryTextError(token.place, "a name is expected after AS")
            }
        }
        return NamedSyntax(expression: expression, name: nil, text: text)
    }

    private mutating func orderKey() throws(QueryTextError) -> OrderSyntax {
        let expression = try expression()
        var isDescending = false
        if accept(word: "desc") { isDescending = true } else { _ = accept(word: "asc") }
        var nullsFirst: Bool?
        if accept(word: "nulls") {
            if accept(word: "first") {
                nullsFirst = true
            } else if accept(word: "last") {
                nullsFirst = false
            } else {
                throw QueryTextError(token.place, "NULLS FIRST or NULLS LAST is expected")
            }
        }
        return OrderSyntax(expression: expression, isDescending: isDescending, nullsFirst: nullsFirst)
    }

    // MARK: Tokens

    private var token: Token { tokens[position] }

    private mutating func accept(_ symbol: String) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private func isAt(word: String, ahead: Int = 0) -> Bool {
        guard position + ahead < tokens.count, case .word(let written) = tokens[position + ahead].kind else {
            return false
        }
        return written.lowercased() == word
    }

    private mutating func accept(word: String) -> Bool {
        guard isAt(word: word) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: String, _ reason: String) throws(QueryTextError) {
        if !accept(symbol) { throw QueryTextError(token.place, reason) }
    }

    private func end() throws(QueryTextError) {
        guard token.kind != .end else { return }
        switch token.kind {
        case .symbol("="): throw QueryTextError(token.place, "a comparison of a comparison needs parentheses")
        case .symbol(")"): throw QueryTextError(token.place, "this ')' closes nothing")
        case .symbol(","): throw QueryTextError(token.place, "one expression is expected, not several")
        default:
            throw QueryTextError(
                token.place, "an operator or the end is expected", hint: "a text is in single quotes: 'Linz'")
        }
    }

    // MARK: Expressions

    private static let operators: [String: BinaryOperator] = [
        "=": .equal, "==": .equal, "<>": .unequal, "!=": .unequal, "<": .less, "<=": .lessOrEqual, ">": .greater,
        ">=": .greaterOrEqual, "+": .add, "-": .subtract, "*": .multiply, "/": .divide, "%": .remainder,
        "||": .concatenate, "->": .member, "->>": .memberText,
    ]

    private var binaryOperator: BinaryOperator? {
        switch token.kind {
        case .symbol(let symbol): Parser.operators[symbol]
        case .word(let word):
            switch word.lowercased() {
            case "and": .and
            case "or": .or
            default: nil
            }
        default: nil
        }
    }

    private mutating func count() throws(QueryTextError) {
        nodes += 1
        guard nodes <= Parser.most else {
            throw QueryTextError(
                token.place, "the expression has more than \(Parser.most) parts",
                hint: "use IN for many values, or write it as SQL")
        }
    }

    private mutating func expression(_ minimum: Int = 0) throws(QueryTextError) -> Syntax {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Parser.deepest else {
            throw QueryTextError(token.place, "the expression is nested deeper than \(Parser.deepest)")
        }
        var left = try prefix()
        while true {
            if let other = try predicate(left, minimum) {
                left = other
                continue
            }
            guard let operation = binaryOperator, operation.strength > minimum else { return left }
            let place = token.place
            try count()
            position += 1
            let right = try expression(operation.strength)
            if operation.isComparison, let next = binaryOperator, next.isComparison {
                throw QueryTextError(
                    token.place, "comparisons cannot be chained", hint: "write a < b AND b < c, or BETWEEN")
            }
            left = Syntax(kind: .binary(operation, left, right), place: place)
        }
    }

    /// A predicate of words, after its operand: IS NULL, IN, LIKE, BETWEEN.
    private mutating func predicate(_ left: Syntax, _ minimum: Int) throws(QueryTextError) -> Syntax? {
        let strength = BinaryOperator.equal.strength
        guard strength > minimum else { return nil }
        let place = token.place
        if accept(word: "is") {
            try count()
            let isNegated = accept(word: "not")
            if accept(word: "null") { return Syntax(kind: .isNull(left, isNegated: isNegated), place: place) }
            throw QueryTextError(token.place, "IS NULL or IS NOT NULL is expected", hint: "compare other values with =")
        }
        let isNegated = isAt(word: "not")
        let ahead = isNegated ? 1 : 0
        guard ["in", "like", "ilike", "between"].contains(where: { isAt(word: $0, ahead: ahead) }) else { return nil }
        try count()
        position += ahead
        if accept(word: "between") {
            let low = try expression(strength)
            guard accept(word: "and") else {
                throw QueryTextError(token.place, "AND is expected: BETWEEN low AND high")
            }
            let high = try expression(strength)
            return Syntax(kind: .between(left, low, high, isNegated: isNegated), place: place)
        }
        if accept(word: "in") {
            try expect("(", "'(' is expected: IN (1, 2)")
            var items: [Syntax] = []
            repeat {
                guard items.count < 10_000 else { throw QueryTextError(token.place, "a list has at most 10000 values") }
                items.append(try listItem())
            } while accept(",")
            try expect(")", "',' or ')' is expected")
            return Syntax(kind: .isIn(left, items, isNegated: isNegated), place: place)
        }
        let ignoresCase = accept(word: "ilike")
        if !ignoresCase { _ = accept(word: "like") }
        let pattern = try expression(strength)
        return Syntax(kind: .like(left, pattern, ignoresCase: ignoresCase, isNegated: isNegated), place: place)
    }

    /// Values of a list do not count as parts: they make no tree.
    private mutating func listItem() throws(QueryTextError) -> Syntax {
        let before = nodes
        let item = try expression()
        if nodes == before + 1 { nodes = before }
        return item
    }

    private mutating func prefix() throws(QueryTextError) -> Syntax {
        let place = token.place
        if isAt(word: "not") {
            position += 1
            try count()
            return Syntax(kind: .not(try expression(3)), place: place)
        }
        if accept("-") {
            try count()
            return Syntax(kind: .negated(try expression(8)), place: place)
        }
        if accept("+") { return try expression(8) }
        var operand = try primary()
        while accept("::") {
            try count()
            let (type, typePlace) = try typeName()
            operand = Syntax(kind: .cast(operand, type, typePlace), place: place)
        }
        return operand
    }

    private mutating func typeName() throws(QueryTextError) -> (String, Int) {
        guard case .word(let name) = token.kind else {
            throw QueryTextError(token.place, "the name of a type is expected")
        }
        let place = token.place
        position += 1
        return (name, place)
    }

    private static let reserved: Set<String> = [
        "and", "or", "in", "like", "ilike", "between", "is", "as", "asc", "desc", "nulls", "distinct", "from", "where",
        "group", "order", "by", "limit", "having", "select", "union", "case", "when", "then", "else", "end", "over",
    ]

    private mutating func primary() throws(QueryTextError) -> Syntax {
        let place = token.place
        try count()
        switch token.kind {
        case .number(let digits, let isInteger):
            position += 1
            return Syntax(kind: .number(digits, isInteger: isInteger), place: place)
        case .string(let text):
            position += 1
            return Syntax(kind: .string(text), place: place)
        case .bytes(let bytes):
            position += 1
            return Syntax(kind: .bytes(bytes), place: place)
        case .parameter(let name):
            position += 1
            return Syntax(kind: .parameter(name), place: place)
        case .quoted(let name):
            position += 1
            return try self.name(beginning: name, place)
        case .word(let word): return try self.word(word, place)
        case .symbol("("):
            position += 1
            let inner = try expression()
            try expect(")", "')' is expected")
            return inner
        case .symbol("*"):
            position += 1
            return Syntax(kind: .all(of: nil), place: place)
        case .end: throw QueryTextError(place, "an expression is expected, and the text ends")
        case .symbol(let symbol): throw QueryTextError(place, "a value, a name or '(' is expected, not '\(symbol)'")
        }
    }

    private mutating func word(_ word: String, _ place: Int) throws(QueryTextError) -> Syntax {
        let lowered = word.lowercased()
        position += 1
        switch lowered {
        case "null": return Syntax(kind: .null, place: place)
        case "true": return Syntax(kind: .bool(true), place: place)
        case "false": return Syntax(kind: .bool(false), place: place)
        case "cast":
            try expect("(", "'(' is expected: cast(price as double)")
            let operand = try expression()
            guard accept(word: "as") else { throw QueryTextError(token.place, "AS is expected: cast(price as double)") }
            let (type, typePlace) = try typeName()
            try expect(")", "')' is expected")
            return Syntax(kind: .cast(operand, type, typePlace), place: place)
        default: break
        }
        if token.kind == .symbol("(") {
            position += 1
            return try call(lowered, place)
        }
        // `date '2024-01-31'`
        if lowered == "date" || lowered == "timestamp" || lowered == "time", case .string(let text) = token.kind {
            position += 1
            return Syntax(kind: .cast(Syntax(kind: .string(text), place: place), lowered, place), place: place)
        }
        if Parser.reserved.contains(lowered) {
            throw QueryTextError(
                place, "a value or a name is expected, not the word \(word.uppercased())",
                hint: "a column of that name is written \"\(word)\"")
        }
        return try self.name(beginning: word, place)
    }

    private mutating func call(_ name: String, _ place: Int) throws(QueryTextError) -> Syntax {
        if accept(")") { return Syntax(kind: .call(name, [], isDistinct: false), place: place) }
        let isDistinct = accept(word: "distinct")
        var arguments: [Syntax] = []
        repeat { arguments.append(try expression()) } while accept(",")
        try expect(")", "',' or ')' is expected")
        return Syntax(kind: .call(name, arguments, isDistinct: isDistinct), place: place)
    }

    private mutating func name(beginning first: String, _ place: Int) throws(QueryTextError) -> Syntax {
        var parts = [first]
        while accept(".") {
            switch token.kind {
            case .word(let part), .quoted(let part): parts.append(part)
            case .symbol("*") where parts.count == 1:
                position += 1
                return Syntax(kind: .all(of: first), place: place)
            default: throw QueryTextError(token.place, "a name is expected after '.'")
            }
            position += 1
        }
        return Syntax(kind: .name(parts), place: place)
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}
