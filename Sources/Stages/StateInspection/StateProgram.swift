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

    private struct Root: UsageAdvising {
        static let configuration = CommandConfiguration(
            commandName: "dlt-state",
            abstract: "Show and change the state of pipelines, and look after their load packages.",
            discussion: """
                Without a command the pipelines are listed.

                A change of state is a load package of its own: `set` and `reset` put one into the spool, the next run starts \
                from it, and the next dlt-load writes it to the destination. Until then it can be dropped.

                EXAMPLES
                  dlt-state pipelines
                  dlt-state packages --pipeline github
                  dlt-state get sources.github.resources.issues.incremental
                  dlt-state set sources.github.resources.issues.page 1
                  dlt-state reset --resource issues && dlt-load sqlite:///github.db --pending
                  dlt-state pull sqlite:///github.db --pipeline github
                  dlt-state move postgresql://me@db/warehouse --pipeline github

                EXIT STATUS

                """ + ExitStatus.table,
            version: Version.text,
            subcommands: [
                PipelinesCommand.self, PackagesCommand.self, ShowCommand.self, GetCommand.self, SetCommand.self,
                ResetCommand.self, PullCommand.self, PushCommand.self, MoveCommand.self, DropCommand.self,
            ], defaultSubcommand: PipelinesCommand.self)

        static func advice(on arguments: [String], unexpected word: String) -> UsageAdvice? {
            return UsageAdvice(
                "'\(UsageAdvice.shown(word))' is not a command",
                hint:
                    "dlt-state alone lists the pipelines, dlt-state packages their packages, dlt-state show what one remembers"
            )
        }
    }
}
