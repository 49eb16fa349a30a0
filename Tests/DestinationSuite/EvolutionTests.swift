import DestinationKinds
import JSONText
import LoadPackages
import Schemas
import TestSupport
import Testing

/// Tables and columns that come, and what a destination has to say about what they are to hold.
@Suite struct EvolutionTests {
    @Test(arguments: DestinationCases.present, [false, true])
    func `two runs that evolve one schema differently lose no row, in either order`(
        _ argument: CaseArgument, _ isSwapped: Bool
    ) throws {
        let pipeline = try Pipeline(argument)
        let spool = pipeline.spool
        let first = try spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 1))
        let base = try pipeline.schema(of: first)
        expect(try pipeline.load([first]), 0)
        let left = try spool.makePackage(
            [
                TestPackages.users(more: [
                    Column(name: "x", .bigint, nullable: true), Column(name: "l", .bigint, nullable: true),
                ])
            ],
            rows: [("users", "{\"id\":2,\"x\":5,\"l\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"2\"}")], base: base)
        let right = try spool.makePackage(
            [
                TestPackages.users(more: [
                    Column(name: "x", .text, nullable: true), Column(name: "r", .bool, nullable: true),
                ])
            ],
            rows: [
                ("users", "{\"id\":3,\"x\":\"7\",\"r\":true,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"3\"}"),
                ("users", "{\"id\":4,\"x\":\"seven\",\"_dlt_load_id\":\"%\",\"_dlt_id\":\"4\"}"),
            ], base: base)
        for path in isSwapped ? [right, left] : [left, right] { expect(try pipeline.load([path]), 0) }
        #expect(try pipeline.value("SELECT count(*) FROM _dlt_version") == "3")
        #expect(
            try spool.committedSchema(pipeline.name)?.versionHash
                == pipeline.value("SELECT schema_version_hash FROM _dlt_loads ORDER BY inserted_at DESC"))
        func rows(_ columns: [(name: String, type: DataType)]) throws -> [[String?]] {
            try pipeline.rows("users", columns, "WHERE id > 1 ORDER BY id")
        }
        if isSwapped {
            #expect(
                try rows([("id", .bigint), ("x", .text), ("r", .bool), ("l", .bigint)]) == [
                    ["2", "5", nil, "1"], ["3", "7", "true", nil], ["4", "seven", nil, nil],
                ])
        } else {
            #expect(
                try rows([("id", .bigint), ("x", .bigint), ("x__v_text", .text), ("r", .bool), ("l", .bigint)]) == [
                    ["2", "5", nil, nil, "1"], ["3", "7", nil, "true", nil], ["4", nil, "seven", nil, nil],
                ])
            let variant = try spool.committedSchema(pipeline.name)?[table: "users"]?[column: "x__v_text"]
            #expect(variant?.has("variant") == true)
        }
        let schema = try #require(try spool.committedSchema(pipeline.name))
        #expect(schema.contentHash() == schema.versionHash)
    }

    @Test(arguments: DestinationCases.present)
    func `a column that must not be null cannot be added to rows`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let first = try pipeline.spool.makePackage([TestPackages.users()], rows: TestPackages.userRows(1, 3))
        let base = try pipeline.schema(of: first)
        expect(try pipeline.load([first]), 0)
        let more = TestPackages.users(more: [Column(name: "must", .bigint, nullable: false)])
        let path = try pipeline.spool.makePackage(
            [more], rows: [("users", "{\"id\":9,\"must\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"9\"}")], base: base)
        expect(try pipeline.load([path]), 65, "\"must\"", "\"users\"", "nullable")
        #expect(try !pipeline.columnNames("users").contains("must"))
    }

    @Test(arguments: DestinationCases.present)
    func `a null where none may be names the column, and leaves nothing`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let path = try pipeline.spool.makePackage(
            [TestPackages.table("t", [Column(name: "must", .bigint, nullable: false)])],
            rows: [("t", "{\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
        expect(try pipeline.load([path]), 65, "must", "row 1", "of t.0.jsonl.zst")
        #expect(try pipeline.dataset.tables().isEmpty)
    }

    @Test(arguments: DestinationCases.present)
    func `a value of the wrong type names its place`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let path = try pipeline.spool.makePackage(
            [TestPackages.users()],
            rows: TestPackages.userRows(1, 30)
                + [("users", "{\"id\":\"x\",\"_dlt_load_id\":\"%\",\"_dlt_id\":\"9\"}")])
        expect(try pipeline.load([path]), 65, "row 31", "\"id\"", "bigint")
        #expect(try pipeline.dataset.tables().isEmpty)
    }

    @Test(arguments: DestinationCases.present)
    func `too many columns name the table and what to do`(_ argument: CaseArgument) throws {
        guard let limit = argument.destination.kind.maxColumns else { return }
        let pipeline = try Pipeline(argument)
        for (prefix, hint) in [("c", "--exclude"), ("o__c", "--max-table-nesting")] {
            let columns = (0..<limit).map { Column(name: "\(prefix)\($0)", .bigint) }
            let path = try pipeline.spool.makePackage(
                [TestPackages.table("wide", columns)],
                rows: [("wide", "{\"\(prefix)0\":1,\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
            expect(try pipeline.load([path]), 65, "\"wide\"", "\(limit + 2)", "\(limit)", hint)
        }
    }

    @Test(arguments: DestinationCases.present)
    func `names that are too long name the table and what to do`(_ argument: CaseArgument) throws {
        let limit = argument.destination.kind.columnNames.count
        let pipeline = try Pipeline(argument)
        let name = String(repeating: "n", count: limit + 1)
        let path = try pipeline.spool.makePackage(
            [TestPackages.table("t", [Column(name: name, .bigint)])],
            rows: [("t", "{\"_dlt_load_id\":\"%\",\"_dlt_id\":\"1\"}")])
        expect(try pipeline.load([path]), 65, "\"t\"", "\(limit + 1)", "\(limit)", "--max-identifier-length")
    }
}
