import DatasetReaders
import Failures
import ProgramSupport
import SystemIO

/// What was asked for: a query, or the name of a table.
struct QueryText {
    let text: String

    /// - Parameter argument: a dash stands for standard input.
    init(_ argument: String) throws {
        guard argument == "-" else {
            text = argument
            return
        }
        let bytes = try Files.readAll(Descriptor.standardInput)
        guard let read = String(validating: bytes, as: UTF8.self) else {
            throw ProgramError(.data, "unable to read the query from standard input: it is not UTF-8")
        }
        text = read
    }

    /// - Parameter statement: as it was typed at a prompt.
    init(statement: String) { text = statement }

    /// One word, in quotes or not, is a table.
    var tableName: String? {
        let tokens = SQLScanner.tokens(of: text, .sqlite)
        guard tokens.count == 1, let token = tokens.first, token.kind == .word || token.kind == .name else {
            return nil
        }
        let word = String(decoding: Array(text.utf8)[token.range], as: UTF8.self)
        guard token.kind == .name else { return word }
        let quote = String(word.prefix(1))
        return String(word.dropFirst().dropLast()).replacing(quote + quote, with: quote)
    }
}
