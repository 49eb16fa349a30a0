import ArgumentParser
import Failures
import HTTP
import JSONText
import OpenAPI
import ProgramSupport
import SystemIO

/// `dlt-init rest`: a description of an API becomes a configuration for dlt-extract rest.
struct RESTCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "rest", abstract: "Make a configuration for dlt-extract from a description.",
        discussion: """
            SOURCE is OpenAPI 3.0 to 3.2 or Swagger 2.0, as JSON or YAML: a file, a URL, or - for standard input. Each list of the \
            API becomes a resource with its records, pages, key and parent. Comments have the reason of each decision and how sure it is; \
            what is not sure is listed at the top of the file. Nothing is asked of the API itself.

            Credentials and other values that only you know stay variables, such as ${SHOP_TOKEN}, and are listed at the top as well.
            """)

    static let examples = [
        "dlt-init rest openapi.yaml -o shop.yaml",
        "dlt-init rest https://api.example.com/openapi.json --list",
        "dlt-init rest openapi.yaml --update shop.yaml",
        "dlt-init rest --har session.har -o shop.yaml",
    ]

    static let optionGroups = [
        OptionGroupTitle("Requests in place of a description", ["--curl", "--har", "--postman"]),
        OptionGroupTitle("Result", ["--output", "--force", "--update", "--list", "--report", "--python"]),
        OptionGroupTitle("Choice", ["--select", "--include", "--server", "--base-url", "--auth"]),
        OptionGroupTitle("Common options", ["--log-format", "--quiet", "--verbose", "--version", "--help"]),
    ]

    enum ReportFormat: String, CaseIterable, ExpressibleByArgument { case json }

    @Argument(
        help: ArgumentHelp("A description: a file, a URL, or - for standard input.", valueName: "source"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var source: String?

    @Option(
        help: ArgumentHelp(
            "Read command lines of curl instead of a description; - for standard input.", valueName: "file"),
        completion: .file())
    var curl: String?

    @Option(
        help: ArgumentHelp("Read a recording of a browser (HAR) instead.", valueName: "file"),
        completion: .file(extensions: ["har", "json"]))
    var har: String?

    @Option(
        help: ArgumentHelp("Read a collection of Postman instead.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var postman: String?

    @Option(
        name: [.short, .long], help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var output: String?

    @Flag(help: "Replace the file if it exists.") var force = false

    @Flag(help: "Write the dictionary of a pipeline in Python instead.") var python = false

    @Option(
        help: ArgumentHelp(
            "Bring this configuration up to date with the description, and keep what was changed by hand.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var update: String?

    @Flag(help: "Print the endpoints and what was decided of them, and no configuration.") var list = false

    @Option(
        help: ArgumentHelp(
            "Print every decision for programs, in place of a configuration on standard output.", valueName: "format"))
    var report: ReportFormat?

    @Option(
        help: ArgumentHelp(
            "Only these resources: a name, a path, or tag:NAME; may be repeated. Parents come along.", valueName: "what"
        ))
    var select: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only paths that match: * is anything but a slash, ** anything; may be repeated.", valueName: "glob"))
    var include: [String] = []

    @Option(help: ArgumentHelp("Use this server of the description, counted from 1.", valueName: "n"))
    var server = 1

    @Option(help: ArgumentHelp("Use this URL in place of the server of the description.", valueName: "url"))
    var baseURL: String?

    @Option(help: ArgumentHelp("Use this security scheme of the description.", valueName: "name"))
    var auth: String?

    @Option(help: ArgumentHelp("Write messages to stderr as text or as lines of JSON.", valueName: "format"))
    var logFormat = LogFormat.text

    @Flag(name: .shortAndLong, help: "Print warnings and errors only.") var quiet = false

    @Flag(name: .shortAndLong, help: "Print details too, such as a line for each doubt.") var verbose = false

    func validate() throws {
        if [source, curl, har, postman].count(where: { $0 != nil }) != 1 {
            throw ValidationError("Name one source: a description, '--curl', '--har' or '--postman'.")
        }
        if quiet && verbose { throw ValidationError("'--quiet' and '--verbose' cannot be used together.") }
        if list && (output != nil || report != nil) {
            throw ValidationError("'--list' prints no configuration; leave out '--output' and '--report'.")
        }
        if update != nil && (output != nil || list || python) {
            throw ValidationError("'--update' changes its file; leave out '--output', '--list' and '--python'.")
        }
        if force && output == nil { throw ValidationError("'--force' is for '--output'.") }
        if let baseURL, HTTPURL(baseURL) == nil {
            throw ValidationError("'--base-url' must be a URL, such as https://api.example.com/v1.")
        }
        if server < 1 { throw ValidationError("'--server' must be at least 1.") }
    }

    private var messages: Messages { Messages(format: logFormat, isQuiet: quiet, isVerbose: verbose) }

    func run() throws {
        let source = DescriptionSource(source ?? curl ?? har ?? postman ?? "-")
        if let output, !force, WrittenFile.isTaken(output) {
            throw ProgramError(
                .cannotCreate, "unable to write \(output): it exists already",
                hint: "--force replaces it, and with it what you changed there")
        }
        var options = ScaffoldOptions(server: server, auth: auth, selections: select, patterns: include)
        let description = try read(source, &options)
        if let file = output ?? update { options.name = Paths.lastComponent(Paths.withoutExtension(file)) }
        if source.isURL { options.sourceURL = source.text }
        options.baseURL = baseURL
        try check(description)
        let scaffold = Scaffold(description, options)
        try check(scaffold)
        if list { return try printList(scaffold) }
        let made = ConfigurationText.text(of: scaffold, source: source.name, file: output ?? update)
        if let update { return try bring(made, into: update, scaffold, source.name) }
        let text = python ? try PythonText.text(ofYAML: made, name: scaffold.name) : made
        if let output { try WrittenFile.write(text, to: output) }
        if report != nil {
            try Descriptor.standardOutput.writeAll(
                ScaffoldReport.json(scaffold, source: source.name).serialized(.pretty) + "\n")
        } else if output == nil {
            try Descriptor.standardOutput.writeAll(text)
        }
        tell(scaffold)
    }

    private func read(_ source: DescriptionSource, _ options: inout ScaffoldOptions) throws -> Description {
        let form: DescriptionSource.Form? = curl != nil ? .curl : har != nil ? .har : postman != nil ? .postman : nil
        guard let form else { return try source.read() }
        let (description, notes) = try source.read(as: form)
        options.doubts = notes
        return description
    }

    private func bring(_ made: String, into file: String, _ scaffold: Scaffold, _ source: String) throws {
        let bytes = try Files.readAll(file)
        guard let merge = ConfigurationMerge(String(decoding: bytes, as: UTF8.self), made) else {
            throw ProgramError(
                .data, "unable to update \(file): it has no marks of dlt-init rest",
                hint: "make a new file with -o, and take over by hand what you changed")
        }
        if merge.text.utf8.elementsEqual(bytes) {
            messages.summary("\(file) is up to date")
        } else {
            try WrittenFile.write(merge.text, to: file)
            messages.summary(
                "\(file): \(merge.added.count) added, \(merge.replaced.count) brought up to date, \(merge.kept.count) kept as changed by hand",
                [
                    ("added", .count(merge.added.count)), ("replaced", .count(merge.replaced.count)),
                    ("kept", .count(merge.kept.count)),
                ])
        }
        for name in merge.outdated {
            messages.warning(
                "\(name) was changed by hand, and the API has changed too",
                hint: "compare: \(again)" + (name == ConfigurationMerge.client ? "" : " --select \(name)"))
        }
        for name in merge.gone where select.isEmpty && include.isEmpty {
            messages.warning("\(name) is no longer in the description; it stays in the file")
        }
        if report != nil {
            try Descriptor.standardOutput.writeAll(
                ScaffoldReport.json(scaffold, source: source).serialized(.pretty) + "\n")
        }
    }

    /// What was named on the command line must be in the description.
    private func check(_ description: Description) throws {
        let rules = CredentialRules(description: description, wanted: auth)
        if let auth, !rules.schemeNames.contains(auth) {
            throw ProgramError(
                .usage, "unable to use the security scheme \(auth): the description has none of that name",
                hint: "it has \(rules.schemeNames.joined(separator: ", "))")
        }
        let servers = description.root["servers"]?.items.count ?? 0
        if server > max(servers, 1) {
            throw ProgramError(
                .usage, "unable to use server \(server): the description has \(servers)",
                hint: "servers are counted from 1; without --server the first is used")
        }
    }

    private func check(_ scaffold: Scaffold) throws {
        guard scaffold.written.isEmpty else { return }
        let lists = scaffold.endpoints.count { $0.kind == .list }
        if lists == 0 {
            throw ProgramError(
                .data, "unable to make a configuration: the description has no endpoint that lists records",
                hint: "`\(again) --report json` shows what was found instead")
        }
        throw ProgramError(
            .usage, "unable to make a configuration: none of the \(lists) lists is selected",
            hint: "`\(again) --list` shows their names and paths")
    }

    /// The command line by which the same source is read.
    private var again: String {
        let option = curl != nil ? "--curl " : har != nil ? "--har " : postman != nil ? "--postman " : ""
        return "dlt-init rest \(option)\(ShellWord.quoted(source ?? curl ?? har ?? postman ?? "-"))"
    }

    private func printList(_ scaffold: Scaffold) throws {
        let output = Descriptor.standardOutput
        let columns = output.isTerminal ? output.terminalColumns ?? 80 : nil
        try output.writeAll(
            ScaffoldReport.table(scaffold).text(fitting: columns.map { TextTable.Room(columns: $0) }))
    }

    private func tell(_ scaffold: Scaffold) {
        let written = scaffold.written.map { scaffold.endpoints[$0] }
        for endpoint in written {
            for doubt in endpoint.doubts { messages.detail("\(endpoint.name): \(doubt)") }
        }
        for endpoint in scaffold.endpoints where endpoint.kind == .broken {
            let problem = endpoint.operation.problems.first
            messages.warning(
                "\(endpoint.operation.path) is left out: line \(problem?.line ?? endpoint.operation.line): \(problem?.reason ?? "")"
            )
        }
        let doubts = written.count { !$0.doubts.isEmpty }
        let inputs = scaffold.inputs.all.count { !$0.isOptional }
        messages.summary(
            "\(written.count) resources; \(doubts) with doubts, \(inputs) inputs to set",
            [("resources", .count(written.count)), ("doubtful", .count(doubts)), ("inputs", .count(inputs))])
        if let output, !python { messages.hint("dlt-extract rest \(ShellWord.quoted(output)) --check") }
    }
}
