package import DestinationKinds

/// The connectors that this program is built with.
package enum KnownDestinations {
    /// Set once by the program's main, before anything is parsed, on the only thread there is.
    nonisolated(unsafe) package static var all: [any Destination.Type] = []

    package static var kinds: [DestinationKind] { all.map { $0.kind } }

    /// `sqlite, postgresql, postgres`.
    package static var schemes: [String] { kinds.flatMap(\.schemes) }

    /// The connector that serves a URL.
    package static func type(for url: DestinationURL) -> (any Destination.Type)? {
        all.first { $0.kind.schemes.contains(url.scheme) }
    }
}
