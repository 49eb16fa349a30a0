import DestinationKinds
import SystemIO
import Testing

/// The destinations that the suite runs on.
enum DestinationCases {
    /// All that there are: one line each.
    private static let all: [any DestinationCase] = [
        SQLiteCase(),
        PostgreSQLCase(),
        DuckDBCase(),
        DuckLakeCase(),
    ]

    /// By `DLT_TEST_DESTINATIONS`, names with commas between them; all of them where it is not set.
    private static let wanted: [any DestinationCase] = {
        guard let names = Environment.get("DLT_TEST_DESTINATIONS"), !names.isEmpty else { return all }
        return all.filter { names.split(separator: ",").map(String.init).contains($0.title) }
    }()

    /// Those that can be tested here. Of the others there is one warning, for nobody should take a run for a complete one.
    static let present: [CaseArgument] = wanted.filter { destination in
        guard let absence = destination.absence else { return true }
        try? Descriptor.standardError.writeAll("warning: \(destination.title) is left out: \(absence)\n")
        return false
    }.map { CaseArgument(destination: $0) }
}

/// A destination as the argument of a test.
struct CaseArgument: Sendable, CustomTestStringConvertible {
    let destination: any DestinationCase

    var testDescription: String { destination.title }
}
