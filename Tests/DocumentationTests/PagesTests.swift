import SystemIO
import TestSupport
import Testing

/// The programs that are installed: those with a folder of their own.
let programs = (try? Files.list(repository("Sources/Programs"))) ?? []

func repositoryText(_ path: String) throws -> String {
    String(decoding: try Files.readAll(repository(path)), as: UTF8.self)
}

struct PagesTests {
    @Test
    func `manual pages are those that templates and programs make`() throws {
        let result = try run(program: "dlt-docs", arguments: ["--check", repository("man")])
        #expect(result.status == 0, "run scripts/man, and commit what it changes\n\(result)")
    }

    @Test(arguments: programs)
    func `a program has a page, in the usual order of sections`(program: String) throws {
        let page = try repositoryText("man/\(program).1")
        let sections = page.split(separator: "\n").filter { $0.hasPrefix(".SH ") }.map { String($0.dropFirst(4)) }
        // What people look for first comes first; sections on single topics stand between the options and the statuses.
        #expect(sections.prefix(5) == ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "OPTIONS"])
        #expect(sections.suffix(4) == ["EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"])
        for page in ["README.md", "man/dlt.7.in", "scripts/_common"] {
            #expect(try repositoryText(page).contains(program))
        }
    }

    @Test
    func `every page that is referred to exists`() throws {
        for name in try Files.list(repository("man")) where !name.hasSuffix(".in") {
            for line in try repositoryText("man/\(name)").split(separator: "\n") where line.hasPrefix(".BR dlt") {
                let words = line.split(separator: " ")
                let section = words[2].drop { $0 == "(" }.prefix { $0 != ")" }
                #expect(Files.exists(repository("man/\(words[1]).\(section)")), "\(name): \(line)")
            }
        }
    }
}
