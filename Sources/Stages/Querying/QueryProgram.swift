import ArgumentParser
package import Destinations
import ProgramSupport

/// `dlt-query`: asks a dataset, and never changes it.
package enum QueryProgram {
    package static func main(_ destinations: [any Destination.Type]) -> Never {
        KnownDestinations.all = destinations
        Program.run(QueryCommand.self)
    }
}
