import Failures
import Testing

@testable import ProgramSupport

struct UsageTests {
    @Test(
        arguments: [
            ("package", "packages"), ("file", "files"), ("filse", "files"), ("--tabel", "--table"),
            ("--pipelin", "--pipeline"),
            ("--write-dispostion", "--write-disposition"), ("--write_disposition", "--write-disposition"),
            ("shwo", "show"),
            ("status", nil), ("users.jsonl", nil), ("x", nil), ("--out", nil), ("", nil),
        ] as [(String, String?)])
    func `the nearest word is found where one is near`(word: String, near: String?) {
        let words = [
            "packages", "pipelines", "files", "exec", "rest", "show", "--table", "--pipeline", "--write-disposition",
            "--quiet",
        ]
        #expect(NearestWord.of(word, among: words) == near)
    }

    @Test(arguments: [
        ("users.jsonl", "users.jsonl"), ("my file", "'my file'"), ("it's", "'it'\\''s'"), ("a*.csv", "'a*.csv'"),
        ("", "''"),
        ("sqlite:///a.db", "sqlite:///a.db"), ("x;rm", "'x;rm'"), ("$HOME", "'$HOME'"), ("日本", "日本"),
    ])
    func `words are quoted where a shell would read them otherwise`(text: String, quoted: String) {
        #expect(ShellWord.quoted(text) == quoted)
    }

    @Test(arguments: [
        ("u:secret@h/x", "URL"), ("postgresql://h/x?password=y", "URL"), ("postgresql:/h", "URL"),
        ("postgresql://h/x?\u{301}password=y", "URL"), ("log?.jsonl", "log?.jsonl"), ("a=b", "a=b"),
        ("x/y.json", "x/y.json"), ("sqlite:///a.db", "sqlite:///a.db"), ("sqlite:///a.db?password=y", "URL"),
    ])
    func `what may hold a password is not repeated`(word: String, shown: String) {
        #expect(UsageAdvice.shown(word) == shown)
    }

    @Test func `a status is a failure unless the work was done`() {
        #expect([0, 3, 10].allSatisfy { !ExitStatus.isFailure($0) })
        #expect([64, 65, 75, 78, 130, 137, 1].allSatisfy { ExitStatus.isFailure($0) })
    }
}
