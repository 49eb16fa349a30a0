import ProgramSupport
import SystemIO

/// A page in roff with places, each a line of its own:
///
///     @SYNOPSIS@        how the program is called: from its declarations
///     @OPTIONS@         what it takes: from its declarations
///     @EXIT_STATUS@     the one table of exit statuses
///     @INCLUDE name@    the file name.inc.in beside the template
///
/// and `@VERSION@` anywhere.
struct ManualTemplate {
    let path: String
    /// The folder of the programs, which describe themselves.
    let programs: String
    private let text: String

    init(path: String, programs: String) throws {
        self.path = path
        self.programs = programs
        text = String(decoding: try Files.readAll(path), as: UTF8.self)
    }

    func expanded() throws -> String {
        // The page of a program is named by it: dlt-load.1.in.
        let program = Paths.withoutExtension(Paths.withoutExtension(Paths.lastComponent(path)))
        var page = [#".\" Made from \#(Paths.lastComponent(path)) by scripts/man: change that one."#]
        for line in try includingFiles(text) {
            switch line {
            case "@SYNOPSIS@": page += try description(of: program).synopsis
            case "@OPTIONS@": page += try description(of: program).options
            case "@EXIT_STATUS@": page += Self.exitStatuses
            default: page.append(Self.replacing("@VERSION@", in: line, by: Version.text))
            }
        }
        return page.joined(separator: "\n") + "\n"
    }

    private func description(of program: String) throws -> ManualText {
        try ManualText(program: Paths.join(programs, program))
    }

    private func includingFiles(_ text: String) throws -> [String] {
        var lines: [String] = []
        var rest = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if rest.last == "" { rest.removeLast() }
        for line in rest {
            if line.hasPrefix("@INCLUDE "), line.hasSuffix("@") {
                let name = String(line.dropFirst(9).dropLast()) + ".inc.in"
                let included = try Files.readAll(Paths.join(Paths.parent(path), name))
                lines += try includingFiles(String(decoding: included, as: UTF8.self))
            } else {
                lines.append(line)
            }
        }
        return lines
    }

    private static var exitStatuses: [String] {
        ExitStatus.allCases.flatMap { status in
            [".TP", "\(status.rawValue)", Roff.text(Roff.sentence(status.meaning))]
        }
    }

    private static func replacing(_ word: String, in line: String, by text: String) -> String {
        var line = line
        while let range = line.firstRange(of: word) { line.replaceSubrange(range, with: text) }
        return line
    }
}
