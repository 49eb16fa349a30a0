package import Destinations
import ProgramSupport

/// A destination named on the command line, opened by the connector that serves its scheme.
package enum Connection {
    /// Set once, before anything is parsed, on the only thread there is.
    nonisolated(unsafe) package static var destinations: [any Destination.Type] = []

    package static func open(
        _ text: String, dataset: String?, pipeline: String, access: DestinationAccess
    ) throws -> any Destination {
        let schemes = destinations.flatMap { $0.schemes }
        guard let url = DestinationURL(text) else {
            throw ProgramError(
                .usage, "unable to use '\(DestinationURL.masked(text))': it is not a URL",
                hint: "it looks like sqlite:///path/to/file.db")
        }
        guard let type = destinations.first(where: { $0.schemes.contains(url.scheme) }) else {
            throw ProgramError(
                .usage, "unable to use \(url.masked): there is no connector for '\(url.scheme)'",
                hint: "there are: \(schemes.joined(separator: ", "))")
        }
        return try type.init(DestinationTarget(url: url, dataset: dataset, pipeline: pipeline), access: access)
    }
}

extension Connection {
    /// A destination that is only asked for its SQL, by its scheme. It is opened on a place where there is nothing.
    package static func printer(_ scheme: String, pipeline: String) throws -> any Destination {
        guard destinations.contains(where: { $0.schemes.contains(scheme) }) else {
            throw ProgramError(
                .usage, "unable to write SQL for '\(scheme)': there is no such dialect",
                hint: "there are: \(destinations.flatMap { $0.schemes }.joined(separator: ", "))")
        }
        return try open("\(scheme):////.dlt-schema-prints-only", dataset: nil, pipeline: pipeline, access: .read)
    }
}
