import ArgumentParser
import HTTPServer
import OpenAPI
import ProgramSupport
import SystemIO

/// `dlt-init mock`: an API on this machine that answers as a description says.
struct MockCommand: GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "mock", abstract: "Answer on this machine as the described API would.",
        discussion: """
            Each list has 237 records, made from schemas and examples and always the same; the lists below a parent have one for each \
            of its records. Pages, credentials and required parameters are as described. Any credential is accepted, unless the variable \
            of the configuration that has it is set where the mock starts: then it must be that.

            With --output it also writes the configuration by which dlt-extract rest reads the mock.
            """)

    static let examples = [
        "dlt-init mock openapi.yaml --port 8080 -o mock.yaml",
        "dlt-extract rest mock.yaml | dlt-normalize | dlt-load sqlite:///mock.db",
    ]

    static let optionGroups = [
        OptionGroupTitle("Common options", ["--log-format", "--quiet", "--version", "--help"])
    ]

    @Argument(
        help: ArgumentHelp("A file, a URL, or - for standard input.", valueName: "source"),
        completion: .file(extensions: ["yaml", "yml", "json"]))
    var source: String

    @Option(help: ArgumentHelp("Port to answer on, at 127.0.0.1; 0 takes one that is free.", valueName: "number"))
    var port = 0

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Write a configuration for this mock; an existing file is replaced.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var output: String?

    @Option(help: ArgumentHelp("Use this security scheme of the description.", valueName: "name"))
    var auth: String?

    @Option(help: ArgumentHelp("Write messages to stderr as text or as lines of JSON.", valueName: "format"))
    var logFormat = LogFormat.text

    @Flag(name: .shortAndLong, help: "Print warnings and errors only.") var quiet = false

    func validate() throws {
        if !(0...65535).contains(port) { throw ValidationError("'--port' goes from 0 to 65535.") }
    }

    func run() throws {
        StopSignal.install()
        StopSignal.ignoreSIGPIPE()
        let messages = Messages(format: logFormat, isQuiet: quiet)
        let source = DescriptionSource(source)
        let description = try source.read()
        let listener: HTTPListener
        do throws(HTTPServerError) { listener = try HTTPListener.listen(on: "127.0.0.1", port: port) } catch {
            throw ProgramError(
                .unavailable, error.description, hint: "choose another one: --port 0 takes one that is free")
        }
        let url = "http://127.0.0.1:\(listener.port)"
        var options = ScaffoldOptions(auth: auth)
        options.baseURL = url
        options.tokenURL = url + MockSite.tokenPath
        if let output { options.name = Paths.lastComponent(Paths.withoutExtension(output)) }
        let scaffold = Scaffold(description, options)
        let server: HTTPServer
        do throws(HTTPServerError) { server = try HTTPServer(listener, answering: MockSite(scaffold, url: url)) } catch
        {
            throw ProgramError(
                .unavailable, error.description,
                hint: "install the library that answers HTTP: apt-get install libmicrohttpd12")
        }
        if let output {
            let text = ConfigurationText.text(of: scaffold, source: source.name, file: output)
            try WrittenFile.write(text, to: output)
        }
        try Descriptor.standardOutput.writeAll(url + "\n")
        let lists = scaffold.endpoints.count { $0.kind == .list }
        messages.note("\(lists) lists of \(MockEndpoint.recordCount) records; stop with Ctrl-C")
        while StopSignal.sleep(milliseconds: 3_600_000) {}
        server.stop()
        StopSignal.endProcess()
    }
}
