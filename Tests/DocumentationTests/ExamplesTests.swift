import SystemIO
import TestSupport
import Testing

/// The examples of README.md and the tutorials that are marked as `sh run` are run, one after the other in one folder for each
/// page, by bash. A block `text output` after one is what it prints to standard output.
struct ExamplesTests {
    @Test
    func `the examples of the README do what it says`() throws {
        let folder = try WorkDirectory()
        for sample in try Files.list(repository("samples")) {
            let bytes = try Files.readAll(repository("samples/\(sample)"))
            try folder.write("samples/\(sample)", bytes)
        }
        try Self.prepare(folder)
        try Self.check("README.md", in: folder)
    }

    @Test(arguments: (try? Files.list(repository("tutorials"))) ?? [])
    func `a tutorial does what it says`(page: String) throws {
        try Self.check("tutorials/\(page)", in: try WorkDirectory())
    }

    private static func check(_ page: String, in folder: WorkDirectory) throws {
        let examples = Example.markdown(try repositoryText(page))
        #expect(!examples.isEmpty)
        for example in examples {
            let result = try runShell(
                "set -e\n" + example.script,
                environment: [
                    "DLT_DATA_DIR": folder.path("data"), "PATH": folder.path("bin") + ":/usr/local/bin:/usr/bin:/bin",
                ], currentDirectory: folder.path)
            #expect(result.status == 0, "\(page), line \(example.line): \(example.script)\n\(result)")
            if let output = example.output {
                #expect(result.stdout == output, "\(page), line \(example.line): \(example.script)\n\(result)")
            }
        }
    }

    /// What the examples take for granted: files, a generator, and a server that answers.
    private static func prepare(_ folder: WorkDirectory) throws {
        try folder.write("movies-2026.json.gz", try Files.readAll(repository("samples/orders-2026-10.jsonl.gz")))
        try folder.write("users.ndjson", "{\"id\": 1, \"name\": \"Ada\"}\n{\"id\": 2, \"name\": \"Emil\"}\n")
        for day in 1...3 {
            let lines = (0..<900).map { "{\"day\": \(day), \"line\": \($0)}\n" }
            try folder.write("log/\(day).jsonl", lines.joined())
        }
        let programs = [
            "bin/curl": #"echo '[{"id": 1, "roles": ["admin"]}]'"#, "bin/python3": #"echo '{"n": 1}'"#,
            "events": #"echo "{\"day\": \"$2\"}""#,
        ]
        for (name, script) in programs {
            let path = try folder.write(name, "#!/bin/sh\n\(script)\n")
            #expect(try run(argv: ["chmod", "+x", path], stdin: []).status == 0)
        }
    }
}
