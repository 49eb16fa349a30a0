import SystemIO
import TestSupport
import Testing

/// Pages as people read them, on a terminal of 80 columns.
struct ManualWidthTests {
    /// The command that shows a page as text; nil on a machine without one.
    private static let viewer: [String]? = {
        let choices = [["man", "-l"], ["mandoc", "-T", "utf8", "-O", "width=80"]]
        return choices.first { (try? run(argv: ["sh", "-c", "command -v \($0[0])"], stdin: []))?.status == 0 }
    }()

    private static let pages = ((try? Files.list(repository("man"))) ?? []).filter { !$0.hasSuffix(".in") }

    @Test(.enabled(if: viewer != nil, "needs man or mandoc"), arguments: pages)
    func `a page fits a terminal`(page: String) throws {
        let viewer = try #require(Self.viewer)
        let result = try run(
            argv: viewer + [repository("man/\(page)")], stdin: [],
            environment: ["MANWIDTH": "80", "MANPAGER": "cat", "PAGER": "cat", "MANOPT": "", "GROFF_NO_SGR": "1"])
        #expect(result.status == 0 && result.stdout.count > 500, "\(result.stderr)")
        // groff says so when a table is wider than the line.
        #expect(!result.stderr.contains("wider than"), "\(result.stderr)")
        let wide = Self.plain(result.stdout).split(separator: "\n").filter { $0.count > 80 }
        #expect(wide.isEmpty, "\(wide.joined(separator: "\n"))")
    }

    /// Without letters that are struck twice.
    private static func plain(_ text: String) -> String {
        var plain: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars {
            if scalar == "\u{8}" { _ = plain.popLast() } else { plain.append(scalar) }
        }
        return plain.reduce(into: "") { $0.unicodeScalars.append($1) }
    }
}
