import SystemIO
import TestSupport
import Testing

/// The examples of README.md that are marked as `sh run` are run, one after the other in one folder, by bash. A block
/// `text output` after one is what it prints to standard output; load ids and times in it may differ.
struct ExamplesTests {
    @Test
    func `the examples of the README do what it says`() throws {
        let folder = try WorkDirectory()
        for sample in try Files.list(repository("samples")) {
            let bytes = try Files.readAll(repository("samples/\(sample)"))
            try folder.write("samples/\(sample)", bytes)
        }
        let examples = Example.all(in: try repositoryText("README.md"))
        #expect(examples.count > 5)
        for example in examples {
            let result = try runShell(
                example.script, environment: ["DLT_DATA_DIR": folder.path("data")], currentDirectory: folder.path)
            #expect(result.status == 0, "line \(example.line): \(example.script)\n\(result)")
            if let output = example.output {
                #expect(result.stdout == output, "line \(example.line): \(example.script)\n\(result)")
            }
        }
    }

    struct Example {
        var line: Int
        var script = ""
        var output: String?

        static func all(in text: String) -> [Example] {
            var examples: [Example] = []
            var fence: Substring?
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                if line.hasPrefix("```") {
                    fence = fence == nil ? line.dropFirst(3) : nil
                    if fence == "sh run" { examples.append(Example(line: number + 1)) }
                    if fence == "text output", !examples.isEmpty { examples[examples.count - 1].output = "" }
                } else if fence == "sh run" {
                    examples[examples.count - 1].script += line + "\n"
                } else if fence == "text output", !examples.isEmpty {
                    examples[examples.count - 1].output?.append(line + "\n")
                }
            }
            return examples
        }
    }
}
