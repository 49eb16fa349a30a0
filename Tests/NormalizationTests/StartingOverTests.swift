import JSONText
import LoadPackages
import Normalization
import PipelineStates
import ProgramSupport
import Schemas
import Testing

/// What HEADER asks for: refresh, run key, again.
struct StartingOverTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func header(_ members: String) -> String {
        NormalizationTests.header().replacing("\"base\"", with: members + ",\"base\"")
    }

    /// Two resources that were delivered and remember something, one of them with a nested table.
    private func begin() throws {
        let nested = "{\"type\":\"RECORD\",\"stream\":\"t\",\"record\":{\"i\":1,\"below\":[{\"x\":1}],\"old\":true}}"
        let memory = """
            {"type":"STATE","seq":1,"value":{"sources":{"p":{"resources":{"t":{"page":1},"u":{"page":2}},"own":3},\
            "q":{"resources":{"t":{"page":4}}}}}}
            """
        try fixture.stream(
            [NormalizationTests.header(), schema("t"), nested, schema("u")] + records(1...2, "u")
                + [memory, end(["t": 1, "u": 2], schemas: 2, states: 1)])
    }

    @Test(arguments: ["drop_data", "drop_resources", "drop_sources"])
    func `a refresh forgets and removes what it names, and no more`(mode: String) throws {
        try begin()
        let result = try fixture.stream(
            [header("\"refresh\":\"\(mode)\""), schema("t")] + records(7...7) + [end(["t": 1])])
        let package = try fixture.package(result)
        #expect(try fixture.values(in: result) == ["7"])
        let all = mode == "drop_sources"
        #expect(
            package.manifest.refresh
                == (mode == "drop_data"
                    ? .init(truncate: ["t", "t__below"]) : .init(drop: ["t", "t__below"] + (all ? ["u"] : []))))
        let tables = package.schema.dataTables.map(\.name)
        switch mode {
        case "drop_data":
            #expect(Set(tables) == ["t", "t__below", "u"])
            #expect(package.schema[table: "t"]?[column: "old"] != nil)
        default:
            #expect(!tables.contains("t__below") && tables.contains("u") == !all)
            #expect(package.schema[table: "t"]?.columns.map(\.name) == ["i", "_dlt_load_id", "_dlt_id"])
        }
        let removed = Set(package.removedState.map(\.description))
        #expect(removed == (all ? ["p.t", "p.u", "p"] : ["p.t"]))
        // What the next run starts from.
        let base = try fixture.spool().base(schema: "p")
        #expect(base.state.sources["q"]?["resources", "t", "page"] == 4)
        #expect(base.state.sources["p"]?["resources", "t"] == nil)
    }

    @Test
    func `a refresh without rows is a package nevertheless`() throws {
        try begin()
        let result = try fixture.stream([header("\"refresh\":\"drop_data\""), schema("u"), end(["u": 0])])
        let package = try fixture.package(result)
        #expect(package.manifest.rows == 0 && package.manifest.refresh.truncate == ["u"])
        #expect(package.removedState.map(\.description) == ["p.u"])
        let cut = try fixture.stream([header("\"refresh\":\"drop_data\""), schema("t")] + records(1...2))
        #expect(cut.truncated && cut.path == nil)
    }

    @Test
    func `the run key of HEADER makes one package, again another`() throws {
        let lines = [schema()] + records(1...3) + [end(["t": 3])]
        let first = try fixture.stream([header("\"run_key\":\"k\"")] + lines)
        #expect(try fixture.package(first).manifest.runKey == "k")
        let second = try fixture.stream([header("\"run_key\":\"k\"")] + lines)
        #expect(second.path == first.path && second.outcomes[0].wasThere)
        let again = try fixture.stream([header("\"run_key\":\"k\",\"again\":true")] + lines)
        #expect(again.path != first.path)
        #expect(try fixture.package(again).manifest.again)
        let flag = try fixture.stream([header("\"run_key\":\"k\"")] + lines) { $0.again = true }
        #expect(flag.path != first.path)
        #expect(try fixture.package(flag).manifest.again)
        // Flags decide; a package has one key; what was there must still be there.
        let own = try fixture.stream([header("\"run_key\":\"k\"")] + lines) { $0.runKey = "own" }
        #expect(try fixture.package(own).manifest.runKey == "own")
        let mixed = try fixture.refusal([header("\"run_key\":\"a\"")] + lines + [header("\"run_key\":\"b\"")] + lines)
        #expect(mixed?.status == .usage)
        let gone = try fixture.refusal([header("\"run_key\":\"z\",\"delivered\":\"1.1\""), end([:], schemas: 0)])
        #expect(gone?.status == .temporary)
        let known = try fixture.stream([header("\"run_key\":\"k\",\"delivered\":\"1.1\""), end([:], schemas: 0)])
        #expect(known.outcomes[0].wasThere)
    }
}
