package import Failures

/// What is wrong with the text of an option, and where.
package struct QueryTextError: Error, Sendable, Equatable {
    /// Characters before the mistake.
    package let place: Int
    package let reason: String
    package let hint: String?

    package init(_ place: Int, _ reason: String, hint: String? = nil) {
        self.place = place
        self.reason = reason
        self.hint = hint
    }

    /// The same in the words of a program.
    package func failure(in option: String, _ text: String) -> QueryTextFailure {
        QueryTextFailure(option: option, text: text, error: self)
    }
}

/// An option that cannot be understood: `unable to read --where: column 7 (pricee): "pricee" is not a column of orders`.
package struct QueryTextFailure: ExplainedFailure, Equatable {
    package let option: String
    package let text: String
    package let error: QueryTextError

    /// The words of --loads are those of an option; the others take a text in a language of its own.
    package var kind: FailureKind { option == "--loads" ? .usage : .data }

    package var message: String {
        let rest = text.dropFirst(error.place)
        let near = rest.isEmpty ? "the end" : "'\(rest.prefix(20))\(rest.count > 20 ? "…" : "")'"
        return "unable to read \(option): at column \(error.place + 1), \(near): \(error.reason)"
    }

    package var hint: String? { error.hint }
}
