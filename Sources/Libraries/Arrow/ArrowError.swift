/// Columns that cannot be read, or the words of the library that should have sent them.
package struct ArrowError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The sender failed, with an `errno`.
        case sender(Int32)
        /// A type that has no form here.
        case type
        /// The structs contradict each other, or themselves.
        case malformed
        /// A text that is not UTF-8.
        case text
    }

    package let kind: Kind
    /// The column, with the names of those that it lies in: `order.items`; nil where no column is meant.
    package let column: String?
    package let reason: String

    package init(_ kind: Kind, column: String? = nil, _ reason: String) {
        self.kind = kind
        self.column = column
        self.reason = reason
    }

    package var description: String { column.map { "column \($0): \(reason)" } ?? reason }
}
