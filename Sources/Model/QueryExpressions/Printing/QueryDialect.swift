/// The SQL that an expression becomes in one kind of database. `ExpressionPrinter` writes what is the same in all.
///
/// Every operand that is passed in can stand beside an operator: it is a name, a literal, a call or in parentheses.
package protocol QueryDialect: Sendable {
    func quote(_ name: String) -> String

    /// A text in quotes, whatever is in it.
    func quote(text: String) -> String

    /// A table of the dataset, qualified.
    func table(_ name: String) -> String

    func bytes(_ bytes: [UInt8]) -> String
    func bool(_ flag: Bool) -> String
    /// A number, as it was written.
    func number(_ digits: String, _ type: QueryType) -> String
    func timestamp(_ microseconds: Int64, hasZone: Bool) -> String
    func date(_ text: String) -> String
    func time(_ text: String) -> String

    /// A text as it is ordered by its bytes.
    func ordered(_ text: String) -> String

    func comparison(_ operation: String, _ left: Operand, _ right: Operand) -> String
    func like(_ text: String, _ pattern: String, ignoresCase: Bool) -> String
    func arithmetic(_ operation: ArithmeticOperation, _ left: Operand, _ right: Operand, _ type: QueryType) -> String
    func negated(_ operand: Operand) -> String
    func quotient(_ left: String, _ right: String) -> String
    func cast(_ operand: Operand, to type: QueryType) -> String
    func member(_ document: String, _ step: QueryStep, asText: Bool) -> String

    func absolute(_ operand: Operand) -> String
    func floor(_ operand: Operand) -> String
    func rounded(_ operand: Operand, digits: Int) -> String
    func length(_ operand: Operand) -> String
    func substring(_ text: String, _ start: String, _ count: String?) -> String

    func part(_ part: TimePart, of time: Operand) -> String
    func truncated(_ time: Operand, to unit: String) -> String
    var now: String { get }
    var today: String { get }
    func daysAgo(_ days: Int) -> String
    func days(from: String, to: String) -> String

    func sum(_ operand: Operand, isDistinct: Bool) -> String
    func average(_ operand: Operand, isDistinct: Bool) -> String
    func extreme(_ isLargest: Bool, _ operand: Operand) -> String

    /// What makes values of a type come in their order.
    func orderKey(_ operand: Operand) -> String

    /// An order of rows that is the same for the same seed.
    func shuffle(_ key: String, seed: String) -> String

    /// A value as it stands in a JSON list or object.
    func jsonElement(_ operand: Operand) -> String
    func jsonObject(_ members: [(String, String)]) -> String
    var emptyList: String { get }

    /// A JSON list of a value of each row of a group, in an order.
    func list(_ values: Operand, orderedBy order: String, where condition: String) -> String
}

/// A printed expression.
package struct Operand {
    package let sql: String
    package let type: QueryType
    /// A column or a literal: in SQLite a decimal is a number then, and else a text.
    package let isPlain: Bool

    package init(sql: String, type: QueryType, isPlain: Bool = false) {
        self.sql = sql
        self.type = type
        self.isPlain = isPlain
    }
}

package enum ArithmeticOperation: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case remainder = "%"
}

package enum QueryStep: Sendable, Equatable {
    case member(String)
    case element(Int)
}

package enum TimePart: String, Sendable {
    case year, quarter, month, day, hour, minute, second, weekday
}

extension QueryDialect {
    package func quote(_ name: String) -> String { "\"" + doubled(name, "\"") + "\"" }
    package func quote(text: String) -> String { "'" + doubled(text, "'") + "'" }
    package func bool(_ flag: Bool) -> String { flag ? "TRUE" : "FALSE" }
    package func ordered(_ text: String) -> String { text }
    package func comparison(_ operation: String, _ left: Operand, _ right: Operand) -> String {
        "\(left.sql) \(operation) \(right.sql)"
    }
    package func substring(_ text: String, _ start: String, _ count: String?) -> String {
        "substr(\(text), \(start)\(count.map { ", \($0)" } ?? ""))"
    }
    package func length(_ operand: Operand) -> String { "length(\(operand.sql))" }
    package func extreme(_ isLargest: Bool, _ operand: Operand) -> String {
        "\(isLargest ? "max" : "min")(\(operand.sql))"
    }
    package func orderKey(_ operand: Operand) -> String { operand.sql }

    package func jsonElement(_ operand: Operand) -> String {
        switch operand.type {
        case .timestamp, .date: cast(operand, to: .text)
        default: operand.sql
        }
    }

    /// Bytes, so that no combining mark hides a quote.
    func doubled(_ text: String, _ quote: Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == quote { result.append(quote) }
            result.append(scalar)
        }
        return String(result)
    }
}
