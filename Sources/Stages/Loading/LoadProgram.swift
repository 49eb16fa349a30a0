package import Destinations
import ProgramSupport

/// `dlt-load`: packages of the spool into a destination.
package enum LoadProgram {
    package static func main(_ destinations: [any Destination.Type]) -> Never {
        KnownDestinations.all = destinations
        // Which options there are depends on the destination; where no argument names one, it is the common ones.
        let named = CommandLine.arguments.dropFirst().compactMap { DestinationURL($0) }
            .compactMap { KnownDestinations.type(for: $0) }.first
        guard let type = named ?? destinations.first else { preconditionFailure("a program without destinations") }
        run(type)
    }

    private static func run<Target: Destination>(_: Target.Type) -> Never { Program.run(LoadCommand<Target>.self) }
}
