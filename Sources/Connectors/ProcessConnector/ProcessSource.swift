import ArgumentParser
import FileConnector
package import ProgramSupport
package import RecordSources
import SystemIO

/// `dlt-extract exec`: delivers the output of commands as records, usually one for each line.
package struct ProcessSource: RecordSource {
    package static let name = "exec"
    package static let abstract = "Run commands and read what they print: JSON lines, JSON, or CSV."
    package static let discussion = """
        Each line of a command's output is a record. The messages of a Singer tap or an Airbyte source are refused, since \
        `dlt-extract singer` and `dlt-extract airbyte` read them; with --format jsonl they are records like any others. Output that begins with an array, or with an object over several lines, is read as \
        a JSON file is; --format says what it is otherwise. What it prints to stderr passes through. When a command ends with a status \
        other than 0, its records so far have been sent, but the stream says that it failed and nothing of it is loaded.

        The resource is named by the command, or by the script when the command is an interpreter; --resource names it \
        otherwise. Several commands run side by side, each with a name of its own, through sh.

        With --cursor a command finds in its environment what is wanted, to ask for no more: DLT_CURSOR (the path), \
        DLT_CURSOR_START and DLT_CURSOR_END (empty where the range has no such end), DLT_LAST_VALUE (the start before any \
        --lag). It may print more than that; records out of range are left out.
        """

    package static let examples = [
        "dlt-extract exec -- ./generator.py | dlt-normalize | dlt-load sqlite:///app.db",
        """
        dlt-extract exec --resource users -- curl -sf https://api.example.com/users \\
          | dlt-normalize | dlt-load sqlite:///app.db
        """,
        """
        dlt-extract exec --cursor updated_at -- \\
          sh -c './api issues --since "$DLT_CURSOR_START"' | dlt-normalize
        """,
        """
        dlt-extract exec --command users='./api users' \\
          --command orders='./api orders' --workers 2 | dlt-normalize
        """,
    ]

    package static let optionGroups = [
        OptionGroupTitle("Source", ["--command", "--resource", "--select", "--format", "--workers"]),
        TableOptions.group,
    ]

    @Argument(
        parsing: .postTerminator, help: ArgumentHelp("The command and its arguments, after --.", valueName: "command"))
    var words: [String] = []

    @Option(
        help: ArgumentHelp("A named command, run by sh; may be repeated.", valueName: "name=command"))
    var command: [String] = []

    @Option(help: ArgumentHelp("Name of the resource, and of its table (default: the command's).", valueName: "name"))
    var resource: String?

    @Option(
        help: ArgumentHelp(
            "What the commands print: auto, jsonl, json, csv or tsv; auto takes lines, or JSON where it begins like that.",
            valueName: "format"))
    var format = FileFormat.auto

    @Option(
        help: ArgumentHelp(
            "Where in a JSON document the records are, such as data.jobs or $.a[*].b.", valueName: "path"))
    var select: String?

    @OptionGroup var table: TableOptions

    @Option(help: ArgumentHelp("Number of commands that run at once.", valueName: "count"))
    var workers = 5

    package init() {}

    package func validate() throws {
        if words.isEmpty && command.isEmpty {
            throw ValidationError("Name a command after --, such as `exec -- python3 gen.py`, or use '--command'.")
        }
        if !words.isEmpty && !command.isEmpty { throw ValidationError("Use either '--command' or a command after --.") }
        if resource != nil && !command.isEmpty {
            throw ValidationError("'--resource' names the one command after --; '--command' has names of its own.")
        }
        if let resource, resource.isEmpty { throw ValidationError("'--resource' needs a name.") }
        if workers < 1 { throw ValidationError("'--workers' must be at least 1.") }
        _ = try named()
        _ = try PrintedText(format: format, select: select, table: table)
    }

    package func prepare(dataDirectory: String) throws -> any PreparedSource {
        let commands =
            words.isEmpty
            ? try named()
            : [PlannedCommand(resource: resource ?? Self.resourceName(words), words: words, takesInput: true)]
        return CommandRun(
            commands: commands, text: try PrintedText(format: format, select: select, table: table), workers: workers)
    }

    private func named() throws -> [PlannedCommand] {
        var commands: [PlannedCommand] = []
        for text in command {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex,
                text.index(after: equals) != text.endIndex
            else {
                throw ValidationError("'--command \(text)': expected NAME=COMMAND, such as users='python3 gen.py'.")
            }
            let name = String(text[..<equals])
            if commands.contains(where: { $0.resource == name }) {
                throw ValidationError("'--command': the name \(name) is given twice.")
            }
            let line = String(text[text.index(after: equals)...])
            // Several commands that read one terminal or pipe would each get only a part.
            commands.append(PlannedCommand(resource: name, words: ["sh", "-c", line], takesInput: command.count == 1))
        }
        return commands
    }

    private static let interpreters = [
        "python", "node", "deno", "bun", "ruby", "perl", "php", "sh", "bash", "zsh", "Rscript",
    ]

    /// The command's base name, or that of an interpreter's script; otherwise every generator in Python would be one
    /// resource and one pipeline, `python3`.
    static func resourceName(_ words: [String]) -> String {
        func base(_ path: String) -> String { Paths.lastComponent(Paths.withoutExtension(path)) }
        let command = Paths.lastComponent(words[0])
        let bare = command.prefix { !$0.isNumber && $0 != "." }
        if interpreters.contains(String(bare)), let script = words.dropFirst().first, !script.hasPrefix("-") {
            return base(script)
        }
        return interpreters.contains(String(bare)) ? command : base(words[0])
    }
}
