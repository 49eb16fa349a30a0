import JSONText
import Normalization
import SystemIO
import TestSupport
import Testing

struct RejectsTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    /// The row before the first one that is left out ends far to the right of it.
    @Test(arguments: [1, 3])
    func `each row of a table that a contract leaves out is set aside once, as it is`(workers: Int) throws {
        let items = (0..<300).map { "{\"m\":\($0)}" }.joined(separator: ",")
        let known = "{\"k\":\"a\",\"items\":[\(items)]}"
        let new = (1...3).map { "{\"k\":\"b\",\"id\":\($0)}" }
        var request = fixture.request(.tableFrom("k"))
        request.pipeline = "p"
        try fixture.normalize(known + "\n", request)

        let path = fixture.folder.path("rejects")
        request.rejects = try Rejects(path)
        request.hints.contract = ["tables": "discard_row"]
        let result = try fixture.normalize(([known] + new).map { $0 + "\n" }.joined(), request, workers: workers)
        let rejects = try Files.readAll(path).split(separator: 0x0A).map { try JSONValue(parsing: Array($0)) }
        #expect(rejects.map { $0["text"]?.stringValue } == new)
        #expect(rejects.map { $0["line"]?.intValue } == [2, 3, 4])
        #expect(result.rejected == 3)
    }
}
