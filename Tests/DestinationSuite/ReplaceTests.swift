import DestinationKinds
import JSONText
import LoadPackages
import Schemas
import TestSupport
import Testing

/// Rows and tables that go, by replacement and by refresh.
@Suite struct ReplaceTests {
    @Test(arguments: DestinationCases.present)
    func `replace empties the whole chain of tables and nothing else`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let spool = pipeline.spool
        let child = TestPackages.table("users__tags", [Column(name: "value", .text)], parent: "users")
        let other = TestPackages.table("other", [Column(name: "a", .bigint)])
        func tag(_ id: Int) -> (String, String) {
            (
                "users__tags",
                "{\"value\":\"t\",\"_dlt_parent_id\":\"r\(id)\",\"_dlt_list_idx\":0,\"_dlt_id\":\"c\(id)\"}"
            )
        }
        let first = try spool.makePackage(
            [TestPackages.users("replace"), child, other],
            rows: TestPackages.userRows(1, 3) + [
                tag(1), tag(2), ("other", "{\"a\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"o\"}"),
            ])
        expect(try pipeline.load([first]), 0)
        let base = try spool.committedSchema(pipeline.name)
        let second = try spool.makePackage([], rows: TestPackages.userRows(7, 1), base: base)
        let sql = try pipeline.load([second, "--sql"])
        #expect(sql.lines.contains { $0.hasPrefix("DELETE FROM ") && $0.contains("users__tags") }, "\(sql)")
        #expect(!sql.lines.contains { $0.hasPrefix("DELETE FROM ") && $0.contains("other") }, "\(sql)")
        expect(try pipeline.load([second]), 0)
        #expect(try pipeline.query("SELECT id FROM users") == [["7"]])
        #expect(try pipeline.value("SELECT count(*) FROM users__tags") == "0")
        #expect(try pipeline.value("SELECT count(*) FROM other") == "1")
        let nothing = try spool.makePackage([], rows: [], base: base, emptyJobs: ["users"])
        expect(try pipeline.load([nothing]), 0)
        #expect(try pipeline.value("SELECT count(*) FROM users") == "0")
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_loads") == "3")
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_version") == "1")
    }

    /// Each change of the disposition makes a version of the schema, and going back to one stores none.
    @Test(arguments: DestinationCases.present)
    func `each run writes as it says, whatever the runs before it said`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        var expected: [String] = []
        let ways = [
            "merge", "replace", "merge", "merge", "replace", "append", "append", "merge", "append", "replace",
            "replace",
            "merge", "merge",
        ]
        for (id, way) in ways.enumerated() {
            let key = way == "merge" ? "--primary-key id" : ""
            expect(try pipeline.take(["{\"id\":\(id)}"], "--write-disposition \(way) \(key)"), 0)
            expected = way == "replace" ? [String(id)] : expected + [String(id)]
            let found = try pipeline.query("SELECT id FROM t ORDER BY id").map { $0[0] ?? "" }
            #expect(found == expected, "after \(ways[...id])")
        }
    }

    /// The second of two that wait builds on the first, whose version of the schema the dataset has had before.
    @Test(arguments: DestinationCases.present)
    func `packages that are loaded together write as they say`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        func take(_ id: Int, _ way: String, loading: String) throws {
            let key = way == "merge" ? "--primary-key id" : ""
            expect(try pipeline.take(["{\"id\":\(id)}"], "--write-disposition \(way) \(key)", loading: loading), 0)
        }
        for (id, way) in ["merge", "replace", "merge", "replace"].enumerated() {
            try take(id, way, loading: "| dlt-load \"$URL\"")
        }
        for (ids, way, expected) in [
            ([4, 5], "merge", ["3", "4", "5"]), ([6, 7], "replace", ["7"]), ([8, 9], "merge", ["7", "8", "9"]),
        ] {
            for id in ids { try take(id, way, loading: "") }
            expect(try pipeline.load(["--pending"]), 0)
            let found = try pipeline.query("SELECT id FROM t ORDER BY id").map { $0[0] ?? "" }
            #expect(found == expected, "after \(ids)")
        }
    }

    @Test(arguments: DestinationCases.present, ReplaceStrategy.allCases)
    func `a replace can be done in the way that was asked for`(_ argument: CaseArgument, _ way: ReplaceStrategy) throws
    {
        let pipeline = try Pipeline(argument)
        let dictionary = #"'{"disposition":"replace","strategy":"\#(way.rawValue)"}'"#
        let rows = (0..<3).map { "{\"id\":\($0),\"l\":[1,2]}" }
        guard argument.destination.kind.replaceStrategies.contains(way) else {
            let known = argument.destination.kind.replaceStrategies.map(\.rawValue).joined(separator: ", ")
            expect(try pipeline.take(rows, "--write-disposition replace", loading: "> made"), 0)
            expect(
                try pipeline.shell("dlt-load \"$URL\" --replace-strategy \(way.rawValue) < made"), 65, "it has \(known)"
            )
            expect(try pipeline.shell("dlt-load \"$URL\" < made"), 0)
            expect(try pipeline.take(rows, "--write-disposition \(dictionary)"), 65, "it has \(known)")
            return
        }
        expect(try pipeline.take(rows, "--write-disposition \(dictionary)"), 0)
        expect(try pipeline.take([#"{"id":7}"#], "--write-disposition \(dictionary)", loading: "> made"), 0)
        let plan = try pipeline.shell("dlt-load \"$URL\" --dry-run < made")
        let isStaged = way == .insertFromStaging
        #expect(plan.stdout.contains("insert the staged rows into table t") == isStaged, "\(plan)")
        #expect(plan.stdout.contains("truncate table t__l\n") == (way == .truncateAndInsert), "\(plan)")
        #expect(plan.stdout.contains("replace table t with the new one\n") == (way == .stagingOptimized))
        expect(try pipeline.shell("dlt-load \"$URL\" < made"), 0)
        #expect(try pipeline.query("SELECT id FROM t") == [["7"]])
        #expect(try pipeline.value("SELECT count(*) FROM t__l") == "0")
        #expect(
            try pipeline.dataset.tables().sorted() == [
                "_dlt_loads", "_dlt_pipeline_state", "_dlt_version", "t", "t__l",
            ])
        expect(try pipeline.take([#"{"id":9,"added":"x"}"#], "--write-disposition \(dictionary)"), 0)
        #expect(try pipeline.query("SELECT id, added FROM t") == [["9", "x"]])
        // The option decides where the stream does not.
        expect(try pipeline.take([#"{"id":8}"#], "--write-disposition replace", loading: "> made"), 0)
        let option = try pipeline.shell("dlt-load \"$URL\" --dry-run --replace-strategy \(way.rawValue) < made")
        #expect(option.stdout.contains("insert the staged rows into table t") == isStaged, "\(option)")
    }

    @Test(arguments: DestinationCases.present)
    func `a way to replace that there is not is a mistake`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let path = try pipeline.spool.makePackage([TestPackages.users("replace")], rows: TestPackages.userRows(1, 3))
        expect(try pipeline.load([path, "--replace-strategy", "drop"]), 64)
        expect(try pipeline.load([path]), 0)
    }

    @Test(arguments: DestinationCases.present)
    func `a refresh drops and empties tables with those below them`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let spool = pipeline.spool
        let tag = TestPackages.table("users__tags", [Column(name: "value", .text, nullable: true)], parent: "users")
        let row = "{\"value\":\"t\",\"_dlt_parent_id\":\"r1\",\"_dlt_list_idx\":0,\"_dlt_id\":\"c1\"}"
        let kept = TestPackages.table("kept", [Column(name: "a", .bigint, nullable: true)])
        func rows(_ id: Int) -> [(table: String, row: String)] {
            TestPackages.userRows(id, 1) + [("kept", "{\"a\":\(id),\"_dlt_load_id\":\"%\",\"_dlt_id\":\"k\(id)\"}")]
        }
        expect(
            try pipeline.load([
                spool.makePackage([TestPackages.users(), tag, kept], rows: rows(1) + [("users__tags", row)])
            ]), 0)
        let versions = try pipeline.value("SELECT count(*) FROM _dlt_version")

        let emptied = try spool.makePackage(
            [], rows: rows(2), base: spool.committedSchema(pipeline.name),
            refresh: Manifest.Refresh(truncate: ["users"]))
        expect(try pipeline.load([emptied]), 0)
        #expect(try pipeline.query("SELECT id FROM users") == [["2"]])
        #expect(try pipeline.value("SELECT count(*) FROM users__tags") == "0")
        #expect(try pipeline.value("SELECT count(*) FROM kept") == "2")
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_version") == versions)

        // The package's schema has forgotten both tables, and has one of them anew.
        var schema = try #require(try spool.committedSchema(pipeline.name))
        let base = schema.versionHash
        schema.remove(table: "users__tags")
        schema.remove(table: "users")
        let anew = TestPackages.table("users", [Column(name: "mail", .text, nullable: true)])
        let dropped = try spool.makePackage(
            [anew], rows: [("users", "{\"mail\":\"m\",\"_dlt_load_id\":\"%\",\"_dlt_id\":\"r3\"}")], base: schema,
            baseHash: base, refresh: Manifest.Refresh(drop: ["users"]))
        let plan = try pipeline.load([dropped, "--dry-run"])
        #expect(plan.stdout.contains("drop table users__tags\n  drop table users\n"), "\(plan)")
        expect(try pipeline.load([dropped]), 0)
        #expect(try pipeline.columnNames("users") == ["mail", "_dlt_load_id", "_dlt_id"])
        #expect(try !pipeline.has("users__tags"))
        #expect(try pipeline.value("SELECT count(*) FROM kept") == "2")
        // dlt takes a stored version for a sign that its tables exist.
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_version") == "1")
        #expect(try spool.committedSchema(pipeline.name)?[table: "users__tags"] == nil)
    }
}
