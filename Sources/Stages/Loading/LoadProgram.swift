import ArgumentParser
package import Destinations
import ProgramSupport

/// `dlt-load`: packages of the spool into a destination.
package enum LoadProgram {
    package static func main(_ destinations: [any Destination.Type]) -> Never {
        Command.destinations = destinations
        Program.run(Command.self)
    }

    private struct Command: ParsableCommand {
        /// Set once, before anything is parsed, on the only thread there is.
        nonisolated(unsafe) static var destinations: [any Destination.Type] = []

        static let configuration = LoadOptions.configuration

        @OptionGroup var options: LoadOptions

        func run() throws { try options.run(destinations: Command.destinations) }
    }
}
