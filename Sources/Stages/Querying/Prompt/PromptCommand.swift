import ProgramSupport

/// What a line that begins with a backslash asks for.
enum PromptCommand: Equatable {
    case help, quit, clear, tables(isDetailed: Bool)
    case describe(table: String)
    case toggleLines, toggleTiming
    case format(QueryFormat?)
    /// nil: the terminal again.
    case output(String?)
    /// A table, as the options of the command line ask for it.
    case ask([String])
    case explain(String)

    /// Names, what they take, and what they do; in the order of the help.
    static let all: [(name: String, takes: String, help: String)] = [
        ("d", "", "list the tables"),
        ("d+", "", "list the tables with their rows and last load"),
        ("d", "TABLE", "describe the columns of a table"),
        ("ask", "TABLE [OPTIONS]", "ask a table by options, such as --where"),
        ("nested", "TABLE", "print records as they came"),
        ("profile", "TABLE", "profile the columns of a table"),
        ("row", "TABLE COLUMN=VALUE", "print one record, with what is above and below it"),
        ("explain", "SELECT …", "print the database's plan"),
        ("x", "", "print a value a line, or rows again"),
        ("format", "[NAME]", "how rows are printed; a tab lists the names"),
        ("o", "[FILE]", "write rows into a file, or to the terminal again"),
        ("timing", "", "print how long statements take, or no longer"),
        ("r", "", "forget the lines of an unfinished statement"),
        ("?", "", "this help"),
        ("q", "", "leave; so does ^D"),
    ]

    static var names: [String] { all.map { "\\" + $0.name } }

    init(_ line: String) throws {
        let body = line.drop { $0 == " " }.dropFirst()
        let name = String(body.prefix { $0 != " " && $0 != "\t" })
        // A semicolon is a habit.
        let rest = body.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
        let text = String(rest.reversed().drop { $0 == ";" || $0 == " " || $0 == "\t" }.reversed())
        guard let words = PromptWords.split(text) else {
            throw ProgramError(.usage, "unable to read \\\(name): a quote is not closed")
        }
        func one(_ what: String) throws -> String {
            guard words.count == 1 else {
                throw ProgramError(
                    .usage, "unable to run \\\(name): it takes \(what)",
                    hint: PromptCommand.all.last { $0.name == name }.map { "\\\($0.name) \($0.takes)" })
            }
            return words[0]
        }
        func none() throws {
            guard words.isEmpty else {
                throw ProgramError(.usage, "unable to run \\\(name): it takes nothing", hint: "\\? lists the commands")
            }
        }
        switch name {
        case "d", "dt":
            if words.isEmpty {
                self = .tables(isDetailed: false)
            } else {
                self = .describe(table: try one("one table"))
            }
        case "d+", "dt+":
            try none()
            self = .tables(isDetailed: true)
        case "ask":
            if words.isEmpty { _ = try one("a table, then options") }
            self = .ask(words)
        case "nested": self = .ask([try one("one table"), "--nested", "--format", "json"])
        case "profile": self = .ask([try one("one table"), "--profile"])
        case "row":
            guard words.count == 2 else {
                throw ProgramError(.usage, "unable to run \\row: it takes a table and COLUMN=VALUE")
            }
            self = .ask([words[0], "--row", words[1]])
        case "explain": self = .explain(text)
        case "x":
            try none()
            self = .toggleLines
        case "timing":
            try none()
            self = .toggleTiming
        case "format", "f":
            if words.isEmpty { self = .format(nil); return }
            guard let format = QueryFormat(argument: try one("one name")) else {
                throw ProgramError(
                    .usage, "unable to print rows as '\(words[0])'", hint: "formats are: \(QueryFormat.names)")
            }
            self = .format(format)
        case "o": self = .output(words.isEmpty ? nil : try one("one file"))
        case "r": self = .clear
        case "?", "h", "help": self = .help
        case "q", "quit", "exit": self = .quit
        default:
            let known = PromptCommand.all.map(\.name)
            throw ProgramError(
                .usage, "unable to find the command \\\(name)",
                hint: NearestWord.of(name, among: known).map { "did you mean \\\($0)?" } ?? "\\? lists the commands")
        }
    }

    static var helpText: String {
        let heads = all.map { "\\" + $0.name + ($0.takes.isEmpty ? "" : " " + $0.takes) }
        let width = heads.map { TerminalText.width($0) }.max() ?? 0
        let lines = zip(heads, all).map { head, command in
            "  " + head + String(repeating: " ", count: width - TerminalText.width(head) + 2) + command.help
        }
        return """
            A query ends with a semicolon, on any line. The name of a table and a semicolon
            print its rows. ^C stops a query, a tab completes names.

            \(lines.joined(separator: "\n"))

            """
    }
}
