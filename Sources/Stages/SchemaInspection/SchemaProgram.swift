package import ArgumentParser
package import Destinations
import Failures
import InspectionSupport
import ProgramSupport

/// `dlt-schema`: prints the tables of pipelines as documents, diagrams and SQL.
package enum SchemaProgram {
    /// - Parameter alert: the command that sends changes to people, a stage of its own.
    package static func main<Alert: ParsableCommand>(
        _ destinations: [any Destination.Type], alert: Alert.Type
    ) -> Never {
        KnownDestinations.all = destinations
        Program.run(Root<Alert>.self)
    }

    private struct Root<Alert: ParsableCommand>: UsageAdvising, GuidedCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "dlt-schema",
                abstract: "Show, compare, export, import and check the schemas of pipelines.",
                discussion: """
                    A schema is named by a pipeline, by a file (YAML or JSON, - for standard input, or the folder of a load package), \
                    or by the URL of a destination. 'diff' ends with 1 when the schemas differ.
                    """,
                version: Version.text,
                subcommands: [
                    ShowCommand.self, ListCommand.self, DiffCommand.self, HistoryCommand.self, ExportCommand.self,
                    ImportCommand.self, ValidateCommand.self, Alert.self,
                ])
        }

        static var examples: [String] {
            [
                "dlt-schema show --pipeline github",
                "dlt-schema diff github.schema.yaml sqlite:///github.db",
                "dlt-schema validate order.schema.json orders.ndjson",
            ]
        }

        static func advice(on arguments: [String], unexpected word: String) -> UsageAdvice? {
            // The URL of a local file has no password.
            let place = DatabaseFile.url(of: word).map { ShellWord.quoted($0) } ?? UsageAdvice.command([word])
            let others = UsageAdvice.command(Array(arguments.dropFirst()))
            return UsageAdvice(
                "'\(UsageAdvice.shown(word))' is not a command",
                hint: "dlt-schema show \(place)\(others.isEmpty ? "" : " \(others)")")
        }
    }
}
