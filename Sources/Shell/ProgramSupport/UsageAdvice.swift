package import ArgumentParser
import Failures

/// A program that knows what people mean by arguments it does not take.
package protocol UsageAdvising: ParsableCommand {
    /// What to say of them, and the command that was probably meant; nil where there is nothing better than the usual words.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - unexpected: the first of them that has no place.
    static func advice(on arguments: [String], unexpected: String) -> UsageAdvice?
}

/// Words about arguments that are not understood.
package struct UsageAdvice: Sendable, Equatable {
    package let message: String
    package let hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    /// An argument as a message may repeat it: what looks like a URL can hold a password, however it is written.
    package static func shown(_ word: String) -> String {
        func has(_ character: Unicode.Scalar) -> Bool { word.utf8.contains(UInt8(ascii: character)) }
        let isURL = has("@") || has("?") && has("=") || word.contains(":/")
        return isURL ? "URL" : word
    }

    /// A command line to paste, of such arguments.
    package static func command(_ words: [String]) -> String { ShellWord.command(words.map { shown($0) }) }
}

extension UsageAdvice {
    /// What is better said than the parser's own words; nil where those are good.
    ///
    /// - Parameter message: the parser's words.
    static func about(_ arguments: [String], of root: any ParsableCommand.Type, message: String) -> UsageAdvice? {
        var line = CommandPath(root)
        line.descend(arguments)
        if let option = unknownOption(in: message) {
            return line.misplacedOptions ?? line.unknownCommand ?? line.advice(on: option)
        }
        guard message.contains("nexpected argument") else { return nil }
        return line.misplacedOptions ?? line.unknownCommand
            ?? (line.isAtRoot ? line.advice(unexpected: quoted(in: message) ?? "") : nil)
    }

    private static func unknownOption(in message: String) -> String? {
        message.hasPrefix("Unknown option '") ? quoted(in: message) : nil
    }

    /// The first argument that the parser's words name.
    private static func quoted(in message: String) -> String? {
        guard let quote = message.firstIndex(of: "'") else { return nil }
        return String(message[message.index(after: quote)...].prefix { $0 != "'" })
    }
}

/// The command that arguments lead to, as far as they name one.
private struct CommandPath {
    private let root: any ParsableCommand.Type
    private var command: any ParsableCommand.Type
    /// The program and its subcommands so far.
    private var names: [String]
    /// What follows the last name.
    private var rest: [String] = []
    /// Arguments before a command that is named after them.
    private var early: [String] = []

    init(_ root: any ParsableCommand.Type) {
        self.root = root
        command = root
        names = [Program.name]
    }

    mutating func descend(_ arguments: [String]) {
        rest = arguments
        while !subcommands.isEmpty {
            guard let first = rest.first else { return }
            if let next = subcommand(first) {
                names.append(first)
                command = next
                rest.removeFirst()
            } else if first.hasPrefix("-"), let place = rest.firstIndex(where: { subcommand($0) != nil }) {
                early = Array(rest[..<place])
                rest = Array(rest[place...])
            } else {
                return
            }
        }
    }

    private var subcommands: [any ParsableCommand.Type] { command.configuration.subcommands }

    private func subcommand(_ name: String) -> (any ParsableCommand.Type)? {
        subcommands.first { $0._commandName == name || $0.configuration.aliases.contains(name) }
    }

    // MARK: What can be said

    var misplacedOptions: UsageAdvice? {
        if early.isEmpty { return nil }
        return UsageAdvice("options come after the command", hint: UsageAdvice.command(names + rest + early))
    }

    /// A word where a command is expected.
    var unknownCommand: UsageAdvice? {
        guard !subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-") else { return nil }
        let known = subcommands.map { $0._commandName }
        let shown = UsageAdvice.shown(word)
        let name = names.count == 1 ? "a command" : "a command of \(names.joined(separator: " "))"
        if let near = NearestWord.of(word, among: known) {
            return UsageAdvice(
                "'\(shown)' is not \(name). Did you mean '\(near)'?",
                hint: UsageAdvice.command(names + [near] + rest.dropFirst()))
        }
        let list = known.dropLast().joined(separator: ", ") + (known.count > 1 ? " or " : "") + (known.last ?? "")
        let advice = (root as? any UsageAdvising.Type)?.advice(on: rest, unexpected: word)
        return UsageAdvice("'\(shown)' is not \(name): \(list)", hint: advice?.hint)
    }

    /// An option that the command does not have.
    func advice(on option: String) -> UsageAdvice {
        if let near = NearestWord.of(option, among: options) {
            return UsageAdvice("Unknown option '\(option)'. Did you mean '\(near)'?")
        }
        let isOutput = ["--out", "--output", "-o"].contains(option)
        return UsageAdvice(
            "Unknown option '\(option)'.", hint: isOutput ? "results go to standard output: write > FILE instead" : nil)
    }

    var isAtRoot: Bool { names.count == 1 }

    /// What the program itself says.
    func advice(unexpected: String) -> UsageAdvice? {
        (root as? any UsageAdvising.Type)?.advice(on: early + rest, unexpected: unexpected)
    }

    /// All options, from the help text: the parser keeps no list.
    private var options: [String] {
        var options: [String] = []
        for word in root.helpMessage(for: command).split(whereSeparator: { " \n[],|()".contains($0) })
        where word.hasPrefix("--") && word.count > 2
            && word.dropFirst(2).allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" })
        {
            if !options.contains(String(word)) { options.append(String(word)) }
        }
        return options
    }
}
