import ArgumentParser
import ProgramSupport
package import RecordSources

/// `dlt-extract`: any source in, one native record stream out.
package enum ExtractProgram {
    package static func main(_ sources: [any RecordSource.Type]) -> Never {
        Root.sources = sources.map { command(of: $0) }
        Program.run(Root.self)
    }

    private static func command<Source: RecordSource>(of _: Source.Type) -> any ParsableCommand.Type {
        ExtractCommand<Source>.self
    }

    private struct Root: ParsableCommand {
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
    }
}
