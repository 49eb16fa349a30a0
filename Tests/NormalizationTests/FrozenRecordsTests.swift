import JSONText
import LoadPackages
import Normalization
import ProgramSupport
import Schemas
import TestSupport
import Testing

/// One rule says what fits a schema: to the run that is frozen, and to who asks beforehand.
struct FrozenRecordsTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private static let known =
        #"{"id":1,"name":"a","score":1.5,"at":"2024-01-01T00:00:00Z","o":{"x":1},"tags":["a"],"lines":[{"q":1}]}"#

    @Test(arguments: [
        (known, []), (#"{"id":2}"#, []), ("{}", []), (#"{"id":"3"}"#, []), (#"{"id":null,"o":null,"tags":[]}"#, []),
        (#"{"name":5}"#, []), (#"{"id":"three"}"#, ["t.id"]), (#"{"colour":"red"}"#, ["t.colour"]),
        (#"{"id":1.5,"colour":1,"o":{"y":1}}"#, ["t.id", "t.colour", "t.o__y"]), (#"{"o":5}"#, ["t.o"]),
        (#"{"name":["a"]}"#, ["t__name"]), (#"{"lines":[{"q":"x"},{"z":1}]}"#, ["t__lines.q", "t__lines.z"]),
        (#"{"at":"soon"}"#, ["t.at"]), (#"{"tags":["a",{"b":1}]}"#, ["t__tags.b"]), (#"{"new":null}"#, []),
        (#"{"new":[{"a":[1]}]}"#, ["t__new"]),
    ])
    func `what a frozen run refuses is found beforehand, and nothing else`(record: String, places: [String]) throws {
        var request = fixture.request(.table("t"))
        let schema = try fixture.package(try fixture.normalize(Self.known + "\n", request)).schema
        let table = try #require(schema[table: "t"])
        let records = try FrozenRecords(schema, table: table)
        let problems = try Array(record.utf8).withUnsafeBufferPointer { try records.problems(in: $0, line: 1) }
        #expect(
            problems.map { [$0.table, $0.column].compactMap { $0 }.joined(separator: ".") } == places, "\(problems)")
        request.hints.contract = "freeze"
        let refused = Result { try fixture.normalize(record + "\n", request) }
        switch refused {
        case .success: #expect(places.isEmpty)
        case .failure(let error):
            let error = try #require(ProgramError(of: error))
            let first = try #require(problems.first)
            #expect(error.status == .data && error.message.contains(first.reason), "\(error.message)")
        }
    }
}
