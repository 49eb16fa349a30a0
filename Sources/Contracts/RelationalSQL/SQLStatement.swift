package import Destinations

/// A statement in parts, with a value between every two of them: the same text is executed and printed.
///
/// Written as an interpolated string, where `\(value: .text("x"))` is a value and everything else is text.
package struct SQLStatement: Sendable, Equatable {
    package private(set) var pieces: [String]
    package private(set) var values: [RecordValue] = []
    /// The error if the statement, a query, finds a row: the load is refused. The value in the first column of the row
    /// completes the message.
    package var refusal: DestinationError?
    /// The table whose inserted, changed or removed rows are counted, if any.
    package var effect: Effect?
    /// A query; if it finds a row, the statement is skipped.
    package var condition: SQLCondition?

    package struct Effect: Sendable, Equatable {
        package let table: String
        package let kind: RowEffects.Kind
    }

    package init(_ text: String) { pieces = [text] }

    package mutating func append(_ text: String) { pieces[pieces.count - 1] += text }

    package mutating func append(_ value: RecordValue) {
        values.append(value)
        pieces.append("")
    }

    package mutating func append(_ other: SQLStatement) {
        append(other.pieces[0])
        for index in other.values.indices {
            append(other.values[index])
            append(other.pieces[index + 1])
        }
    }

    /// The text with each value, counted from 1, replaced by a parameter or a literal.
    package func text(_ value: (Int, RecordValue) -> String) -> String {
        var text = pieces[0]
        for index in values.indices { text += value(index + 1, values[index]) + pieces[index + 1] }
        return text
    }

    package func unless(_ query: SQLStatement) -> SQLStatement {
        var statement = self
        statement.condition = SQLCondition(query)
        return statement
    }

    package func counting(_ kind: RowEffects.Kind, of table: String) -> SQLStatement {
        var statement = self
        statement.effect = Effect(table: table, kind: kind)
        return statement
    }

    package func refusing(with error: DestinationError) -> SQLStatement {
        var statement = self
        statement.refusal = error
        return statement
    }
}

extension SQLStatement: ExpressibleByStringInterpolation {
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var statement = SQLStatement("")

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) { statement.append(literal) }
        package mutating func appendInterpolation(_ text: String) { statement.append(text) }
        package mutating func appendInterpolation(_ part: SQLStatement) { statement.append(part) }
        package mutating func appendInterpolation(value: RecordValue) { statement.append(value) }
    }

    package init(stringLiteral text: String) { self.init(text) }

    package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.statement }
}

/// A query that a statement depends on.
package final class SQLCondition: Sendable, Equatable {
    package let query: SQLStatement

    init(_ query: SQLStatement) { self.query = query }

    package static func == (left: SQLCondition, right: SQLCondition) -> Bool { left.query == right.query }

    func text(_ value: (Int, RecordValue) -> String) -> String { query.text(value) }
}
