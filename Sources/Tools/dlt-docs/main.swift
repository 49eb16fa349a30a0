import ArgumentParser
import ProgramSupport
import SystemIO

/// Writes the manual pages from their templates and the programs' own descriptions of their options.
struct DocsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlt-docs", abstract: "Write the manual pages from their templates.",
        discussion: "Run it by way of scripts/man. The programs are those beside this one.", version: Version.text)

    @Argument(help: ArgumentHelp("The folder with the templates (*.in), where the pages go.", valueName: "folder"))
    var folder = "man"

    @Flag(help: "Write nothing; end with 1 when a page is not what its template makes, and name it.")
    var check = false

    func run() throws {
        let programs = Paths.parent(try Files.realPath("/proc/self/exe"))
        var stale: [String] = []
        for name in try Files.list(folder) where name.hasSuffix(".in") && !name.hasSuffix(".inc.in") {
            let template = try ManualTemplate(path: Paths.join(folder, name), programs: programs)
            let page = Array(try template.expanded().utf8)
            let path = Paths.join(folder, String(name.dropLast(3)))
            if Files.exists(path), try Files.readAll(path) == page { continue }
            stale.append(path)
            if !check { try Files.atomicWrite(path, page, mode: 0o644) }
        }
        for path in stale { try Descriptor.standardOutput.writeAll(path + "\n") }
        if check && !stale.isEmpty { throw ExitCode(1) }
    }
}

Program.run(DocsCommand.self)
