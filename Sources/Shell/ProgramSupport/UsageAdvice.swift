package import ArgumentParser
import Failures

/// A program that knows what users mean by arguments that it does not have.
package protocol UsageAdvising: ParsableCommand {
    /// The message about them, with the command that was probably meant; nil if there is no better message than the usual.
    ///
    /// - Parameters:
    ///   - arguments: the arguments without the program's name.
    ///   - unexpected: the first of them that is not expected.
    static func advice(on arguments: [String], unexpected: String) -> UsageAdvice?
}

/// Messages about unexpected arguments.
package struct UsageAdvice: Sendable, Equatable {
    package let message: String
    package let hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    /// An argument as a message may quote it: anything that looks like a URL can contain a password.
    package static func shown(_ word: String) -> String {
        func has(_ character: Unicode.Scalar) -> Bool { word.utf8.contains(UInt8(ascii: character)) }
        // The URL of a file of this machine has no password, unless it has parameters.
        let isFile = ["sqlite:///", "duckdb:///"].contains(where: word.hasPrefix) && !has("?") && !has("@")
        let isURL = has("@") || has("?") && has("=") || word.contains(":/") && !isFile
        return isURL ? "URL" : word
    }

    /// A command line to paste, made of such arguments.
    package static func command(_ words: [String]) -> String { ShellWord.command(words.map { shown($0) }) }
}

extension UsageAdvice {
    /// A message that is better than the parser's own; nil if that one is good.
    ///
    /// - Parameter message: the parser's words.
    static func about(_ arguments: [String], of root: any ParsableCommand.Type, message: String) -> UsageAdvice? {
        var line = CommandPath(root)
        line.descend(arguments)
        if let option = unknownOption(in: message) {
            return line.misplacedOptions ?? line.unknownCommand ?? line.advice(on: option)
        }
        if message.hasPrefix("Missing expected argument"), let example = line.example {
            return UsageAdvice(message, hint: "see \(line.helpCommand); for example: \(example)")
        }
        guard message.contains("nexpected argument") else { return nil }
        return line.misplacedOptions ?? line.unknownCommand
            ?? (line.isAtRoot ? line.advice(unexpected: quoted(in: message) ?? "") : nil)
    }

    private static func unknownOption(in message: String) -> String? {
        message.hasPrefix("Unknown option '") ? quoted(in: message) : nil
    }

    /// The first argument that the parser's message names.
    private static func quoted(in message: String) -> String? {
        guard let quote = message.firstIndex(of: "'") else { return nil }
        return String(message[message.index(after: quote)...].prefix { $0 != "'" })
    }
}
