import JSONText
import TestSupport
import Testing

/// Where cases are loaded, what is expected there, and how one looks at it without our programs.
protocol ConformancePlace: Sendable {
    var name: String { get }

    /// The cases that say something about it, as they are there.
    var cases: [ConformanceCase] { get }

    /// What names a place in the folder on dlt-load's command line.
    func arguments(_ work: WorkDirectory) -> [String]

    /// What is there; nil when there is nothing.
    func dump(_ work: WorkDirectory) throws -> Dump?

    /// What the steps of a case must leave, before the order of rows is forgotten where it does not count.
    func expectation(of conformance: ConformanceCase) throws -> [JSONValue]
}

/// A case at one of its places, as the argument of a test.
struct PlacedCase: Sendable, CustomTestStringConvertible {
    let place: any ConformancePlace
    let conformance: ConformanceCase

    var testDescription: String { "\(place.name): \(conformance.name)" }

    static let all: [PlacedCase] = {
        let places: [any ConformancePlace] = [SQLitePlace()] + (DuckDBLibrary.isThere ? [DuckDBPlace()] : [])
        return places.flatMap { place in place.cases.map { PlacedCase(place: place, conformance: $0) } }
    }()
}
