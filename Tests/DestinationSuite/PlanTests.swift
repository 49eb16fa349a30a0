import DestinationKinds
import JSONText
import LoadPackages
import Schemas
import TestSupport
import Testing

/// What `--dry-run` tells and `--sql` prints: nothing is written, and what is printed is what runs.
@Suite struct PlanTests {
    private static let merges: [MergeStrategy?] = [nil] + MergeStrategy.allCases

    @Test(arguments: DestinationCases.present)
    func `a plan is printed as SQL that the database's own program runs, and changes nothing`(
        _ argument: CaseArgument
    ) throws {
        let (pipeline, loaded) = (try Pipeline(argument), try Pipeline(argument))
        let rows = [#"{"id":1,"o":{"k":"x"},"l":[1]}"#, #"{"id":2}"#, #"{"id":3}"#]
        expect(try pipeline.take(rows, loading: "> made"), 0)
        for mode in ["--dry-run", "--dry-run --json", "--sql"] {
            let result = try pipeline.shell("dlt-load \"$URL\" \(mode) < made")
            #expect(result.status == 0 && (result.stdout.contains("3 rows") || result.stdout.contains("\"rows\":3")))
        }
        #expect(try !pipeline.dataset.exists())
        let sql = try pipeline.shell("dlt-load \"$URL\" --sql < made")
        expect(try pipeline.client(sql.stdout), 0)
        expect(try loaded.take(rows), 0)
        #expect(try pipeline.dataset.tables().sorted() == loaded.dataset.tables().sorted())
        for table in try loaded.dataset.tables() {
            #expect(try pipeline.dataset.columns(of: table) == loaded.dataset.columns(of: table), "\(table)")
        }
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "1")
        #expect(try pipeline.value("SELECT count(*) FROM t") == "0")
    }

    /// Printed statements but for those of rows, since a script has no rows.
    @Test(arguments: DestinationCases.present, merges)
    func `nothing is left of staging, and a plan tells of it`(_ argument: CaseArgument, _ strategy: MergeStrategy?)
        throws
    {
        guard strategy.map({ argument.destination.kind.mergeStrategies.contains($0) }) ?? true else { return }
        let pipeline = try Pipeline(argument)
        let key = strategy == .history || strategy == nil ? "" : "--primary-key id"
        let options = "--write-disposition \(strategy?.rawValue ?? "replace") \(key)"
        func records(_ ids: Range<Int>, _ value: Int) -> [String] {
            ids.map { "{\"id\":\($0),\"v\":\(value),\"l\":[\(value)]}" }
        }
        expect(try pipeline.take(records(0..<3, 1), options), 0)
        expect(try pipeline.take(records(1..<5, 2), options, loading: "> made"), 0)
        let (plan, json) = (
            try pipeline.shell("dlt-load \"$URL\" --dry-run < made"),
            try pipeline.shell("dlt-load \"$URL\" --dry-run --json < made")
        )
        if let strategy {
            let by = key.isEmpty ? "" : " by primary key id"
            #expect(plan.stdout.contains("merge (\(strategy.rawValue)) into table t, t__l\(by)\n"), "\(plan)")
            #expect(plan.stdout.contains("stage 4 rows for table t\n"), "\(plan)")
            #expect(json.stdout.contains("\"merge\":\"t\",\"strategy\":\"\(strategy.rawValue)\""), "\(json)")
            if !key.isEmpty { #expect(json.stdout.contains("\"primary_key\":[\"id\"]"), "\(json)") }
        }
        let before = try pipeline.query("SELECT id, v FROM t ORDER BY id")
        let sql = try pipeline.shell("dlt-load \"$URL\" --sql < made")
        #expect(try pipeline.query("SELECT id, v FROM t ORDER BY id") == before)
        // In a transaction that is given up.
        let undone = sql.stdout.replacing("COMMIT;", with: "ROLLBACK;")
        if argument.destination.kind.atomicity == .transaction {
            expect(try pipeline.client(undone), 0)
            #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "1")
        }
        expect(try pipeline.shell("dlt-load \"$URL\" < made"), 0)
        let came = (1..<5).map { "\($0) 2" }
        let expected =
            switch strategy {
            case nil: came
            case .insertOnly: ["0 1", "1 1", "2 1", "3 2", "4 2"]
            case .history: ["0 1", "1 1", "2 1"] + came
            default: ["0 1"] + came
            }
        #expect(
            try pipeline.query("SELECT id, v FROM t").map { "\($0[0] ?? "") \($0[1] ?? "")" }.sorted()
                == expected.sorted())
        #expect(
            try pipeline.dataset.tables().sorted() == [
                "_dlt_loads", "_dlt_pipeline_state", "_dlt_version", "t", "t__l",
            ])
        if argument.destination.kind.atomicity == .transaction {
            // For good: a load without its rows.
            expect(try pipeline.client(sql.stdout), 0)
            #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "3")
        }
    }
}
