import ArgumentParser
package import Destinations
import InspectionSupport
import ProgramSupport

/// `dlt-state`: shows what pipelines remember, and which packages wait in their spools.
package enum StateProgram {
    package static func main(_ destinations: [any Destination.Type]) -> Never {
        KnownDestinations.all = destinations
        Program.run(Root.self)
    }

    private struct Root: UsageAdvising, GuidedCommand {
        static let configuration = CommandConfiguration(
            commandName: "dlt-state",
            abstract: "Show and change the state of pipelines, and manage their load packages.",
            discussion: """
                Without a command the pipelines are listed.

                A change of state is a load package of its own: 'set' and 'reset' put one into the spool, the next run starts \
                from it, and the next dlt-load writes it to the destination. Until then it can be dropped.
                """,
            version: Version.text,
            subcommands: [
                PipelinesCommand.self, RunsCommand.self, RunCommand.self, PackagesCommand.self, ShowCommand.self,
                GetCommand.self, SetCommand.self, ResetCommand.self, PullCommand.self, PushCommand.self,
                MoveCommand.self, DropCommand.self,
            ], defaultSubcommand: PipelinesCommand.self)

        static let examples = [
            "dlt-state packages --pipeline github",
            "dlt-state runs --failed",
            "dlt-state get sources.github.resources.issues.incremental",
            "dlt-state reset --resource issues && dlt-load sqlite:///github.db --pending",
        ]

        static func advice(on arguments: [String], unexpected word: String) -> UsageAdvice? {
            return UsageAdvice(
                "'\(UsageAdvice.shown(word))' is not a command",
                hint:
                    "dlt-state alone lists the pipelines, dlt-state runs their runs, dlt-state packages their packages, dlt-state show what one remembers"
            )
        }
    }
}
