/// A statement and its words, for what is known of it before a database has looked at it.
package struct StatementText {
    package let tokens: [SQLScanner.Token]
    private let bytes: [UInt8]
    /// What queries begin with.
    private static let queryWords: Set<String> = ["select", "with", "values", "table", "from"]

    package init(_ text: String, _ rules: SQLScanner.Rules) {
        bytes = Array(text.utf8)
        tokens = SQLScanner.tokens(of: text, rules)
    }

    package func text(_ token: SQLScanner.Token) -> String { String(decoding: bytes[token.range], as: UTF8.self) }

    /// A word in small letters; empty for anything else.
    package func word(_ token: SQLScanner.Token) -> String { token.kind == .word ? text(token).lowercased() : "" }

    package func isMark(_ token: SQLScanner.Token, _ mark: String) -> Bool {
        token.kind == .mark && text(token) == mark
    }

    /// What the statement begins with, but for parentheses.
    package var first: SQLScanner.Token? { tokens.first { !isMark($0, "(") } }

    package func beginsQuery(_ token: SQLScanner.Token) -> Bool { StatementText.queryWords.contains(word(token)) }

    package func checkOneStatement() throws(QueryFailure) {
        guard first != nil else { throw QueryFailure.empty }
        guard let end = tokens.firstIndex(where: { isMark($0, ";") }) else { return }
        if let next = tokens[end...].first(where: { !isMark($0, ";") }) {
            throw QueryFailure.secondStatement(at: next.range.lowerBound)
        }
    }

    /// Refuses an EXPLAIN of anything but a query.
    package func checkExplained() throws(QueryFailure) {
        var depth = 0
        for (index, token) in tokens.enumerated().dropFirst() {
            if isMark(token, "(") {
                // Options, or a query in parentheses.
                if depth == 0, tokens.indices.contains(index + 1), beginsQuery(tokens[index + 1]) { return }
                depth += 1
            } else if isMark(token, ")") {
                depth -= 1
            } else if depth == 0, !["analyze", "analyse", "verbose"].contains(word(token)) {
                if beginsQuery(token) { return }
                throw QueryFailure.refusal("what it explains is not a query", offset: token.range.lowerBound)
            }
        }
        throw QueryFailure.refusal("it explains nothing")
    }
}
