import SystemIO
import TestSupport
import Testing

/// dlt-load killed at any moment: what is loaded again is there once.
@Suite struct CrashTests {
    @Test(arguments: DestinationCases.present, MergeModel.Strategy.allCases)
    func `killed at any instant, a load has happened or has not`(
        _ argument: CaseArgument, _ strategy: MergeModel.Strategy
    ) throws {
        let kind = argument.destination.kind
        guard kind.has(strategy) else { return }
        let pipeline = try Pipeline(argument)
        let key = [.deleteInsert, .upsert, .insertOnly].contains(strategy) ? "--primary-key id" : ""
        func normalize(_ ids: String, _ more: String) throws {
            let lines = "seq \(ids) | sed 's/.*/{\"id\":&,\"l\":[1,2]\(more)}/'"
            let options = "--table t --write-disposition \(strategy.rawValue) \(key)"
            expect(try pipeline.shell("\(lines) | dlt-normalize \(options) > made"), 0)
        }
        try normalize("0 1999", ",\"v\":1")
        let begun = Clock.monotonicNanoseconds()
        expect(try pipeline.shell("dlt-load \"$URL\" < made"), 0)
        let seconds = Double(Clock.monotonicNanoseconds() - begun) / 1e9
        let query = """
            SELECT count(*), sum(v), (SELECT count(*) FROM t__l), (SELECT count(*) FROM t__l WHERE _dlt_parent_id NOT IN
            (SELECT _dlt_id FROM t)), (SELECT count(*) FROM _dlt_loads) FROM t
            """
        let old = try pipeline.query(query)
        let tables = try pipeline.dataset.tables()
        try normalize("1000 2999", ",\"v\":3,\"added\":1")
        let new: [String?] =
            switch strategy {
            case .append, .scd2: ["4000", "8000", "8000", "0", "2"]
            case .replace: ["2000", "6000", "4000", "0", "2"]
            case .insertOnly: ["3000", "5000", "6000", "0", "2"]
            case .deleteInsert, .upsert: ["3000", "7000", "6000", "0", "2"]
            }
        var wasKilled = 0
        // Short ones first: on a busy machine the load that was timed may have been several times slower than this one.
        for fraction in [0.03, 0.08, 0.15, 0.35, 0.5, 0.65, 0.8, 0.95] {
            // A text that begins with what a double is.
            _ = try pipeline.shell(
                "timeout -s KILL \(Double(Int(seconds * fraction * 1000) + 10) / 1000) dlt-load \"$URL\" < made")
            let now = try pipeline.query(query)
            #expect([old, [new]].contains(now))
            guard now == old else { break }
            wasKilled += 1
        }
        #expect(wasKilled > 0)
        for _ in 1...2 {
            expect(try pipeline.shell("dlt-load \"$URL\" < made"), 0)
            #expect(try pipeline.query(query) == [new])
        }
        #expect(try pipeline.dataset.tables().sorted() == tables.sorted())
    }
}
