import ArgumentParser
import ProgramSupport

/// `dlt-init`: makes files that a person then owns.
package enum InitProgram {
    package static func main() -> Never { Program.run(Root.self) }

    private struct Root: UsageAdvising, GuidedCommand {
        static let configuration = CommandConfiguration(
            commandName: "dlt-init",
            abstract: "Make configurations, mocks and jobs from descriptions of APIs.",
            discussion: """
                What it writes is a beginning, with the reason of each decision, for a person to read and to change. It never calls the \
                API that it describes, and the same input always makes the same files.
                """,
            version: Version.text, subcommands: [RESTCommand.self, MockCommand.self, PipelineCommand.self])

        static let examples = [
            "dlt-init rest openapi.yaml -o shop.yaml",
            "dlt-extract rest shop.yaml --check",
        ]

        static func advice(on arguments: [String], unexpected word: String) -> UsageAdvice? {
            guard ["json", "yaml", "yml"].contains(word.split(separator: ".").last.map(String.init) ?? "") else {
                return nil
            }
            return UsageAdvice(
                "'\(UsageAdvice.shown(word))' is not a command",
                hint: "dlt-init rest \(UsageAdvice.command(arguments))")
        }
    }
}
