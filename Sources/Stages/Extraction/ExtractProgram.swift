import ArgumentParser
import ProgramSupport
package import RecordSources
import RecordStreams
import SystemIO

/// `dlt-extract`: reads any source and writes one native record stream.
package enum ExtractProgram {
    package static func main(_ sources: [any RecordSource.Type]) -> Never {
        Root.sources = sources.map { command(of: $0) }
        Program.run(Root.self)
    }

    private static func command<Source: RecordSource>(of _: Source.Type) -> any ParsableCommand.Type {
        ExtractCommand<Source>.self
    }

    private struct Root: UsageAdvising, PipedProgram, GuidedCommand {
        /// Set once, before anything is parsed, while there is only one thread.
        nonisolated(unsafe) static var sources: [any ParsableCommand.Type] = []

        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "dlt-extract",
                abstract: "Read records from a source and write them as a stream for dlt-normalize.",
                version: Version.text, subcommands: sources)
        }

        static let examples = [
            "dlt-extract files users.json | dlt-normalize | dlt-load sqlite:///app.db",
            "dlt-extract exec -- ./generator.py | dlt-normalize | dlt-load sqlite:///app.db",
        ]

        /// A word in place of a source is usually the file that the user means.
        static func advice(on arguments: [String], unexpected word: String) -> UsageAdvice? {
            let isFile = Files.exists(word) || word.utf8.contains { "./*?".utf8.contains($0) }
            guard isFile else { return nil }
            let isConfiguration = ["yaml", "yml", "toml"].contains(Paths.fileExtension(word).lowercased())
            return UsageAdvice(
                "'\(UsageAdvice.shown(word))' is not a command",
                hint: UsageAdvice.command(["dlt-extract", isConfiguration ? "rest" : "files"] + arguments))
        }

        static func failedToStart(_ status: ExitStatus) {
            let output = Descriptor.standardOutput
            guard output.isPipe else { return }
            // Without a reader there is no need to report it.
            try? StreamWriter(BufferedWriter(output)).writeEnd(exitStatus: Int(status.rawValue), more: false)
        }
    }
}
