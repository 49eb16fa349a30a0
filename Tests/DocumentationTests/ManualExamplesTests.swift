import SystemIO
import TestSupport
import Testing

/// The examples of the manual that can run without a network are run, one after the other in one folder for each page.
struct ManualExamplesTests {
    @Test(arguments: try pages())
    func `the examples of a manual page run`(page: String) throws {
        let examples = Example.manual(try repositoryText("man/\(page)"))
        let folder = try WorkDirectory()
        try Self.prepare(folder)
        for example in examples {
            let result = try runShell(
                example.script,
                environment: [
                    "DLT_DATA_DIR": folder.path("data"), "HOME": folder.path,
                    "PATH": folder.path("bin") + ":/usr/local/bin:/usr/bin:/bin",
                ], currentDirectory: folder.path)
            #expect(
                result.status == example.status && !result.stderr.contains("command not found"),
                "man/\(page), line \(example.line): \(example.script)\n\(result)")
        }
    }

    @Test
    func `the configurations of dlt-rest are valid`() throws {
        let examples = Example.configurations(try repositoryText("man/dlt-rest.5.in"))
        #expect(examples.count > 10)
        let folder = try WorkDirectory()
        for example in examples {
            let path = try folder.write("example.yaml", example.script)
            let result = try run(
                program: "dlt-extract", arguments: ["rest", "--check", path],
                environment: ["GITHUB_TOKEN": "token", "KEY": "key", "HOME": folder.path])
            #expect(result.status == 0, "man/dlt-rest.5.in, line \(example.line): \(example.script)\n\(result)")
        }
    }

    @Test
    func `a manual page quotes files as they are`() throws {
        var quoted = 0
        for page in try Files.list(repository("man")) where page.hasSuffix(".in") {
            for (path, block) in Example.quotations(try repositoryText("man/\(page)")) {
                let lines = Set(try repositoryText(path).split(separator: "\n"))
                for line in block.split(separator: "\n") {
                    #expect(lines.contains(line), "man/\(page) quotes \(path), which has no line \(line)")
                    quoted += 1
                }
            }
        }
        #expect(quoted > 5)
    }

    @Test
    func `a line of an example fits a terminal of 80 columns`() throws {
        for page in try Files.list(repository("man")) where page.hasSuffix(".in") {
            var isInside = false
            for (number, line) in try repositoryText("man/\(page)").split(
                separator: "\n", omittingEmptySubsequences: false
            ).enumerated() {
                if line == ".EX" || line == ".EE" { isInside = line == ".EX" }
                // The page indents it by seven.
                let width = line.replacing(#"\-"#, with: "-").replacing(#"\e"#, with: "\\").count
                #expect(!isInside || width <= 73, "man/\(page), line \(number + 1), has \(width) characters")
            }
        }
    }

    /// The templates that have such examples.
    private static func pages() throws -> [String] {
        try Files.list(repository("man")).filter { name in
            guard name.hasSuffix(".in") else { return false }
            return try repositoryText("man/\(name)").contains(#".\" run"#)
        }
    }

    /// The files that the examples read, a server that answers, a generator, and a pipeline `github` that has run.
    private static func prepare(_ folder: WorkDirectory) throws {
        let users = """
            {"id": 1, "name": "Ada", "zip": "02134", "email": "ada@example.com", "phone": "1", "notes": "n", "card": "4111"}
            {"id": 2, "name": "Emil", "zip": "10115", "email": "emil@example.com", "address": {"phone": "2", "city": "Oslo"}}

            """
        for name in ["users.json", "users.jsonl", "users.ndjson", "new-users.jsonl"] { try folder.write(name, users) }
        let orders = #"{"number": 1, "lines": [{"article": "pen", "quantity": 2}]}"# + "\n"
        for name in ["orders.json", "orders.jsonl"] { try folder.write(name, orders) }
        try folder.write("orders.ndjson", orders + #"{"number": "two", "lines": []}"# + "\n")
        let model =
            #"{"title": "Order", "type": "object", "properties": {"number": {"type": "integer"}}, "additionalProperties": true}"#
        for name in ["order.schema.json", "printed.json"] { try folder.write(name, model) }
        try folder.write("issues.jsonl", #"{"id": 1, "updated_at": "2026-11-01T09:00:00Z"}"# + "\n")
        try folder.write("events.jsonl", #"{"id": 1, "at": "2026-06-07T09:00:00Z"}"# + "\n")
        try folder.write("events.ndjson", #"{"id": 1, "type": "push"}"# + "\n" + #"{"id": 2, "type": "fork"}"# + "\n")
        try folder.write("visits.ndjson", #"{"visits": 7}"# + "\n")
        try folder.write(".dlt-hash-key", "0123456789abcdef0123456789abcdef")
        try folder.write("rows.ndjson", #"{"n": 1}"# + "\n")
        for day in 1...2 { try folder.write("log/\(day).jsonl", #"{"day": \#(day)}"# + "\n") }
        try folder.write("movies-2026.json.gz", try Files.readAll(repository("samples/orders-2026-10.jsonl.gz")))
        let programs = [
            "bin/curl": #"echo '{"data": {"jobs": [{"id": 1}]}}'"#, "bin/dot": "cat",
            "bin/python3": #"case $1 in -c) cat printed.json ;; *) echo '{"n": 1}' ;; esac"#,
            "events": #"echo "{\"day\": \"$2\"}""#,
        ]
        for (name, script) in programs {
            let path = try folder.write(name, "#!/bin/sh\n\(script)\n")
            #expect(try run(argv: ["chmod", "+x", path], stdin: []).status == 0)
        }
        let made = try runShell(
            """
            set -e
            dlt-extract files issues.jsonl --new --resource issues --pipeline github | dlt-normalize | dlt-load sqlite:///github.db
            dlt-extract files orders.jsonl --resource orders --pipeline orders | dlt-normalize | dlt-load sqlite:///shop.db
            dlt-extract files users.jsonl --resource users --pipeline schema | dlt-normalize | dlt-load sqlite:///schema.db
            dlt-schema export --pipeline schema > users.schema.yaml
            """, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
        #expect(made.status == 0, "\(made)")
    }
}
