import ArgumentParser

/// What `--help` prints: usage, examples, options in groups, and where to read on.
struct HelpScreen {
    /// The names on the command line, the program first.
    let names: [String]
    let command: any ParsableCommand.Type
    /// The width of the terminal.
    let columns: Int

    /// The widest line of an example: with its indentation it fits 80 columns.
    static let exampleWidth = 78

    /// Longer lines are hard to read.
    private static let widest = 100
    private static let narrowest = 60

    init(_ names: [String], _ command: any ParsableCommand.Type, columns: Int) {
        self.names = names
        self.command = command
        self.columns = min(max(columns, HelpScreen.narrowest), HelpScreen.widest)
    }

    /// The whole screen, with a newline at its end.
    var text: String {
        let parts = subcommands.isEmpty ? leaf : branch
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    // MARK: Parts

    private var configuration: CommandConfiguration { command.configuration }

    private var subcommands: [any ParsableCommand.Type] {
        configuration.subcommands.filter { $0.configuration.shouldDisplay }
    }

    private var leaf: [String] {
        let description = CommandDescription(of: command)
        let arguments = description?.arguments ?? []
        let guide = command as? any GuidedCommand.Type
        let groups = OptionGroups(arguments, guide?.optionGroups ?? []).groups
        return [abstract, usage(arguments), examples, discussion] + groups.map(section) + [ending]
    }

    /// A program of several commands shows the commands, not their options.
    private var branch: [String] {
        let usage =
            "Usage: \(names.joined(separator: " ")) \(configuration.defaultSubcommand == nil ? "" : "[")COMMAND"
            + (configuration.defaultSubcommand == nil ? " …" : " …]") + "\n"
        let width = (subcommands.map { $0._commandName.count }.max() ?? 0) + 4
        let commands = subcommands.map { command in
            TextWrapping.item("  " + command._commandName, command.configuration.abstract, indent: width, columns)
        }
        let more = "'\(names.joined(separator: " ")) COMMAND --help' shows the options of a command.\n"
        return [abstract, usage, "Commands:\n" + commands.joined(), examples, discussion, more + ending]
    }

    private var abstract: String { TextWrapping.wrapped(configuration.abstract, indent: 0, columns) }

    private var discussion: String {
        configuration.discussion.split(separator: "\n\n").map { paragraph in
            TextWrapping.wrapped(paragraph.split(separator: "\n").joined(separator: " "), indent: 0, columns)
        }.joined(separator: "\n")
    }

    private var examples: String {
        guard let examples = (command as? any GuidedCommand.Type)?.examples, !examples.isEmpty else { return "" }
        return "Examples:\n" + examples.map { TextWrapping.indented($0, by: 2) }.joined()
    }

    private func usage(_ arguments: [ArgumentDescription]) -> String {
        let operands = arguments.filter { $0.kind == .positional }.map { argument in
            let operand = "<\(argument.valueName)>" + (argument.isRepeating ? " ..." : "")
            if argument.isAfterTerminator { return "[-- \(operand)]" }
            return argument.isOptional ? "[\(operand)]" : operand
        }
        return "Usage: " + (names + ["[options]"] + operands).joined(separator: " ") + "\n"
    }

    private func section(_ group: OptionGroups.Group) -> String {
        let isOperands = group.arguments.allSatisfy { $0.kind == .positional }
        let title = group.title ?? (isOperands ? "Operands" : "Options")
        return "\(title):\n" + group.arguments.map(item).joined()
    }

    private func item(_ argument: ArgumentDescription) -> String {
        var label = "  " + (argument.kind == .positional ? "" : argument.names.joined(separator: ", "))
        if argument.kind != .flag { label += (argument.kind == .positional ? "" : " ") + "<\(argument.valueName)>" }
        return TextWrapping.item(label, HelpScreen.words(argument), indent: 26, columns)
    }

    private static func words(_ argument: ArgumentDescription) -> String {
        var facts: [String] = []
        let choices = argument.unnamedChoices
        if !choices.isEmpty { facts.append("values: \(choices.joined(separator: ", "))") }
        if let standard = argument.unnamedDefault { facts.append("default: \(standard)") }
        return argument.abstract + (facts.isEmpty ? "" : " (\(facts.joined(separator: "; ")))")
    }

    private var ending: String {
        TextWrapping.wrapped("Exit statuses: \(HelpScreen.statuses); see \(names[0])(1).", indent: 0, columns)
            + "More: 'man \(names[0])', and 'man 7 dlt' for an overview.\n"
    }

    /// "0, 3, 10, 64-66, …"
    private static var statuses: String {
        var runs: [ClosedRange<Int32>] = []
        for status in ExitStatus.allCases.map(\.rawValue) {
            if let last = runs.last, last.upperBound + 1 == status {
                runs[runs.count - 1] = last.lowerBound...status
            } else {
                runs.append(status...status)
            }
        }
        return runs.map { run in
            let (first, last) = (run.lowerBound, run.upperBound)
            return first == last ? "\(first)" : first + 1 == last ? "\(first), \(last)" : "\(first)-\(last)"
        }.joined(separator: ", ")
    }
}
