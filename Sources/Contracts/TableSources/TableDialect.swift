/// How a database spells the few things that a selection needs.
package protocol TableDialect: Sendable {
    func identifier(_ name: String) -> String

    /// A table after FROM.
    func table(_ name: TableName) -> String

    /// What is selected for a column: it alone, or a cast to a type that the connector reads. The alias does not matter.
    func expression(_ column: SourceColumn) -> String

    /// A cursor's value, in the text of a record or of the user, with the type of the column: a column without a time zone gets a
    /// value without one.
    func literal(_ value: String, for column: SourceColumn) throws(TableError) -> String

    /// A column as an operand of a comparison or an order that must agree with ours: texts by their bytes.
    func operand(_ column: SourceColumn) -> String

    /// A condition that no infinite value meets; nil where the type has none.
    func finite(_ column: SourceColumn) -> String?

    /// A condition: the column compared by one of `<`, `<=`, `>`, `>=`. It may hold for more rows than that, which the sink leaves out.
    func comparison(_ operator: String, _ value: String, for column: SourceColumn) throws(TableError) -> String

    /// A whole SELECT with at most that many rows.
    func limited(_ sql: String, to count: Int) -> String
}

extension TableDialect {
    package func table(_ name: TableName) -> String {
        (name.schema.map { identifier($0) + "." } ?? "") + identifier(name.name)
    }

    package func expression(_ column: SourceColumn) -> String { identifier(column.name) }

    package func operand(_ column: SourceColumn) -> String { identifier(column.name) }

    package func finite(_ column: SourceColumn) -> String? { nil }

    package func comparison(
        _ operator: String, _ value: String, for column: SourceColumn
    ) throws(TableError) -> String {
        "\(operand(column)) \(`operator`) \(try literal(value, for: column))"
    }

    package func limited(_ sql: String, to count: Int) -> String { "\(sql) LIMIT \(count)" }
}
