package import DatasetReaders
import Failures

/// The user's own SQL, which is put into parentheses: it must not leave them, nor be more than it should.
package enum QueryText {
    package static func check(query sql: String, _ rules: SQLScanner.Rules) throws(TableError) {
        let text = StatementText(sql, rules)
        guard let first = text.first, text.beginsQuery(first) else {
            throw refusal("--query", "it is not a query", hint: "begin it with SELECT, WITH, VALUES or TABLE")
        }
        try check(text, "--query")
    }

    package static func check(condition: String, _ rules: SQLScanner.Rules) throws(TableError) {
        let text = StatementText(condition, rules)
        guard !text.tokens.isEmpty else {
            throw refusal("--where", "it is empty", hint: "write it as after WHERE: \"id > 5\"")
        }
        try check(text, "--where")
    }

    private static func check(_ text: StatementText, _ option: String) throws(TableError) {
        if text.tokens.contains(where: { text.isMark($0, ";") }) {
            throw refusal(option, "it has a semicolon", hint: "leave the semicolon out, and all that follows")
        }
        var depth = 0
        for token in text.tokens {
            if text.isMark(token, "(") { depth += 1 }
            if text.isMark(token, ")") { depth -= 1 }
            if depth < 0 { break }
        }
        if depth != 0 { throw refusal(option, "its parentheses do not match", hint: nil) }
    }

    private static func refusal(_ option: String, _ reason: String, hint: String?) -> TableError {
        TableError(.usage, "unable to use '\(option)': \(reason)", hint: hint)
    }
}
