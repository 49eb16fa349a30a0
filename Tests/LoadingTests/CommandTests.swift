import Failures
import TestSupport
import Testing

/// Commands in hints mean the same to a shell.
@Suite struct CommandTests {
    @Test(arguments: [
        "plain", "with space", "it's", "$HOME", "a;b", "*", "`x`", "a\\b", "\"q\"", "", "é", "sqlite:////tmp/x.db",
        "a&b=c?d", "#x", "~",
        "-x", "{a,b}", "tab\there", "x!y", "(a)",
    ])
    func `a word comes back from a shell as it was`(_ word: String) throws {
        let result = try runShell("printf %s \(ShellWord.quoted(word))")
        #expect(result.stdout == word, "\(ShellWord.quoted(word)): \(result)")
    }
}
