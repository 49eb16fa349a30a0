package import Destinations
import ProgramSupport
import SystemIO

/// `dlt-load`: loads packages of the spool into a destination.
package enum LoadProgram {
    package static func main(_ destinations: [any Destination.Type]) -> Never {
        KnownDestinations.all = destinations
        // The options depend on the destination, which is certain only after parsing: an option's value may look like
        // one. If no argument names a destination, only the common options exist.
        let named = ProcessArguments.all.dropFirst().compactMap { DestinationURL($0) }
            .compactMap { KnownDestinations.type(for: $0) }.first
        guard let type = named ?? destinations.first else { preconditionFailure("a program without destinations") }
        run(type)
    }

    static func run<Target: Destination>(_: Target.Type) -> Never { Program.run(LoadCommand<Target>.self) }
}
