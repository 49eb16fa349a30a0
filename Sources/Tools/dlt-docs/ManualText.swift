import JSONText
import ProgramSupport
import SystemIO

/// The synopsis and the options of a program in roff, from what it prints when asked with `--experimental-dump-help`.
struct ManualText {
    private let root: ManualCommand

    init(program: String) throws {
        var process = try ChildProcess.spawn(argv: [program, "--experimental-dump-help"])
        guard let output = process.standardOutput.take() else { fatalError("no pipe") }
        let bytes = try Files.readAll(output)
        guard try process.wait().isSuccess, let command = try JSONValue(parsing: bytes)["command"] else {
            throw ProgramError(.data, "unable to describe \(program): it does not know --experimental-dump-help")
        }
        root = ManualCommand(CommandDescription(command), above: [])
    }

    var synopsis: [String] {
        var lines: [String] = []
        for command in root.leaves {
            if !lines.isEmpty { lines.append(".br") }
            lines.append(command.usage)
        }
        return lines
    }

    var options: [String] {
        guard root.leaves.count > 1 else { return Array(grouped(root.arguments).drop { $0 == ".PP" }) }
        // Said once, at the end.
        let shared = root.leaves[0].arguments.filter { argument in
            root.leaves.allSatisfy { $0.arguments.contains(argument) }
        }
        var lines: [String] = []
        for command in root.leaves {
            lines += [
                ".SS " + Roff.literal(command.path.dropFirst().joined(separator: " ")), Roff.text(command.abstract),
            ]
            for paragraph in command.paragraphs { lines += [".PP", Roff.text(paragraph)] }
            lines += grouped(command.arguments.filter { !shared.contains($0) })
        }
        lines.append(".SS Options of every command")
        return lines + shared.flatMap(\.item)
    }

    /// Groups that have a title get a line with it, where there are several.
    private func grouped(_ arguments: [ArgumentDescription]) -> [String] {
        var lines: [String] = []
        var last: String?
        let titles = Set(arguments.map(\.section))
        for argument in arguments {
            if titles.count > 1, argument.section != last, let title = argument.section {
                lines += [".PP", "\\fI\(Roff.text(title))\\fR"]
            }
            last = argument.section
            lines += argument.item
        }
        return lines
    }
}

private struct ManualCommand {
    let path: [String]
    let leaves: [ManualCommand]
    private let command: CommandDescription

    init(_ command: CommandDescription, above: [String]) {
        self.command = command
        let path = above + [command.name]
        self.path = path
        let below = command.subcommands.flatMap { ManualCommand($0, above: path).leaves }
        // The commands that do something, in order.
        leaves = below.isEmpty ? [ManualCommand(leaf: command, path)] : below
    }

    private init(leaf command: CommandDescription, _ path: [String]) {
        self.command = command
        self.path = path
        leaves = []
    }

    var abstract: String { command.abstract }
    var arguments: [ArgumentDescription] { command.arguments }

    var paragraphs: [String] {
        command.discussion.split(separator: "\n\n").map { $0.split(separator: "\n").joined(separator: " ") }
    }

    var usage: String {
        let operands = arguments.filter { $0.kind == .positional }.map(\.operand)
        return ([Roff.bold(path.joined(separator: " ")), "[\\fIoption\\fR ...]"] + operands).joined(separator: " ")
    }
}

extension ArgumentDescription {
    fileprivate var operand: String {
        var text = Roff.italic(valueName) + (isRepeating ? " ..." : "")
        if isAfterTerminator { text = "\\-\\- " + text }
        return isOptional || isAfterTerminator ? "[\(text)]" : text
    }

    /// A tagged paragraph.
    fileprivate var item: [String] {
        var tag = kind == .positional ? Roff.italic(valueName) : names.map(Roff.bold).joined(separator: ", ")
        if kind == .option { tag += " " + Roff.italic(valueName) }
        var text = Roff.text(abstract)
        if !unnamedChoices.isEmpty { text += " One of \(unnamedChoices.map(Roff.bold).joined(separator: ", "))." }
        if let standard = unnamedDefault { text += " The default is \(Roff.bold(standard))." }
        return [".TP", tag, text]
    }
}
