package import Destinations

/// A statement in pieces, with a value between each two of them: the same text is executed and printed.
///
/// Written as an interpolated string, where `\(value: .text("x"))` is a value and everything else is text.
package struct SQLStatement: Sendable, Equatable {
    package private(set) var pieces: [String]
    package private(set) var values: [RecordValue] = []
    /// What it means when the statement, a query, finds a row: the load is refused. The message ends before the value that
    /// the first column of the row tells.
    package var refusal: DestinationError?

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

    /// The text with something in place of each value, counted from 1: a parameter or a literal.
    package func text(_ value: (Int, RecordValue) -> String) -> String {
        var text = pieces[0]
        for index in values.indices { text += value(index + 1, values[index]) + pieces[index + 1] }
        return text
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
