import DestinationKinds
import SystemIO
import Testing

/// The destinations that the suite runs on.
enum DestinationCases {
    /// All that there are: one line each.
    private static let all: [any DestinationCase] = [
        SQLiteCase(),
        PostgreSQLCase(),
    ]

    /// Those that can be tested here. Of the others there is one warning, for nobody should take a run for a complete one.
    static let present: [CaseArgument] = all.filter { destination in
        guard let absence = destination.absence else { return true }
        try? Descriptor.standardError.writeAll("warning: \(destination.kind.title) is left out: \(absence)\n")
        return false
    }.map { CaseArgument(destination: $0) }
}

/// A destination as the argument of a test.
struct CaseArgument: Sendable, CustomTestStringConvertible {
    let destination: any DestinationCase

    var testDescription: String { destination.kind.title }
}
