import DestinationKinds
import JSONText
import Schemas
import TestSupport
import Testing

/// What `--indexes` asks for is in the catalog, whatever becomes of the rows.
@Suite struct IndexTests {
    /// Each destination with each choice that it has. nil: nothing is asked for.
    private static let choices = DestinationCases.present.flatMap { argument in
        ([nil] + argument.destination.kind.indexChoices).map { (argument, $0) }
    }

    /// Those that may be asked for indexes.
    private static let indexing = DestinationCases.present.filter {
        $0.destination.kind.indexChoices.contains(.unique)
    }

    private static func option(_ choice: IndexChoice?) -> String { choice.map { "--indexes \($0.rawValue)" } ?? "" }

    /// Columns with an index, and `!` behind those that are unique.
    private static func indexes(_ pipeline: Pipeline, _ table: String) throws -> [String] {
        try pipeline.dataset.indexes(of: table).map { $0.columns + ($0.isUnique ? "!" : "") }
    }

    /// What a table gets.
    private static func expected(_ choice: IndexChoice?, _ kind: DestinationKind, nested: Bool) -> [String] {
        let usual = kind.indexChoices[0]
        let unique = ["_dlt_id!"]
        switch choice ?? usual {
        case .nothing: return []
        case .unique: return unique
        case .lookup: return (nested ? ["_dlt_parent_id"] : []) + (usual == .unique ? unique : ["_dlt_id"])
        }
    }

