import JSONText
import ProgramSupport
import SystemIO

/// What a program says of itself when asked with `--experimental-dump-help`.
struct CommandDescription {
    private let root: Command

    init(program: String) throws {
        var process = try ChildProcess.spawn(argv: [program, "--experimental-dump-help"])
        guard let output = process.standardOutput.take() else { fatalError("no pipe") }
        let bytes = try Files.readAll(output)
        guard try process.wait().isSuccess, let command = try JSONValue(parsing: bytes)["command"] else {
            throw ProgramError(.data, "unable to describe \(program): it does not know --experimental-dump-help")
        }
        root = Command(command, path: [])
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
        guard root.leaves.count > 1 else { return grouped(root.arguments) }
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
    private func grouped(_ arguments: [Argument]) -> [String] {
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

private struct Command {
    let path: [String]
    let abstract: String
    let arguments: [Argument]
    let subcommands: [Command]
    private let discussion: String

    init(_ description: JSONValue, path: [String]) {
        self.path = path + [description["commandName"]?.stringValue ?? ""]
        abstract = description["abstract"]?.stringValue ?? ""
        discussion = description["discussion"]?.stringValue ?? ""
        arguments = (description["arguments"]?.arrayValue ?? []).map(Argument.init).filter(\.isShown)
        let path = self.path
        subcommands = (description["subcommands"]?.arrayValue ?? []).map { Command($0, path: path) }
            .filter { $0.path.last != "help" }
    }

    /// The commands that do something, in order.
    var leaves: [Command] { subcommands.isEmpty ? [self] : subcommands.flatMap(\.leaves) }

    /// The discussion up to what the page says elsewhere.
    var paragraphs: [String] {
        var result: [String] = []
        for paragraph in discussion.split(separator: "\n\n") {
            if ["EXAMPLES", "EXIT STATUS"].contains(where: paragraph.hasPrefix) { break }
            result.append(paragraph.split(separator: "\n").joined(separator: " "))
        }
        return result
    }

    var usage: String {
        let operands = arguments.filter { $0.kind == .positional }.map(\.operand)
        return ([Roff.bold(path.joined(separator: " ")), "[\\fIoption\\fR ...]"] + operands).joined(separator: " ")
    }
}

private struct Argument: Equatable {
    enum Kind: String { case positional, option, flag }

    let kind: Kind
    let isShown: Bool
    let section: String?
    private let names: [String]
    private let value: String
    private let abstract: String
    private let isOptional: Bool
    private let isRepeating: Bool
    private let isAfterTerminator: Bool
    private let choices: [String]
    private let standard: String?

    init(_ description: JSONValue) {
        kind = Kind(rawValue: description["kind"]?.stringValue ?? "") ?? .option
        isShown = description["shouldDisplay"]?.boolValue ?? true
        section = description["sectionTitle"]?.stringValue
        names = (description["names"]?.arrayValue ?? []).map { name in
            (name["kind"]?.stringValue == "long" ? "--" : "-") + (name["name"]?.stringValue ?? "")
        }
        value = description["valueName"]?.stringValue ?? "value"
        abstract = description["abstract"]?.stringValue ?? ""
        isOptional = description["isOptional"]?.boolValue ?? false
        isRepeating = description["isRepeating"]?.boolValue ?? false
        isAfterTerminator = description["parsingStrategy"]?.stringValue == "postTerminator"
        choices = (description["allValues"]?.arrayValue ?? []).compactMap(\.stringValue)
        standard = description["defaultValue"]?.stringValue
    }

    var operand: String {
        var text = Roff.italic(value) + (isRepeating ? " ..." : "")
        if isAfterTerminator { text = "\\-\\- " + text }
        return isOptional || isAfterTerminator ? "[\(text)]" : text
    }

    /// A tagged paragraph.
    var item: [String] {
        var tag = kind == .positional ? Roff.italic(value) : names.map(Roff.bold).joined(separator: ", ")
        if kind == .option { tag += " " + Roff.italic(value) }
        var text = Roff.text(abstract)
        let unsaid = choices.filter { !abstract.contains($0) }
        if !unsaid.isEmpty { text += " One of \(choices.map(Roff.bold).joined(separator: ", "))." }
        if kind != .flag, let standard, !abstract.contains("default") {
            text += " The default is \(Roff.bold(standard))."
        }
        return [".TP", tag, text]
    }
}
