package import Destinations
import ProgramSupport

/// `dlt-load`: packages of the spool into a destination.
package enum LoadProgram {
    package static func main(_ destinations: [any Destination.Type]) -> Never {
        KnownDestinations.all = destinations
        // Which options there are depends on the destination, which is known for sure when they have been parsed: an option's value may
        // look like one. Where no argument names a destination, there are the common options.
        let named = CommandLine.arguments.dropFirst().compactMap { DestinationURL($0) }
            .compactMap { KnownDestinations.type(for: $0) }.first
        guard let type = named ?? destinations.first else { preconditionFailure("a program without destinations") }
        run(type)
    }

    static func run<Target: Destination>(_: Target.Type) -> Never { Program.run(LoadCommand<Target>.self) }
}
