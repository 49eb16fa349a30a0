import ArgumentParser
import DestinationKinds
package import Destinations
import Failures
import ProgramSupport
import SystemIO

/// A destination named on the command line, opened by the connector that serves its scheme.
package enum Connection {
    /// - Parameters:
    ///   - dataDirectory: the folder of spools, where a destination without tables of its own keeps its records; nil if it has some.
    ///   - lockTimeout: seconds to wait for another program's lock.
    package static func open(
        _ text: String, dataset: String?, pipeline: String, dataDirectory: String?, lockTimeout: Double = 60
    ) throws -> any Destination {
        guard let url = DestinationURL(text) else {
            throw ProgramError(
                .usage, "unable to use '\(DestinationURL.masked(text))': it is not a URL",
                hint: "it looks like sqlite:///path/to/file.db")
        }
        guard let type = KnownDestinations.type(for: url) else {
            throw ProgramError(
                .usage, "unable to use \(url.masked): there is no connector for '\(url.scheme)'",
                hint: "there are: \(KnownDestinations.beginnings)")
        }
        return try make(
            type,
            DestinationTarget(
                url: url, dataset: dataset, pipeline: pipeline, lockTimeout: lockTimeout, dataDirectory: dataDirectory))
    }

    /// The same for one that is only read: a folder that does not exist holds nothing, and is not to be created.
    package static func openForReading(
        _ text: String, dataset: String?, pipeline: String, dataDirectory: String?, lockTimeout: Double = 60
    ) throws -> any Destination {
        do {
            return try open(
                text, dataset: dataset, pipeline: pipeline, dataDirectory: dataDirectory, lockTimeout: lockTimeout)
        } catch let error as DestinationError where error.kind == .cannotCreate {
            throw DestinationError(
                .noInput, error.message, hint: "correct the URL; a relative path starts at the current folder")
        }
    }

    /// The file of a destination that is a file but does not exist; nil otherwise.
    package static func missingFile(of destination: any Destination) -> String? {
        let location = destination.location
        guard let kind = [DestinationKind.sqlite, .duckdb].first(where: { location.hasPrefix("\($0.name):///") }) else {
            return nil
        }
        let path = String(location.dropFirst("\(kind.name):///".count))
        return Files.exists(path) ? nil : path
    }

    private static func make<Kind: Destination>(
        _: Kind.Type, _ target: DestinationTarget
    ) throws -> any Destination { try Kind(target, Kind.Options.parse([])) }

    /// The connector that prints SQL of this name.
    package static func dialect(_ name: String) throws -> any TableDefining.Type {
        let defining = KnownDestinations.all.compactMap { $0 as? any TableDefining.Type }
        guard let type = defining.first(where: { $0.kind.name == name || $0.kind.schemes.contains(name) }) else {
            throw ProgramError(
                .usage, "unable to write SQL for '\(name)': there is no such dialect",
                hint: "there are: \(defining.flatMap { $0.kind.schemes }.joined(separator: ", "))")
        }
        return type
    }
}