    @Test(arguments: choices)
    func `tables that a load makes have the indexes that it was asked for, and those that are there keep theirs`(
        _ argument: CaseArgument, _ choice: IndexChoice?
    ) throws {
        let (pipeline, kind) = (try Pipeline(argument), argument.destination.kind)
        let option = Self.option(choice)
        let made = "| dlt-load \"$URL\" \(option)"
        expect(try pipeline.take([#"{"id":1,"l":[{"m":[1]},{}]}"#, #"{"id":2,"l":[{}]}"#], loading: made), 0)
        for (table, nested) in [("t", false), ("t__l", true), ("t__l__m", true)] {
            #expect(try Self.indexes(pipeline, table) == Self.expected(choice, kind, nested: nested), "\(table)")
        }
        let keepsUnique = Self.expected(choice, kind, nested: false) == ["_dlt_id!"]
        #expect(try Self.indexes(pipeline, "_dlt_pipeline_state") == (keepsUnique ? ["_dlt_id!"] : []))
        #expect(try Self.indexes(pipeline, "_dlt_loads") == [] && Self.indexes(pipeline, "_dlt_version") == [])

        let columns = #"--columns '{"u":{"data_type":"text","unique":true}}'"#
        expect(try pipeline.take([#"{"id":3,"u":"x","k":[1]}"#], columns, loading: made), 0)
        let added = keepsUnique && kind.indexChoices[0] == .unique ? ["u!"] : []
        let known = Self.expected(choice, kind, nested: false)
        #expect(try Self.indexes(pipeline, "t").sorted() == (known + added).sorted())
        #expect(try Self.indexes(pipeline, "t__k") == Self.expected(choice, kind, nested: true))
        // Asked for something else, what is there stays as it is.
        for other in kind.indexChoices {
            expect(try pipeline.take([#"{"id":4,"l":[{}]}"#], loading: "| dlt-load \"$URL\" \(Self.option(other))"), 0)
        }
        #expect(try Self.indexes(pipeline, "t__l") == Self.expected(choice, kind, nested: true))
        let count = 3 + kind.indexChoices.count
        #expect(try pipeline.sum() == ["\(count)", "\(6 + 4 * kind.indexChoices.count)", "4"])
    }

    @Test(arguments: choices)
    func `the SQL of a plan makes the same indexes under the same names, when the rows are in`(
        _ argument: CaseArgument, _ choice: IndexChoice?
    ) throws {
        let rows = [#"{"id":1,"u":"x","l":[1]}"#, #"{"id":2,"u":"y","l":[2]}"#]
        for way in ["append", "merge --primary-key id"] {
            let (pipeline, loaded) = (try Pipeline(argument), try Pipeline(argument))
            let options = #"--columns '{"u":{"data_type":"text","unique":true}}' --write-disposition \#(way)"#
            expect(try pipeline.take(rows, options, loading: "> made"), 0)
            expect(try loaded.take(rows, options, loading: "| dlt-load \"$URL\" \(Self.option(choice))"), 0)
            let plan = try pipeline.shell("dlt-load \"$URL\" --dry-run \(Self.option(choice)) < made")
            let sql = try pipeline.shell("dlt-load \"$URL\" --sql \(Self.option(choice)) < made")
            expect(try pipeline.client(sql.stdout), 0)
            var count = 0
            for table in ["t", "t__l", "_dlt_pipeline_state", "_dlt_loads", "_dlt_version"] {
                let indexes = try loaded.dataset.indexes(of: table)
                #expect(try pipeline.dataset.indexes(of: table) == indexes, "\(table)")
                count += indexes.count
            }
            let indexed = plan.lines.indices.filter { plan.lines[$0].contains(/^ *(make|index) column/) }
            let filled = plan.lines.lastIndex { $0.contains(way == "append" ? "insert 2 rows" : "merge (") } ?? 0
            #expect(indexed.count == count && indexed.allSatisfy { $0 > filled }, "\(plan)")
            #expect(filled > 0, "\(plan)")
        }
    }

    @Test(arguments: indexing)
    func `an id that comes twice is found when the rows are in, and nothing of the load is there`(
        _ argument: CaseArgument
    ) throws {
        let pipeline = try Pipeline(argument)
        let rows = TestPackages.userRows(1, 3) + TestPackages.userRows(3, 1)
        let path = try pipeline.spool.makePackage([TestPackages.users()], rows: rows)
        let result = try pipeline.load([path, "--indexes", "unique"])
        expect(
            result, 65, "dlt-load: unable to make column \"_dlt_id\" of table \"users\" unique: ", "r3",
            "dlt-state packages retry")
        #expect(try !pipeline.has("users") && !pipeline.has("_dlt_loads"))
        #expect(try pipeline.places() == [0, 0, 1])
        expect(try pipeline.shell("dlt-state packages retry --all-failed"), 0)
        expect(try pipeline.load([path, "--indexes", "none"]), 0)
        #expect(try pipeline.sum("users") == ["4", "9", "3"])
    }

    /// What writes rows does not stumble over them, twice in a row: into new tables and into those that have them.
    @Test(arguments: indexing, [IndexChoice.unique, .lookup])
    func `every way to write rows keeps the indexes`(_ argument: CaseArgument, _ choice: IndexChoice) throws {
        let kind = argument.destination.kind
        let ways =
            kind.mergeStrategies.map { $0 == .history ? "scd2" : "\($0.rawValue) --primary-key id" }
            + kind.replaceStrategies.map { #"'{"disposition":"replace","strategy":"\#($0.rawValue)"}'"# } + ["replace"]
        for way in ways {
            let (pipeline, plain) = (try Pipeline(argument), try Pipeline(argument))
            for value in 1...3 {
                let rows = (value..<value + 4).map { #"{"id":\#($0),"v":\#(value),"l":[\#($0),\#(value)]}"# }
                // The second load has a table below one that is there; later ones are as they were.
                let new = value == 1 ? "" : #"{"id":90,"v":9,"l":[9],"new":[{"x":[1]}]}"#
                for (place, option) in [(pipeline, Self.option(choice)), (plain, "")] {
                    let result = try place.take(
                        rows + (new.isEmpty ? [] : [new]), "--write-disposition \(way)",
                        loading: "| dlt-load \"$URL\" \(option)")
                    expect(result, 0)
                }
            }
            for query in ["SELECT id, v FROM t ORDER BY 1, 2", "SELECT value FROM t__l ORDER BY 1"] {
                #expect(try pipeline.query(query) == plain.query(query), "\(way)")
            }
            for (table, nested) in [("t__l", true), ("t__new", true), ("t__new__x", true)] {
                #expect(
                    try Self.indexes(pipeline, table) == Self.expected(choice, kind, nested: nested), "\(way) \(table)")
            }
            // Of a history, the ids of root rows are not declared to be unique.
            let root =
                way == "scd2" ? (choice == .lookup ? ["_dlt_id"] : []) : Self.expected(choice, kind, nested: false)
            #expect(try Self.indexes(pipeline, "t") == root, "\(way)")
        }
    }

    @Test(arguments: indexing)
    func `names of indexes are no names of tables, and as long as may be`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let limit = argument.destination.kind.tableNames
        let long = String(repeating: "l", count: min(limit.count, 300) - 3)
        let names = [long + "__a", long + "__b", "p__l"]
        let tables = names.map { TestPackages.table($0, [Column(name: "v", .bigint, nullable: true)], parent: "p") }
        let parent = TestPackages.table("p", [Column(name: "v", .bigint, nullable: true)])
        let rows = names.map { ($0, #"{"v":1,"_dlt_parent_id":"x","_dlt_list_idx":0,"_dlt_id":"c"}"#) }
        let path = try pipeline.spool.makePackage(
            [parent] + tables, rows: [("p", #"{"v":1,"_dlt_load_id":"%","_dlt_id":"x"}"#)] + rows)
        expect(try pipeline.load([path, "--indexes", "lookup"]), 0)
        let found = try names.flatMap { try pipeline.dataset.indexes(of: $0) }.filter { !$0.isUnique }
        #expect(found.filter { $0.columns == "_dlt_parent_id" }.count == 3)
        #expect(Set(found.map(\.name)).count == found.count)
        #expect(found.allSatisfy { limit.excess(of: $0.name) == nil && $0.name.hasPrefix("\"") }, "\(found)")
        #expect(found.contains { $0.name == "\"p__l\" _dlt_parent_id" })
    }
}
