import ArgumentParser
import DestinationKinds

/// A kind of destination by its name, for its limits.
struct DestinationName: ExpressibleByArgument, Sendable {
    let kind: DestinationKind

    init?(argument: String) {
        guard let kind = DestinationKind.all.first(where: { $0.name == argument }) else { return nil }
        self.kind = kind
    }

    static var allValueStrings: [String] { DestinationKind.all.map(\.name) }
}
