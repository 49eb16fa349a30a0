package import DestinationKinds

/// The connectors that this program is built with.
package enum KnownDestinations {
    /// Set once by the program's main, before anything is parsed, while there is only one thread.
    nonisolated(unsafe) package static var all: [any Destination.Type] = []

    package static var kinds: [DestinationKind] { all.map { $0.kind } }

    /// The beginnings of URLs, as users write them: `sqlite://, postgresql://, duckdb://, md:`.
    package static var beginnings: String {
        kinds.flatMap { kind in
            kind.schemes.map { $0 + (kind.opaqueSchemes.contains($0) ? ":" : "://") }
        }.joined(separator: ", ")
    }

    /// The connector that serves a URL.
    package static func type(for url: DestinationURL) -> (any Destination.Type)? {
        all.first { $0.kind.schemes.contains(url.scheme) }
    }
}
