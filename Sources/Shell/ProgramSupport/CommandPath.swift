import ArgumentParser
import Failures

/// The command that arguments name, as far as they name one.
struct CommandPath {
    private let root: any ParsableCommand.Type
    private var command: any ParsableCommand.Type
    /// The program and its subcommands so far.
    private var names: [String]
    /// The arguments after the last name.
    private var rest: [String] = []
    /// Arguments that precede the name of the command.
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

    // MARK: Help

    func help(columns: Int) -> HelpScreen { HelpScreen(names, command, columns: columns) }

    /// One of these commands is needed, and none was named.
    var lacksCommand: Bool {
        !subcommands.isEmpty && rest.isEmpty && early.isEmpty && command.configuration.defaultSubcommand == nil
    }

    var helpCommand: String { names.joined(separator: " ") + " --help" }

    /// The first example of the help that fits on one line.
    var example: String? {
        (command as? any GuidedCommand.Type)?.examples.first { !$0.contains("\n") }
    }

    // MARK: What can be said

    var misplacedOptions: UsageAdvice? {
        if early.isEmpty { return nil }
        return UsageAdvice("options come after the command", hint: UsageAdvice.command(names + rest + early))
    }

    /// A word in place of a command.
    var unknownCommand: UsageAdvice? {
        guard !subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-") else { return nil }
        let known = subcommands.map { $0._commandName }
        let shown = UsageAdvice.shown(word)
        let name = names.count == 1 ? "a command" : "a command of \(names.joined(separator: " "))"
        if let program = SiblingProgram.all.first(where: { $0.commands.contains(word) && $0.name != names[0] }) {
            return UsageAdvice(
                "'\(shown)' is not \(name), but one of \(program.name)",
                hint: UsageAdvice.command([program.name] + rest))
        }
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
    func advice(on argument: String) -> UsageAdvice {
        let option = String(argument.prefix { $0 != "=" })
        let unknown = "Unknown option '\(option)'."
        if let owner = owner(of: option) {
            return UsageAdvice("Unknown option '\(option)': it is an option of \(owner)")
        }
        if let near = NearestWord.of(option, among: options(of: command)) {
            let corrected = rest.map { word in
                word == option || word.hasPrefix(option + "=") ? near + word.dropFirst(option.count) : word
            }
            return UsageAdvice("\(unknown) Did you mean '\(near)'?", hint: UsageAdvice.command(names + corrected))
        }
        for program in SiblingProgram.all where program.name != names[0] {
            guard let near = NearestWord.of(option, among: program.options) else { continue }
            return UsageAdvice("Unknown option '\(option)'. Did you mean '\(near)' of \(program.name)?")
        }
        let isOutput = ["--out", "--output", "-o"].contains(option)
        return UsageAdvice(unknown, hint: isOutput ? "results go to standard output: write > FILE instead" : nil)
    }

    var isAtRoot: Bool { names.count == 1 }

    /// The program's own advice.
    func advice(unexpected: String) -> UsageAdvice? {
        (root as? any UsageAdvising.Type)?.advice(on: early + rest, unexpected: unexpected)
    }

    /// Another command that has the option: of this program, or of a program next to it in a pipe.
    private func owner(of option: String) -> String? {
        let siblings = root.configuration.subcommands.filter { $0 != command && options(of: $0).contains(option) }
        if !siblings.isEmpty {
            return siblings.map { "\(names[0]) \($0._commandName)" }.joined(separator: " or ")
        }
        let programs = SiblingProgram.all.filter { $0.options.contains(option) && $0.name != names[0] }
        return programs.isEmpty ? nil : programs.map(\.name).joined(separator: " or ")
    }

    private func options(of command: any ParsableCommand.Type) -> [String] {
        CommandDescription(of: command)?.arguments.flatMap(\.names).filter { $0.hasPrefix("--") } ?? []
    }
}
