import JSONText
import ProgramSupport
import TestSupport
import Testing

/// A command of a program, with what the program says about it.
struct DescribedCommand: CustomStringConvertible, Sendable {
    /// The program, and the commands to this one.
    let names: [String]
    let abstract: String
    let options: [String]
    let hasCommands: Bool

    var description: String { names.joined(separator: " ") }

    static let all: [DescribedCommand] = programs.flatMap { program in
        let dump = try? run(program: program, arguments: ["--experimental-dump-help"])
        let command = dump.flatMap { try? JSONValue(parsing: $0.stdout) }?["command"]
        return command.map { described($0, []) } ?? []
    }

    private static func described(_ command: JSONValue, _ above: [String]) -> [DescribedCommand] {
        let names = above + [command["commandName"]?.stringValue ?? ""]
        let below = (command["subcommands"]?.arrayValue ?? []).filter { $0["commandName"]?.stringValue != "help" }
        let options = (command["arguments"]?.arrayValue ?? []).flatMap { argument in
            (argument["names"]?.arrayValue ?? []).compactMap { name in
                name["kind"]?.stringValue == "long" ? name["name"]?.stringValue.map { "--" + $0 } : nil
            }
        }
        let own = DescribedCommand(
            names: names, abstract: command["abstract"]?.stringValue ?? "", options: options,
            hasCommands: !below.isEmpty)
        return [own] + below.flatMap { described($0, names) }
    }
}

struct HelpTests {
    @Test func `every program has commands to ask for help`() {
        #expect(Set(DescribedCommand.all.map { $0.names[0] }) == Set(programs))
        #expect(DescribedCommand.all.count > 25)
    }

    /// Usage, then an example, and no line that a terminal would break.
    @Test(arguments: DescribedCommand.all)
    func `help shows how the command is used first`(command: DescribedCommand) throws {
        let help = try run(program: command.names[0], arguments: command.names.dropFirst() + ["--help"])
        #expect(help.status == 0 && help.stderr.isEmpty, "\(help)")
        let lines = help.stdout.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let usage = try #require(lines.firstIndex { $0.hasPrefix("Usage: \(command)") })
        let examples = try #require(lines.firstIndex(of: "Examples:"), "\(help.stdout)")
        #expect(usage < 4 && examples < 23, "the first example is in line \(examples + 2)")
        for line in lines where !line.contains("://") || line.hasPrefix("  dlt-") {
            #expect(line.count <= 80, "\(line)")
        }
        #expect(lines.count { $0.hasPrefix("Exit statuses: 0, ") } == 1)
        #expect(!help.stdout.contains("a temporary failure"))
        if !command.hasCommands {
            let missing = command.options.filter { option in
                option != "--version" && !lines.contains { $0.hasPrefix("  ") && $0.contains(option) }
            }
            #expect(missing.isEmpty, "\(missing)")
        }
    }

    @Test(arguments: DescribedCommand.all.filter { !$0.hasCommands })
    func `examples call the program`(command: DescribedCommand) throws {
        let help = try run(program: command.names[0], arguments: command.names.dropFirst() + ["--help"])
        let examples = help.stdout.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { $0 != "Examples:" }.dropFirst().prefix { !$0.isEmpty }
        #expect(examples.contains { $0.contains("\(command)") }, "\(examples)")
        let joined = examples.joined(separator: "\n")
        #expect(!joined.hasSuffix("\\"))
        // Whether bash can read them, without running anything.
        let check = try run(argv: ["bash", "-n"], stdin: Array(joined.utf8))
        #expect(check.status == 0, "\(check.stderr)")
    }

    @Test(arguments: DescribedCommand.all.filter(\.hasCommands))
    func `commands have a line each`(command: DescribedCommand) throws {
        let help = try run(program: command.names[0], arguments: command.names.dropFirst() + ["--help"])
        for below in DescribedCommand.all where Array(below.names.dropLast()) == command.names {
            #expect(
                help.lines.contains { $0.hasPrefix("  \(below.names.last ?? "") ") && $0.hasSuffix(below.abstract) })
        }
    }

    @Test func `help fits a terminal`() throws {
        for columns in [60, 80, 132] {
            for command in ["dlt-load", "dlt-extract files", "dlt-state"] {
                let help = try runOnTerminal("\(command) --help", columns: columns)
                let paragraphs = help.stdout.split(separator: "\n\n").filter { !$0.hasPrefix("Examples:") }
                let lines = paragraphs.joined(separator: "\n").split(separator: "\n").filter { !$0.contains("://") }
                let widest = lines.map(\.count).max() ?? 0
                #expect(help.status == 0 && widest <= min(columns, 100), "\(command) at \(columns): \(widest)")
                #expect(columns == 60 || widest > 70, "\(command) at \(columns): \(widest)")
            }
        }
    }

    @Test(arguments: ["dlt-extract", "dlt-schema"])
    func `a program without its command shows a screen`(program: String) throws {
        let result = try run(program: program)
        #expect(result.status == 64 && result.stdout.isEmpty, "\(result)")
        let lines = result.stderr.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.contains("Commands:") && lines.contains("Examples:"), "\(result.stderr)")
        #expect(lines.count <= 30, "\(lines.count) lines")
    }

    @Test func `help of a command is found by either way`() throws {
        let long = try run(program: "dlt-state", arguments: ["packages", "show", "--help"]).stdout
        #expect(long.contains("Usage: dlt-state packages show"))
        for arguments in [["packages", "show", "-h"], ["help", "packages", "show"], ["--help", "packages", "show"]] {
            #expect(try run(program: "dlt-state", arguments: arguments).stdout == long, "\(arguments)")
        }
        // What comes after -- is the command's, and not ours.
        let folder = try WorkDirectory()
        let exec = try run(
            program: "dlt-extract", arguments: ["exec", "--", "sh", "-c", "echo {}", "--help"],
            environment: ["DLT_DATA_DIR": folder.path("data")])
        #expect(exec.stdout.hasPrefix("{") && !exec.stdout.contains("Usage:"), "\(exec)")
    }

    @Test func `options of a destination are shown with its URL`() throws {
        let duckdb = try run(program: "dlt-load", arguments: ["duckdb:///x.duckdb", "--help"]).stdout
        #expect(duckdb.contains("DuckDB:\n  --workers"), "\(duckdb)")
        #expect(!(try run(program: "dlt-load", arguments: ["--help"]).stdout.contains("--workers")))
    }

    /// What is advised about options and commands of other programs is true.
    @Test(arguments: SiblingProgram.all.map(\.name))
    func `a program has what others say it has`(name: String) throws {
        let program = try #require(SiblingProgram.all.first { $0.name == name })
        let commands = DescribedCommand.all.filter { $0.names[0] == name }
        #expect(Set(program.options).isSubset(of: commands.flatMap(\.options)))
        #expect(Set(program.commands).isSubset(of: commands.filter { $0.names.count == 2 }.map { $0.names[1] }))
        for other in DescribedCommand.all where other.names[0] != name && other.names.count == 2 {
            #expect(!program.commands.contains(other.names[1]), "\(other) as well")
        }
    }
}
