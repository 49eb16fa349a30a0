import ArgumentParser
import SystemIO

/// Whether arguments ask for help, and for which command.
///
/// Found before the parser is asked, which would lay out its own text first.
struct HelpRequest {
    let screen: HelpScreen

    /// nil when the arguments do not ask for help.
    init?(_ arguments: [String], of root: any ParsableCommand.Type) {
        let own = arguments.prefix { $0 != "--" }
        let asks = own.contains { $0 == "--help" || $0 == "-h" }
        let hasCommands = !root.configuration.subcommands.isEmpty
        guard asks || hasCommands && own.first == "help" else { return nil }
        var line = CommandPath(root)
        line.descend(own.first == "help" && hasCommands ? Array(own.dropFirst()) : Array(own))
        screen = line.help(columns: Descriptor.standardOutput.terminalColumns ?? 80)
    }

    /// A program of several commands that was called without one; nil if it then has a task.
    init?(missingCommandIn arguments: [String], of root: any ParsableCommand.Type) {
        var line = CommandPath(root)
        line.descend(arguments)
        guard line.lacksCommand else { return nil }
        screen = line.help(columns: Descriptor.standardError.terminalColumns ?? 80)
    }
}
