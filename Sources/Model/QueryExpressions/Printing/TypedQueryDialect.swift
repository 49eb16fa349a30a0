/// What databases with strict types have in common.
protocol TypedQueryDialect: QueryDialect {
    /// What the database calls a type.
    func name(_ type: QueryType) -> String
}

extension TypedQueryDialect {
    /// What is smaller than a bigint would overflow early.
    private func wide(_ operand: Operand) -> String {
        switch operand.type {
        case .bigint: "CAST(\(operand.sql) AS \(name(.bigint)))"
        case .null: "CAST(NULL AS \(name(.bigint)))"
        default: operand.sql
        }
    }

    private func double(_ sql: String) -> String { "CAST(\(sql) AS \(name(.double)))" }

    private func typed(_ operand: Operand, _ type: QueryType) -> String {
        if type == .double { return double(operand.sql) }
        return type == .bigint ? wide(operand) : operand.sql
    }

    package func arithmetic(
        _ operation: ArithmeticOperation, _ left: Operand, _ right: Operand, _ type: QueryType
    ) -> String {
        if operation == .remainder { return "(\(wide(left)) % nullif(\(wide(right)), 0))" }
        return "(\(typed(left, type)) \(operation.rawValue) \(typed(right, type)))"
    }

    package func quotient(_ left: String, _ right: String) -> String {
        "(\(double(left)) / nullif(\(double(right)), 0))"
    }

    package func negated(_ operand: Operand) -> String { "(- \(wide(operand)))" }
    package func absolute(_ operand: Operand) -> String { "abs(\(wide(operand)))" }

    package func floor(_ operand: Operand) -> String {
        operand.type == .bigint ? operand.sql : "CAST(floor(\(operand.sql)) AS \(name(.bigint)))"
    }

    package func sum(_ operand: Operand, isDistinct: Bool) -> String {
        let sum = "sum(\(isDistinct ? "DISTINCT " : "")\(operand.sql))"
        return operand.type == .bigint ? "CAST(\(sum) AS \(name(.bigint)))" : sum
    }

    package func average(_ operand: Operand, isDistinct: Bool) -> String {
        "avg(\(isDistinct ? "DISTINCT " : "")\(double(operand.sql)))"
    }
}
