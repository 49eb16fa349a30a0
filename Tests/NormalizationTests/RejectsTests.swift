import JSONText
import LoadPackages
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
        request.rejects = try LineTarget(path)
        request.hints.contract = ["tables": "discard_row"]
        let result = try fixture.normalize(([known] + new).map { $0 + "\n" }.joined(), request, workers: workers)
        let rejects = try Files.readAll(path).split(separator: 0x0A).map { try JSONValue(parsing: Array($0)) }
        #expect(try rejects.map { $0["record"] } == new.map { try JSONValue(parsing: $0) })
        #expect(rejects.map { $0["line"]?.intValue } == [2, 3, 4])
        #expect(result.rejected == 3)
    }

    private func lines(_ path: String) throws -> [JSONValue] {
        try Files.readAll(path).split(separator: 0x0A).map { try JSONValue(parsing: Array($0)) }
    }

    private func request(_ name: String) throws -> (NormalizeRequest, path: String) {
        var request = fixture.request(.table("t"))
        request.pipeline = "p"
        let path = fixture.folder.path(name)
        request.rejects = try LineTarget(path)
        request.events = try LineTarget(path + ".events")
        request.hints.contract = ["data_type": "discard_value", "columns": "discard_row"]
        return (request, path)
    }

    @Test func `each line tells when, what and where, with the whole record`() throws {
        let (request, path) = try request("rejects")
        let good = "{\"i\":1,\"l\":[{\"q\":1}]}"
        let bad = "{\"i\":2,\"l\":[{\"q\":1},{\"q\":\"x y\"}]}"
        let result = try fixture.normalize("\(good)\n\n\(bad)\nNaN\n{\"i\":3,\"new\":1}\n", request)
        let id = try #require(result.outcomes.first?.package?.loadID)
        let rejects = try lines(path)
        #expect(rejects.count == 2 && result.rejected == 2, "\(rejects)")
        for reject in rejects {
            #expect(reject["time"]?.stringValue?.hasSuffix("Z") == true && reject["pipeline"] == "p")
            #expect(reject["load_id"]?.stringValue == id.text)
        }
        #expect(rejects[0]["record"] == (try JSONValue(parsing: bad)) && rejects[0]["line"] == 3)
        #expect(rejects[0]["place"] == "line 3 of standard input")
        #expect(rejects[0]["path"] == "l[1].q" && rejects[0]["value"] == "x y")
        #expect(rejects[0]["table"] == "t__l" && rejects[0]["column"] == "q")
        #expect(rejects[0]["reason"]?.stringValue?.contains("got text \"x y\" at l[1].q") == true)
        #expect(rejects[1]["text"] == "NaN" && rejects[1]["line"] == 4 && rejects[1]["record"] == nil)
        let events = try lines(path + ".events").filter { $0["event"] == "contract_violated" }
        #expect(events.count == 1 && events[0]["load_id"]?.stringValue == id.text && events[0]["path"] == "l[1].q")
    }

    @Test func `runs add to the files, and a run that publishes nothing adds only why`() throws {
        let (request, path) = try request("rejects")
        for number in 1...3 { try fixture.normalize("{\"i\":\(number)}\n{\"i\":\"x\"}\n", request) }
        #expect(try lines(path).count == 3)
        #expect(Set(try lines(path).map { $0["load_id"]?.stringValue }).count == 3)
        let before = try lines(path + ".events").count
        var frozen = request
        frozen.hints.contract = "freeze"
        #expect(throws: (any Error).self) { try fixture.normalize("{\"i\":1}\nNaN\n{\"i\":\"x\"}\n", frozen) }
        #expect(try lines(path).count == 3)
        let events = try lines(path + ".events")
        #expect(events.count == before + 1 && events.last?["mode"] == "freeze" && events.last?["record"] == ["i": "x"])
    }

    @Test func `what could not be appended is appended by the next run, once`() throws {
        let (request, path) = try request("rejects")
        try fixture.normalize("{\"i\":1}\n", request)
        try Files.remove(path)
        try Files.makeDirectory(path)
        #expect(throws: (any Error).self) { try fixture.normalize("{\"i\":2}\n{\"i\":\"x\"}\n", request) }
        #expect(try fixture.waiting().count == 2, "it was published all the same")
        try Files.removeTree(path)
        try fixture.normalize("{\"i\":3}\n", fixture.request(.table("t")).named("p"))
        #expect(try lines(path).map { $0["record"] } == [["i": "x"]])
        try fixture.normalize("{\"i\":4}\n", fixture.request(.table("t")).named("p"))
        #expect(try lines(path).count == 1)
    }

    @Test func `what a cut stream gives up is not set aside`() throws {
        let path = fixture.folder.path("rejects")
        let bad = "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":{\"i\":NaN}}"
        try fixture.stream([header(), schema()] + records(1...1) + [bad, state(1), bad]) {
            $0.rejects = try? LineTarget(path)
        }
        #expect(try lines(path).map { $0["text"] } == ["{\"i\":NaN}"])
    }
}

extension NormalizeRequest {
    fileprivate func named(_ pipeline: String) -> NormalizeRequest {
        var request = self
        request.pipeline = pipeline
        return request
    }
}
