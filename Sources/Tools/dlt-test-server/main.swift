import ArgumentParser
import LoopbackServer
import ProgramSupport
import SystemIO

/// The tests' server as a program, so that dlt and people can use it too.
struct TestServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlt-test-server", abstract: "Serve an API for tests on 127.0.0.1 until it is stopped.",
        discussion: """
            Prints its URL. Answers from the recorded exchanges, where a folder of them is named, and else as the demo site: \
            /pages/…, /parents, /auth/…, /oauth/token and /hostile/….
            """, version: Version.text)

    @Option(help: "The port; 0 is any that is free.")
    var port = 0

    @Option(help: ArgumentHelp("A folder of recorded exchanges to answer from.", valueName: "folder"))
    var replay: String?

    @Option(help: ArgumentHelp("Wait before each answer.", valueName: "milliseconds"))
    var latency = 0

    @Flag(help: "Print each request on stderr.")
    var verbose = false

    func run() throws {
        StopSignal.install()
        let site = try replay.map { try ReplaySite(folder: $0) }
        let (latency, verbose) = (Double(latency) / 1000, verbose)
        let server = try LoopbackServer(port: port) { request in
            let url = "http://\(request.header("host") ?? "127.0.0.1")"
            var reply = site?.answer(request, url: url) ?? DemoSite.answer(request, url: url)
            reply.delay += latency
            if verbose {
                let line = "\(request.method) \(request.target) -> \(reply.status)\n"
                try? Descriptor.standardError.writeAll(line)
            }
            return reply
        }
        try Descriptor.standardOutput.writeAll(server.url + "\n")
        while StopSignal.sleep(milliseconds: 3_600_000) {}
        server.stop()
    }
}

Program.run(TestServerCommand.self)
