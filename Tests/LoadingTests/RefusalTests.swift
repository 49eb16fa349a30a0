import JSONText
import LoadPackages
import Schemas
import SystemIO
import TestSupport
import Testing

/// What a strategy cannot honour is refused before the destination is touched.
@Suite struct RefusalTests {
    private struct Case {
        var strategy: String
        var hints: [String: JSONObject] = [:]
        var table: JSONObject = [:]
        var nested: Column?
        let words: [String]
    }

    private static let cases: [Case] = [
        Case(strategy: "cdc", words: ["no merge strategy cdc", "delete-insert, scd2, upsert, insert-only"]),
        Case(strategy: "upsert", words: ["upsert needs a primary key", "--primary-key"]),
        Case(strategy: "insert-only", words: ["insert-only needs a primary key"]),
        Case(
            strategy: "upsert", hints: ["id": ["primary_key": true], "name": ["merge_key": true]],
            words: ["upsert", "merge_key", "\"name\""]),
        Case(
            strategy: "insert-only", hints: ["id": ["primary_key": true], "name": ["dedup_sort": "asc"]],
            words: ["insert-only", "dedup_sort", "\"name\""]),
        Case(
            strategy: "delete-insert", hints: ["id": ["merge_key": true], "name": ["dedup_sort": "desc"]],
            words: ["delete-insert without a primary key", "dedup_sort"]),
        Case(
            strategy: "delete-insert", hints: ["name": ["hard_delete": true]],
            words: ["delete-insert without a key", "hard_delete"]),
        Case(
            strategy: "delete-insert",
            hints: ["id": ["primary_key": true, "hard_delete": true], "name": ["hard_delete": true]],
            words: ["several columns", "hard_delete", "\"id\", \"name\""]),
        Case(
            strategy: "delete-insert",
            hints: ["id": ["primary_key": true, "dedup_sort": "asc"], "name": ["dedup_sort": "asc"]],
            words: ["several columns", "dedup_sort"]),
        Case(strategy: "scd2", hints: ["name": ["hard_delete": true]], words: ["scd2", "hard_delete"]),
        Case(strategy: "scd2", hints: ["name": ["dedup_sort": "asc"]], words: ["scd2", "dedup_sort"]),
        Case(strategy: "scd2", words: ["scd2 needs", "--write-disposition"]),
        Case(
            strategy: "scd2",
            hints: ["id": ["x-valid-from": true], "name": ["x-valid-to": true], "_dlt_id": ["x-row-version": true]],
            table: ["x-boundary-timestamp": "yesterday"], words: ["boundary_timestamp \"yesterday\" is not a time"]),
        Case(
            strategy: "scd2",
            hints: [
                "id": ["x-valid-from": true], "name": ["x-valid-to": true, "x-active-record-timestamp": "never"],
                "_dlt_id": ["x-row-version": true],
            ], words: ["active_record_timestamp \"never\" is not a time"]),
    ]

    @Test(arguments: cases.indices)
    func `a hint that the strategy cannot honour is refused`(_ index: Int) throws {
        let wanted = RefusalTests.cases[index]
        let fixture = try SQLiteFixture()
        var table = TestPackages.users("merge")
        table.properties["x-merge-strategy"] = .string(wanted.strategy)
        table.properties.merge(wanted.table)
        for (name, hints) in wanted.hints {
            var column = try #require(table[column: name])
            column.hints.merge(hints)
            table.put(column)
        }
        let path = try fixture.spool.makePackage([table], rows: TestPackages.userRows(1, 3))
        for arguments in [[path, "--dry-run"], [path]] {
            let result = try fixture.load(arguments)
            #expect(result.status == 65, "\(result)")
            for word in ["\"users\"", "hint:"] + wanted.words { #expect(result.stderr.contains(word), "\(result)") }
        }
        #expect(!Files.exists(fixture.folder.path("x.db")))
        // What can never be loaded keeps nobody waiting.
        #expect(try fixture.places() == [0, 0, 1])
    }

    @Test func `nested rows that cannot be reached are refused`() throws {
        let fixture = try SQLiteFixture()
        var users = TestPackages.users("merge")
        var id = try #require(users[column: "id"])
        id.hints["primary_key"] = true
        users.put(id)
        let path = try fixture.spool.makePackage(
            [
                users, TestPackages.table("users__a", [], parent: "users"),
                TestPackages.table("users__a__b", [], parent: "users__a"),
            ], rows: TestPackages.userRows(1, 1))
        let result = try fixture.load([path])
        #expect(result.status == 65, "\(result)")
        #expect(result.stderr.contains("nested table \"users__a__b\""), "\(result)")
        #expect(result.stderr.contains("hint:"), "\(result)")
    }
}
