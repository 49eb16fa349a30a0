import SQLite

/// Exact decimals, by the names of SQLite's own decimal extension, which its shell has and its library not: what is printed runs there, too. Only
/// `decimal_round` is ours.
enum DecimalFunctions {
    static func register(in database: Database) throws(SQLiteError) {
        try calculate("decimal_add", in: database) { $0 + $1 }
        try calculate("decimal_sub", in: database) { $0 + $1.negated }
        try calculate("decimal_mul", in: database) { ExactDecimal.product($0, $1) }
        try database.register(function: "decimal_cmp", arguments: 2) { call in
            guard let (left, right) = pair(call) else { return }
            call.give(Int64(ExactDecimal.compare(left, right)))
        }
        try database.register(function: "decimal_round", arguments: 2) { call in
            guard !call.hasNull else { return }
            guard let value = ExactDecimal(call.text(0)) else { return call.fail("decimal_round: not a number") }
            call.give(value.rounded(to: Int(max(0, min(call.int64(1), 1000)))).text)
        }
        try database.register(
            aggregate: "decimal_sum", arguments: 1, begin: { DecimalSum() },
            step: { sum, call in if !call.isNull(0) { sum.add(call.text(0)) } },
            finish: { sum, call in
                if sum.isBroken { return call.fail("decimal_sum: not a number") }
                if sum.hasValues { call.give(sum.text) }
            })
        try database.register(collation: "decimal") { left, right in
            let texts = (left.bindMemory(to: UInt8.self), right.bindMemory(to: UInt8.self))
            guard let a = ExactDecimal(texts.0), let b = ExactDecimal(texts.1) else {
                return texts.0.lexicographicallyPrecedes(texts.1) ? -1 : texts.0.elementsEqual(texts.1) ? 0 : 1
            }
            return ExactDecimal.compare(a, b)
        }
    }

    private static func pair(_ call: FunctionCall) -> (ExactDecimal, ExactDecimal)? {
        guard !call.hasNull else { return nil }
        guard let left = ExactDecimal(call.text(0)), let right = ExactDecimal(call.text(1)) else {
            call.fail("a decimal function was given something else than a number")
            return nil
        }
        return (left, right)
    }

    private static func calculate(
        _ name: String, in database: Database,
        _ operation: @escaping (ExactDecimal, ExactDecimal) -> ExactDecimal?
    ) throws(SQLiteError) {
        try database.register(function: name, arguments: 2) { call in
            guard let (left, right) = pair(call) else { return }
            guard let result = operation(left, right) else {
                return call.fail("\(name): the result has more than \(ExactDecimal.mostDigits) digits")
            }
            call.give(result.text)
        }
    }
}
