import ArgumentParser
package import Destinations
import Failures
import HTTPServer
import InspectionSupport
import LoadPackages
import ProgramSupport
import SystemIO

/// `dlt-dashboard`: what there is and what happened, in a browser.
package enum DashboardProgram {
    package static func main(_ destinations: [any Destination.Type]) -> Never {
        KnownDestinations.all = destinations
        Program.run(DashboardCommand.self)
    }
}

struct DashboardCommand: UsageAdvising, GuidedCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlt-dashboard",
        abstract: "Show pipelines, load packages, schemas and states in a browser.",
        discussion: """
            Prints a URL, and answers there until it is stopped by Ctrl-C. The URL holds a token; without it nothing is shown.

            The dashboard only reads. It starts no jobs, keeps no credentials, and connects to no other machine than the destinations \
            of the pipelines that it shows.
            """,
        version: Version.text)

    static let examples = [
        "dlt-dashboard --open",
        "dlt-dashboard --pipeline shop --export report",
        "dlt-dashboard --data-dir /srv/dlt --token-file token --port 8042",
        "dlt-dashboard --url sqlite:///shop.db",
    ]

    @Option(
        help: ArgumentHelp(
            "Port to answer on; 0 takes one that is free (default: 8042, or one that is free).", valueName: "number"))
    var port: Int?

    @Option(
        help: ArgumentHelp(
            "Address to answer on (default: 127.0.0.1). Others than this machine need --token-file.",
            valueName: "address"))
    var bind: String?

    @Option(help: ArgumentHelp("Answer on a Unix socket instead, which only you may connect to.", valueName: "path"))
    var socket: String?

    @Option(
        name: .customLong("host"),
        help: ArgumentHelp(
            "Name that browsers call this machine by, where --bind is used. May be repeated.", valueName: "name"))
    var hosts: [String] = []

    @Option(
        help: ArgumentHelp(
            "File with the token, of 16 characters or more (default: a new one at each start).", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Open the page in a browser.") var open = false

    @Option(help: ArgumentHelp("Whether queries may be typed in: on or off.", valueName: "on|off"))
    var sql = SQLChoice.on

    @Option(help: ArgumentHelp("Write the pages as files into this folder, and answer nothing.", valueName: "dir"))
    var export: String?

    @Option(
        help: ArgumentHelp("Folder of style.css, script.js and icon.svg, while working on them.", visibility: .hidden))
    var assets: String?

    @Option(
        help: ArgumentHelp(
            "Show the datasets of this database instead of pipelines, also those that dlt itself loaded.",
            valueName: "destination"),
        completion: URLCompletion.urls)
    var url: String?

    @Option(help: ArgumentHelp("The only dataset of --url to show (default: all of them).", valueName: "name"))
    var dataset: String?

    @OptionGroup var common: PlaceOptions

    func validate() throws {
        if url != nil && (common.pipeline != nil || !common.dataDirs.isEmpty) {
            throw ValidationError(
                "'--url' cannot be used together with '\(common.pipeline != nil ? "--pipeline" : "--data-dir")': a database has no spool."
            )
        }
        if dataset != nil && url == nil { throw ValidationError("'--dataset' needs '--url'.") }
        if socket != nil && (port != nil || bind != nil || open) {
            throw ValidationError("'--socket' cannot be used together with '--port', '--bind' or '--open'.")
        }
        if export != nil {
            let answering = [
                ("--socket", socket != nil), ("--port", port != nil), ("--bind", bind != nil),
                ("--host", !hosts.isEmpty),
                ("--open", open), ("--token-file", tokenFile != nil),
            ]
            if let (option, _) = answering.first(where: \.1) {
                throw ValidationError("'--export' answers nothing, so '\(option)' cannot be used with it.")
            }
        }
        if let port, !(0...65535).contains(port) { throw ValidationError("'--port' goes from 0 to 65535.") }
        if let bind, !HTTPListener.isAddress(bind) {
            throw ValidationError("'--bind' needs an address, as 127.0.0.1 and ::1 are.")
        }
        if let bind, !Self.isLoopback(bind), tokenFile == nil {
            throw ValidationError(
                "'--bind' to an address that others reach needs '--token-file': a token that is printed is not kept.")
        }
    }

    static func advice(on arguments: [String], unexpected word: String) -> UsageAdvice? {
        UsageAdvice(
            "'\(UsageAdvice.shown(word))' is one word too many",
            hint: "a pipeline is named with --pipeline \(ShellWord.quoted(word)), a folder of pipelines with --data-dir"
        )
    }

    private static func isLoopback(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" }

    func run() throws {
        StopSignal.install()
        StopSignal.ignoreSIGPIPE()
        let pages = Pages(try catalogs(), Datasets(), allowsSQL: sql == .on)
        if let export {
            let count = try StaticExport(pages, into: export).write()
            common.messages.summary("wrote \(NumberText.count(count, of: "page")) to \(export)")
            return
        }
        try serve(pages)
    }

    private func catalogs() throws -> [Catalog] {
        if let url {
            let source = DatasetSource(url: DatabaseFile.url(of: url) ?? url, dataset: dataset)
            // What is wrong with it is said now, and not on each page. A load that holds the database will end.
            do { try check(source) } catch let error as DestinationError where error.kind == .temporary {}
            return [Catalog(source)]
        }
        let name = common.pipelineName
        let catalogs = common.dataDirectories.map { directory, option in
            Catalog(dataDirectory: directory, option: option, only: name)
        }
        guard let name, catalogs.allSatisfy({ $0.pipeline(name) == nil }) else { return catalogs }
        let known = try catalogs.flatMap { try Spool.pipelinesWithRuns(dataDirectory: $0.dataDirectory) }
        throw ProgramError(
            .noInput,
            "unable to find pipeline '\(name)' in \(catalogs.map(\.dataDirectory).joined(separator: ", "))",
            hint: NearestWord.of(name, among: known).map { "did you mean \($0)?" }
                ?? "without --pipeline all pipelines are shown; is --data-dir right?")
    }

    private func check(_ source: DatasetSource) throws {
        let all = try DatasetSource(url: source.url, dataset: nil).names()
        let place = DestinationURL.masked(source.url)
        guard let name = source.dataset else {
            if !all.isEmpty { return }
            throw ProgramError(
                .noInput, "unable to find a dataset in \(place): dlt has loaded nothing there",
                hint: "check the URL; `dlt-load \(ShellWord.quoted(place))` makes a dataset")
        }
        if source.pipeline(name) != nil { return }
        throw ProgramError(
            .noInput, "unable to find dataset '\(name)' in \(place)",
            hint: all.isEmpty
                ? "dlt has loaded nothing there; check the URL" : "there are: \(all.prefix(10).joined(separator: ", "))"
        )
    }

    private func serve(_ pages: Pages) throws {
        if let absence = HTTPServer.absence {
            throw ProgramError(
                .unavailable, "unable to open the library that answers HTTP: \(absence)",
                hint:
                    "install it: apt-get install libmicrohttpd12, dnf install libmicrohttpd; or write files with --export DIR"
            )
        }
        let token = try token()
        let listener = try listener()
        let (host, port) = (listener.host, listener.port)
        let gate = Gate(
            token: token, hosts: allowedHosts(), cookie: "dlt_dashboard_\(socket == nil ? String(port) : "socket")")
        let site = Site(pages, gate, assets: Assets.Source(folder: assets), isStopping: { StopSignal.requested })
        let server: HTTPServer
        do throws(HTTPServerError) { server = try HTTPServer(listener, answering: site) } catch {
            throw ProgramError(.unavailable, error.description)
        }
        try announce(host, port, token)
        while StopSignal.sleep(milliseconds: 3_600_000) {}
        server.stop()
        if let socket { try? Files.remove(socket) }
        StopSignal.endProcess()
    }

    private func token() throws -> AccessToken {
        guard let tokenFile else { return AccessToken() }
        let bytes = try Files.readAll(Paths.expandTilde(tokenFile))
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard let token = AccessToken(text) else {
            throw ProgramError(
                .configuration,
                "unable to use the token in \(tokenFile): it has fewer than 16 characters, or others than ASCII has",
                hint: "make one: head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n' > \(ShellWord.quoted(tokenFile))")
        }
        if try Files.stat(Paths.expandTilde(tokenFile)).mode & 0o077 != 0 {
            common.messages.warning(
                "others may read the token in \(tokenFile)", hint: "chmod 600 \(ShellWord.quoted(tokenFile))")
        }
        return token
    }

    private static let usualPort = 8042

    private func listener() throws -> HTTPListener {
        do throws(HTTPServerError) {
            if let socket { return try HTTPListener.listen(inFile: socket) }
            let address = bind ?? "127.0.0.1"
            if let port { return try HTTPListener.listen(on: address, port: port) }
            // Another dashboard may have the usual one.
            do throws(HTTPServerError) { return try HTTPListener.listen(on: address, port: Self.usualPort) } catch {
                return try HTTPListener.listen(on: address, port: 0)
            }
        } catch {
            throw ProgramError(
                .unavailable, error.description,
                hint: socket != nil
                    ? "choose another path"
                    : port == nil ? "choose another address" : "choose another one: --port 0 takes one that is free")
        }
    }

    /// Names of this machine as browsers may have them.
    private func allowedHosts() -> Set<String> {
        var names: Set<String> = ["localhost", "127.0.0.1", "[::1]"]
        if let bind { names.insert(Gate.name(ofHost: bind.contains(":") ? "[\(bind)]" : bind)) }
        for host in hosts { names.insert(host.lowercased()) }
        return names
    }

    private func announce(_ host: String, _ port: Int, _ token: AccessToken) throws {
        if let socket {
            common.messages.note("answering on the socket \(socket); Ctrl-C ends it")
            try Output.write("http://localhost/\(tokenFile == nil ? "?token=\(token.text)" : "")\n")
            return
        }
        let base = "http://\(host):\(port)/"
        // A token that is kept in a file is not to be read off a screen.
        let url = tokenFile == nil ? base + "?token=\(token.text)" : base
        common.messages.note("open this in a browser; Ctrl-C ends it")
        try Output.write(url + "\n")
        if open { openBrowser(base + "?token=\(token.text)") }
    }

    private func openBrowser(_ url: String) {
        do {
            var process = try ChildProcess.spawn(
                argv: ["xdg-open", url], stdout: .descriptor(2), stderr: .descriptor(2))
            _ = try process.wait()
        } catch {
            common.messages.warning("unable to open a browser: \(error)", hint: "open the URL above")
        }
    }
}

enum SQLChoice: String, ExpressibleByArgument, CaseIterable {
    case on, off
}
