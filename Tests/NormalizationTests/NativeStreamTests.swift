import JSONText
import LoadPackages
import Normalization
import PipelineStates
import ProgramSupport
import Schemas
import SystemIO
import TestSupport
import Testing

struct NativeStreamTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test func `a whole stream becomes a package with its state`() throws {
        let result = try fixture.stream(
            [header(), schema()] + records(1...3) + [state(1), end(["t": 3], states: 1)])
        #expect(try fixture.values(in: result) == ["1", "2", "3"])
        let package = try fixture.package(result)
        #expect(package.state == StateTree(sources: ["s": ["resources": ["t": ["page": 1]]]]))
        #expect(package.manifest.base.subtrees == ["[\"s\",\"t\"]": .null])
        #expect(!result.truncated && result.inputStatus == 0)
    }

    @Test(arguments: [1, 2, 3, 5, 1000], [1, 7])
    func `a stream that breaks off keeps what its last STATE covers`(fileRows: Int, bufferRows: Int) throws {
        // Job files before, at and after the cut, written or still buffered.
        let lines =
            [header(), schema()] + records(1...10) + [state(1)] + records(11...14) + [state(2)] + records(15...29)
        let result = try fixture.stream(lines) {
            $0.rotation = RotationLimits(items: fileRows)
            $0.buffering = BufferLimits(items: bufferRows)
        }
        #expect(result.truncated)
        #expect(try fixture.values(in: result) == (1...14).map(String.init))
        let package = try fixture.package(result)
        #expect(package.state.sources["s"]?["resources", "t", "page"]?.intValue == 2)
        #expect(package.manifest.jobs.count == (14 + fileRows - 1) / fileRows)
        #expect(try Files.list(Paths.join(package.path, "jobs")).count == package.manifest.jobs.count)
    }

    @Test func `what came after the last STATE leaves no trace in the schema`() throws {
        let late = "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":{\"late\":1,\"below\":[{\"x\":1}]}}"
        let result = try fixture.stream([header(), schema()] + records(1...1) + [state(1), late])
        let package = try fixture.package(result)
        #expect(package.schema[table: "t"]?[column: "late"] == nil)
        #expect(package.schema[table: "t__below"] == nil)
        #expect(package.manifest.jobs.map(\.table) == ["t"])
    }

    @Test func `without a STATE nothing of a broken stream is kept`() throws {
        let result = try fixture.stream([header(), schema()] + records(1...3))
        #expect(result.truncated && result.path == nil)
        #expect(try fixture.waiting().isEmpty)
    }

    @Test func `half a line is the end of a stream that was cut off`() throws {
        let lines = ([header(), schema()] + records(1...2) + [state(1)]).map { $0 + "\n" }.joined()
        let result = try fixture.normalize(lines + "{\"type\":\"RECORD\",\"str", fixture.request())
        #expect(result.truncated)
        #expect(try fixture.values(in: result) == ["1", "2"])
        // After END it is the beginning of another stream, which nothing is known of.
        let ended = ([header("q"), schema()] + records(1...2) + [end(["t": 2])]).map { $0 + "\n" }.joined()
        let more = try fixture.normalize(ended + "{\"type\":\"HEA", fixture.request())
        #expect(more.truncated)
        #expect(try fixture.values(in: more) == ["1", "2"])
    }

    @Test(arguments: [(2, 0), (1, 1), (0, 0)])
    func `counts that differ are fatal`(schemas: Int, states: Int) throws {
        let refusal = try fixture.refusal(
            [header(), schema()] + records(1...2) + [end(["t": 2], schemas: schemas, states: states)])
        #expect(refusal?.status == .data)
        #expect(refusal?.message.contains("END counts \(schemas) SCHEMA and \(states) STATE") == true)
    }

    @Test func `several streams follow one another`() throws {
        let result = try fixture.stream(
            [header(), schema()] + records(1...2) + [end(["t": 2])]
                + [header(), schema()] + records(3...4) + [end(["t": 2])])
        #expect(result.outcomes.count == 1)
        #expect(try fixture.values(in: result) == ["1", "2", "3", "4"])
        // The second one breaks off: the first is whole.
        let broken = try fixture.stream(
            [header("q"), schema()] + records(1...2) + [end(["t": 2]), header("q"), schema()] + records(3...4))
        #expect(broken.truncated)
        #expect(try fixture.values(in: broken) == ["1", "2"])
    }

    @Test func `each pipeline gets a package of its own`() throws {
        let result = try fixture.stream(
            [header("a"), schema()] + records(1...1) + [end(["t": 1]), header("b"), schema("u")]
                + records(2...2, "u") + [end(["u": 1], schemas: 1), header("a"), schema()] + records(3...3)
                + [end(["t": 1])])
        #expect(result.outcomes.map(\.pipeline) == ["a", "b"])
        #expect(result.outcomes.compactMap { $0.package?.rows } == [2, 1])
        #expect(try fixture.values(in: result) == ["1", "3"])
    }

    @Test(arguments: [
        ([header(), header()], "inside a stream that has not ended"),
        ([header(), schema(), end([:]), schema()], "follows the END"),
        ([header(), schema(), end([:])] + records(1...1), "follows the END"),
        ([header()] + records(1...1), "a RECORD of stream t precedes its SCHEMA"),
        ([header(), "{\"type\":\"WHAT\"}"], "no messages of type WHAT"),
        ([header(), "[]"], "line 2 of standard input"),
        ([header(), "{\"a\":1}"], "not a message of a record stream"),
        ([header().replacing("\"format\":2", with: "\"format\":9")], "format 9"),
        ([header(), schema(), "{\"type\":\"STATE\",\"value\":1}"], "needs its value's sources"),
    ])
    func `what does not belong there is refused with its line`(lines: [String], reason: String) throws {
        let refusal = try fixture.refusal(lines)
        #expect(refusal?.status == .data)
        #expect(refusal?.message.contains(reason) == true, "\(refusal?.message ?? "taken")")
        #expect(refusal?.message.contains("line \(lines.count)") == true)
    }

    @Test(arguments: [
        ",\"stream\":\"evil\"", ",\"record\":{}", ",\"type\":\"STATE\"", ",\"x\":1", ",\"str\\u0065am\":\"evil\"",
        ",\"version\":1,\"version\":2",
    ])
    func `data cannot leave the frame of its record`(tail: String) throws {
        let record = "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":{\"i\":1}\(tail)}"
        let refusal = try fixture.refusal([header(), schema(), schema("evil"), record])
        #expect(refusal?.status == .data)
        #expect(refusal?.message.contains("line 4 of standard input") == true, "\(refusal?.message ?? "taken")")
        // What a RECORD may have is taken.
        let good = record.replacing(tail, with: ",\"time_extracted\":\"2026-01-01T00:00:00Z\",\"version\":1")
        let result = try fixture.stream([header(), schema(), good, end(["t": 1])])
        #expect(try fixture.values(in: result) == ["1"])
    }

    @Test func `a source that failed keeps what its last STATE covers, and nothing that follows`() throws {
        let result = try fixture.stream(
            [header(), schema()] + records(1...2) + [state(1)] + records(3...4)
                + [end(["t": 4], states: 1, status: 69)] + [header(), schema()] + records(5...6) + [end(["t": 2])])
        #expect(result.inputStatus == 69 && !result.truncated)
        #expect(try fixture.values(in: result) == ["1", "2"])
    }

    @Test(arguments: ["replace", "scd2"])
    func `a part is not taken for the whole`(disposition: String) throws {
        let hints = "{\"write_disposition\":\"\(disposition)\"}"
        let narrowed = "{\"write_disposition\":\"\(disposition)\",\"complete\":false}"
        let parts = [
            [header(), schema("t", hints)] + records(1...2) + [end(["t": 2], more: true)],
            [header(), schema("t", hints)] + records(1...2) + [state(1)],
            [header(), schema("t", hints)] + records(1...2) + [state(1), end(["t": 2], states: 1, status: 69)],
            [header(), schema("t", narrowed)] + records(1...2) + [end(["t": 2])],
        ]
        for part in parts {
            let refusal = try fixture.refusal(part)
            #expect(refusal?.status == .data)
            #expect(refusal?.hint?.contains("--partial-ok") == true)
        }
        for (number, part) in parts.enumerated() {
            // Each in a pipeline of its own, because the states of one would not fit the others.
            let result = try fixture.stream([header("p\(number)")] + part.dropFirst()) { $0.acceptsPart = true }
            #expect(try fixture.values(in: result) == ["1", "2"])
        }
        let whole = try fixture.stream([header(), schema("t", hints)] + records(1...2) + [end(["t": 2])])
        #expect(whole.path != nil)
    }

    @Test func `merge by a merge key needs the whole too, by a primary key not`() throws {
        let more = records(1...2) + [end(["t": 2], more: true)]
        let byMergeKey = "{\"write_disposition\":\"merge\",\"merge_key\":\"i\"}"
        #expect(try fixture.refusal([header(), schema("t", byMergeKey)] + more)?.status == .data)
        let byPrimaryKey = schema("t", "{\"write_disposition\":\"merge\"}", keys: "[\"i\"]")
        #expect(try fixture.stream([header(), byPrimaryKey] + more).path != nil)
    }

    // MARK: Bases

    @Test func `a base that another run has advanced is a conflict where there is state`() throws {
        let hash = StateTree().contentHash()
        let base = "{\"state_version\":0,\"sources_hash\":\"\(hash)\"}"
        let lines = [header(base: base), schema()] + records(1...2)
        // Streams without state pass each other as they like.
        try fixture.stream(lines + [end(["t": 2])])
        try fixture.stream(lines + [end(["t": 2])])
        try fixture.stream(lines + [state(1), end(["t": 2], states: 1)])
        let refusal = try fixture.refusal(lines + [state(2), end(["t": 2], states: 1)])
        #expect(refusal?.status == .temporary)
        #expect(refusal?.hint == "run the whole pipe again")
        try fixture.stream(lines + [end(["t": 2])])
        #expect(try fixture.waiting().count == 4)
    }

    @Test func `of a stream that does not hash its sources the committed state counts`() throws {
        let lines = [header(base: "{\"state_hash\":\"other\"}"), schema(), state(1), end([:], states: 1)]
        #expect(try fixture.refusal(lines)?.status == .temporary)
    }

    // MARK: Run keys

    @Test func `a run key makes one package`() throws {
        let lines = [header(), schema()] + records(1...2) + [end(["t": 2])]
        let first = try fixture.stream(lines) { $0.runKey = "monday" }
        let again = try fixture.stream(lines) { $0.runKey = "monday" }
        #expect(again.outcomes.first?.wasThere == true && again.path == first.path)
        #expect(again.outcomes.first?.package?.rows == 2)
        #expect(try fixture.waiting().count == 1)
        let other = try fixture.stream(lines) { $0.runKey = "tuesday" }
        let forced = try fixture.stream(lines) {
            $0.runKey = "monday"
            $0.again = true
        }
        #expect(other.outcomes.first?.wasThere == false && forced.outcomes.first?.wasThere == false)
        #expect(try fixture.waiting().count == 3)
        let ids = [first, forced, other].compactMap { $0.outcomes.first?.package?.loadID.identity }
        #expect(ids[0] == ids[1] && ids[0] != ids[2])
    }
}
