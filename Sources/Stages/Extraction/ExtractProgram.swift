import ArgumentParser
import ProgramSupport
package import RecordSources
import RecordStreams
import SystemIO

/// `dlt-extract`: any source in, one native record stream out.
package enum ExtractProgram {
    package static func main(_ sources: [any RecordSource.Type]) -> Never {
        Root.sources = sources.map { command(of: $0) }
        Program.run(Root.self)
    }

    private static func command<Source: RecordSource>(of _: Source.Type) -> any ParsableCommand.Type {
        ExtractCommand<Source>.self
    }

    private struct Root: UsageAdvising, PipedProgram {
        /// Set once, before anything is parsed, on the only thread there is.
        nonisolated(unsafe) static var sources: [any ParsableCommand.Type] = []

        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "dlt-extract",
                abstract: "Read records from a source and write them to stdout as a stream for dlt-normalize.",
                discussion: """
                    EXAMPLES
                      dlt-extract files --new 'movies-*.json.gz' | dlt-normalize | dlt-load sqlite:///movies.db
                      dlt-extract exec -- python3 my_generator.py | dlt-normalize | dlt-load sqlite:///app.db

                    EXIT STATUS

                    """ + ExitStatus.table,
                version: Version.text, subcommands: sources)
        }

        /// A word where a source is expected is mostly the file that is meant.
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
            // When nobody reads, nobody has to be told.
            try? StreamWriter(BufferedWriter(output)).writeEnd(exitStatus: Int(status.rawValue), more: false)
        }
    }
}
