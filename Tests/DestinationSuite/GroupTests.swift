import DestinationKinds
import Destinations
import Failures
import JSONText
import LoadPackages
import PipelineStates
import RelationalSQL
import SQLite
import Schemas
import SystemIO
import TestSupport
import Testing

@testable import Loading
@testable import SQLiteConnector

/// Packages that are loaded together leave what they leave when they are loaded one by one.
@Suite struct GroupTests {
    private func open(_ pipeline: Pipeline, for name: String? = nil) throws -> any Destination {
        let url = try #require(DestinationURL(pipeline.dataset.url))
        return try pipeline.destination.open(
            DestinationTarget(url: url, dataset: pipeline.dataset.name, pipeline: name ?? pipeline.name))
    }

    // MARK: Random packages

    /// How packages are put together, by their places.
    private static func groupings(_ count: Int, _ random: inout FastRandom) -> [[Range<Int>]] {
        var some: [Range<Int>] = []
        while let start = some.last?.upperBound ?? 0 as Int?, start < count {
            some.append(start..<min(count, start + Int.random(in: 1...5, using: &random)))
        }
        return [(0..<count).map { $0..<$0 + 1 }, some, [0..<count]]
    }

    @Test(arguments: DestinationCases.present, 0..<6)
    func `in whichever groups packages are loaded, the dataset is the same`(
        _ argument: CaseArgument, _ seed: Int
    ) throws {
        var random = FastRandom(seed: (UInt64(seed), 21, 22, 23))
        let made = try RandomPackages(argument.destination.kind, &random)
        var expected: Ended?
        for grouping in GroupTests.groupings(made.packages.count, &random) {
            let place = try Pipeline(argument)
            let destination = try open(place, for: made.pipeline.name)
            var results: [PackageTransfer.Result] = []
            for group in grouping {
                results += try PackageTransfer(to: destination).load(Array(made.packages[group]))
            }
            let ended = try Ended(place, results)
            expected = expected ?? ended
            #expect(ended.differences(from: expected) == [], "seed \(seed), \(grouping): \(made.story)")
            #expect(ended.timesGrow, "seed \(seed), \(grouping): \(made.story)")
        }
    }

    @Test(arguments: 0..<4)
    func `in whichever groups packages are loaded without transactions, the dataset is the same`(_ seed: Int) throws {
        var random = FastRandom(seed: (UInt64(seed), 31, 32, 33))
        let made = try RandomPackages(.autocommit, &random)
        let folder = try WorkDirectory()
        var expected: Snapshot?
        for (number, grouping) in GroupTests.groupings(made.packages.count, &random).enumerated() {
            let file = folder.path("\(number).db")
            let destination = AutocommitDestination(file: file)
            for group in grouping {
                _ = try PackageTransfer(to: destination).load(Array(made.packages[group]))
            }
            let ended = try Snapshot(file)
            expected = expected ?? ended
            #expect(ended.differences(from: expected ?? ended) == [], "seed \(seed), \(grouping): \(made.story)")
        }
    }

    // MARK: What is refused

    @Test(arguments: DestinationCases.present, [(1, -1), (-1, 1), (0, 1)])
    func `a job with a row too many and one with a row too few do not make up for each other`(
        _ argument: CaseArgument, _ extra: (first: Int, second: Int)
    ) throws {
        let pipeline = try Pipeline(argument)
        let users = TestPackages.users()
        var paths = [try pipeline.spool.makePackage([users], rows: TestPackages.userRows(0, 1))]
        for (number, rows) in [extra.first, extra.second].enumerated() {
            paths.append(
                try pipeline.spool.makePackage(
                    [users], rows: TestPackages.userRows(number * 10 + 1, 5), extraRows: rows))
        }
        let wrong = extra.first == 0 ? paths[2] : paths[1]
        let packages = try paths.map { try PackageReader($0) }
        let destination = try open(pipeline)
        #expect {
            try PackageTransfer(to: destination).load(packages)
        } throws: { error in
            let damage = "\(error)"
            let rows = extra.first == 0 ? extra.second : extra.first
            return damage.contains(wrong) && damage.contains("has 5 rows instead of \(5 + rows)")
        }
        #expect(try pipeline.dataset.tables().isEmpty)
    }

    @Test(arguments: DestinationCases.present)
    func `after one package that cannot be loaded nothing is there of the others`(_ argument: CaseArgument) throws {
        let pipeline = try Pipeline(argument)
        let users = TestPackages.users()
        let wrong = #"{"id":"no number","_dlt_load_id":"%","_dlt_id":"w"}"#
        let packages = try [TestPackages.userRows(1, 3), TestPackages.userRows(4, 3), [("users", wrong)]].map {
            try PackageReader(pipeline.spool.makePackage([users], rows: $0))
        }
        let destination = try open(pipeline)
        #expect(throws: (any Error).self) { try PackageTransfer(to: destination).load(packages) }
        #expect(try pipeline.dataset.tables().isEmpty)
        #expect(try PackageTransfer(to: destination).load(Array(packages[..<2])).map(\.outcome) == [.loaded, .loaded])
        #expect(try pipeline.sum("users") == Pipeline.sum(1...6))
    }

    /// The first one is alone, since it makes the tables.
    @Test func `packages that only append share their insertions`() throws {
        let spool = try Pipeline(CaseArgument(destination: SQLiteCase())).spool
        let tags = TestPackages.table("users__tags", [Column(name: "value", .text, nullable: true)], parent: "users")
        let packages = try (0..<40).map { number in
            let tag = #"{"value":"t","_dlt_parent_id":"r\#(number)","_dlt_list_idx":0,"_dlt_id":"c\#(number)"}"#
            return try PackageReader(
                spool.makePackage(
                    [TestPackages.users(), tags], rows: TestPackages.userRows(number, 1) + [("users__tags", tag)]))
        }
        let counted = try CountingConnection()
        let destination = CountedDestination(counted)
        _ = try PackageTransfer(to: destination).load([packages[0]])
        let alone = counted.statements
        _ = try PackageTransfer(to: destination).load(Array(packages[1...20]))
        let some = counted.statements - alone
        _ = try PackageTransfer(to: destination).load(Array(packages[21...]))
        let others = counted.statements - alone - some
        #expect(counted.insertions == 6)
        // However many packages there are.
        #expect(some == others, "\(some), and then \(others)")
        #expect(some <= alone + 3, "\(some), and \(alone) alone")
        #expect(
            try counted.database.integer(
                "SELECT count(*) FROM users JOIN users__tags ON _dlt_parent_id = users._dlt_id") == 40)
        #expect(try counted.database.integer("SELECT count(*) FROM _dlt_loads") == 40)
    }
}

// MARK: - Packages

/// Packages of one pipeline that wait, one of each kind that there is, in a random order.
private struct RandomPackages {
    let pipeline: Pipeline
    private(set) var packages: [PackageReader] = []
    /// What they are.
    private(set) var story: [String] = []

    private var random: FastRandom
    private var cursors: [String: Int] = [:]
    private var rows = 0

    init(_ kind: DestinationKind, _ random: inout FastRandom) throws {
        pipeline = try Pipeline(CaseArgument(destination: SQLiteCase()))
        self.random = random
        var strategies = ["append", "append", "append", "replace", "delete-insert", "upsert", "insert-only", "scd2"]
        strategies.removeAll { name in kind.mergeStrategies.allSatisfy { $0.rawValue != name } && name.contains("-") }
        for _ in 0..<14 {
            let number = Int.random(in: 0..<10, using: &self.random)
            switch number {
            case 0...3: try normalize(strategies.randomElement(using: &self.random) ?? "append")
            case 4...5: try make("rows", state: false)
            case 6: try make("rows and a state", state: true)
            case 7: try make("a run", state: false, runKey: Bool.random(using: &self.random) ? "a" : "b")
            case 8: try refresh()
            default: try join()
            }
            // The same package once more.
            if Int.random(in: 0..<12, using: &self.random) == 0, let last = packages.randomElement(using: &self.random)
            {
                packages.append(last)
                story.append("again \(last.manifest.loadID)")
            }
        }
        random = self.random
    }

    private var last: PackageReader? { packages.max { $0.manifest.loadID < $1.manifest.loadID } }

    private mutating func add(_ path: String, _ what: String) throws {
        packages.append(try PackageReader(path, after: packages.last))
        story.append(what)
    }

    /// Records with nested ones, some with a column that is new.
    private mutating func normalize(_ strategy: String) throws {
        let records = (0..<Int.random(in: 0...4, using: &random)).map { _ in
            let id = Int.random(in: 0..<6, using: &random)
            let more = Int.random(in: 0..<6, using: &random)
            let new = more < 2 ? ",\"c\(more)\":\(id)" : ""
            return #"{"id":\#(id),"v":\#(Int.random(in: 0..<3, using: &random)),"l":[{"n":1},{"n":\#(id)}]\#(new)}"#
        }
        let merges = strategy != "append" && strategy != "replace"
        let key = merges && strategy != "scd2" ? "--primary-key id" : ""
        let table = strategy.filter { $0 != "-" }
        let result = try pipeline.shell(
            "dlt-normalize --table \(table) --write-disposition \(strategy) \(key)",
            stdin: records.map { $0 + "\n" }.joined())
        guard result.status == 0, let id = try pipeline.spool.packages(.waiting).last else {
            throw Pipeline.Failed(what: "\(result)")
        }
        guard id != last?.manifest.loadID else { return }
        try add(pipeline.spool.path(of: id, in: .waiting), strategy)
    }

    private mutating func userRows() -> [(table: String, row: String)] {
        let count = Int.random(in: 0...3, using: &random)
        rows += count
        return TestPackages.userRows(rows - count + 1, count)
    }

    /// Rows of users, some with a new column, and what one of some resources remembers.
    private mutating func make(_ what: String, state: Bool, runKey: String? = nil) throws {
        let more = Int.random(in: 0..<6, using: &random)
        let columns = more < 2 ? [Column(name: "m\(more)", .text, nullable: true)] : []
        var tree: StateTree?
        var subtrees: JSONObject = [:]
        if state {
            let resource = ["x", "y"].randomElement(using: &random) ?? "x"
            let subtree = StateTree.Subtree(source: pipeline.name, resource: resource)
            func remembered(_ cursor: Int) -> StateTree {
                StateTree(sources: [pipeline.name: ["resources": .object([resource: ["cursor": .integer(cursor)]])]])
            }
            let known = cursors[resource]
            subtrees[subtree.key] = known.flatMap { remembered($0).hash(of: subtree) }.map { .string($0) } ?? .null
            cursors[resource] = (known ?? 0) + 1
            tree = remembered((known ?? 0) + 1)
        }
        let base = last
        var users = base?.schema[table: "users"] ?? TestPackages.users()
        for column in columns where users[column: column.name] == nil { users.put(column) }
        try add(
            pipeline.spool.makePackage(
                [users], rows: userRows(), base: base?.schema, baseID: base?.manifest.loadID, state: tree,
                subtrees: subtrees, runKey: runKey), "\(what)\(columns.map(\.name))")
    }

    private mutating func refresh() throws {
        let tables = ["users", "append", "scd2"]
        let table = tables.randomElement(using: &random) ?? "users"
        let drops = Bool.random(using: &random)
        guard let base = last else { return }
        var schema = base.schema
        if drops { for gone in schema.chain(from: table).reversed() { schema.remove(table: gone.name) } }
        try add(
            pipeline.spool.makePackage(
                drops && table == "users" ? [] : [TestPackages.users()],
                rows: drops && table == "users" ? [] : userRows(), base: schema, baseID: base.manifest.loadID,
                baseHash: base.schema.versionHash,
                refresh: drops ? Manifest.Refresh(drop: [table]) : Manifest.Refresh(truncate: [table])),
            "\(drops ? "drop" : "truncate") \(table)")
    }

    /// A package that was made beside others, where a column has a type that they may not have.
    private mutating func join() throws {
        let type: DataType = Bool.random(using: &random) ? .bigint : .text
        let table = TestPackages.table("joined", [Column(name: "x", type, nullable: true)])
        let rows = (0..<2).map { number in
            let value = type == .text ? "\"seven \(number)\"" : "\(number)"
            return ("joined", #"{"x":\#(value),"_dlt_load_id":"%","_dlt_id":"j\#(packages.count)-\#(number)"}"#)
        }
        try add(pipeline.spool.makePackage([table], rows: rows), "joined \(type.rawValue)")
    }
}

// MARK: - What came of them

/// A dataset and the results, but for times and for what datasets are called.
private struct Ended {
    private var parts: [String: [String]] = [:]
    private(set) var timesGrow = true

    init(_ place: Pipeline, _ results: [PackageTransfer.Result]) throws {
        let system = ["_dlt_loads", "_dlt_version", "_dlt_pipeline_state"]
        for table in try place.dataset.tables() {
            parts["columns of " + table] = try place.dataset.columns(of: table).map { "\($0)" }
            if system.contains(table) { continue }
            parts["rows of " + table] = try place.query("SELECT * FROM \(place.destination.quoted(table))").map {
                $0.map { $0 ?? "null" }.joined(separator: ", ")
            }.sorted()
        }
        var times: [String] = []
        func records(_ table: String, _ columns: [String], _ time: String) throws -> [[String?]] {
            guard try place.has(table) else { return [] }
            let expression = place.destination.text(place.destination.quoted(time), .timestamp)
            let names = columns.map { place.destination.quoted($0) }.joined(separator: ", ")
            let rows = try place.query("SELECT \(expression), \(names) FROM \(table) ORDER BY \(time)")
            let found = rows.compactMap { $0[0] }
            timesGrow = timesGrow && zip(found, found.dropFirst()).allSatisfy { $0 < $1 }
            times += found
            return rows.map { Array($0.dropFirst()) }
        }
        func text(_ rows: [[String?]]) -> [String] { rows.map { $0.map { $0 ?? "null" }.joined(separator: ", ") } }
        parts["loads"] = text(
            try records("_dlt_loads", ["load_id", "schema_name", "status", "schema_version_hash"], "inserted_at"))
        parts["versions"] = text(
            try records(
                "_dlt_version", ["version", "engine_version", "schema_name", "version_hash", "schema"], "inserted_at"))
        parts["states"] = try records(
            "_dlt_pipeline_state", ["version", "engine_version", "pipeline_name", "_dlt_load_id", "state"],
            "created_at"
        ).map { row in
            let state = try StoredState(loadID: row[3] ?? "", text: row[4] ?? "").state
            return "\(row[0] ?? "") \(row[1] ?? "") \(row[2] ?? "") \(row[3] ?? "") \(Ended.text(state))"
        }
        timesGrow = timesGrow && Set(times).count == times.count
        parts["results"] = results.map { result in
            "\(result.manifest.loadID) \(result.outcome) \(result.schema.document().serialized(.sorted)) "
                + Ended.text(result.state)
        }
    }

    private static func text(_ state: PipelineState) -> String {
        var document = state.document
        for key in ["dataset_name", "_version_hash"] { document[key] = nil }
        return JSONValue.object(document).serialized(.sorted)
    }

    func differences(from other: Ended?) -> [String] {
        guard let other else { return [] }
        return Set(parts.keys).union(other.parts.keys).sorted().compactMap { part in
            let (mine, theirs) = (parts[part] ?? [], other.parts[part] ?? [])
            if mine == theirs { return nil }
            let (more, less) = (mine.filter { !theirs.contains($0) }, theirs.filter { !mine.contains($0) })
            return "\(part): \(mine.count) instead of \(theirs.count), too many: \(more), missing: \(less)"
        }
    }
}

// MARK: - Counting

/// An SQLite database in memory, whose statements are counted.
private final class CountingConnection: SQLConnection {
    let database: Database
    private let connection: SQLiteConnection
    private(set) var statements = 0
    private(set) var insertions = 0

    init() throws {
        database = try Database.open(":memory:", flags: .create)
        connection = SQLiteConnection(database, file: ":memory:", lockTimeout: 1)
    }

    var dialect: any SQLDialect { connection.dialect }
    func begin(_ access: DestinationAccess) throws(DestinationError) { try connection.begin(access) }
    func commit() throws(DestinationError) { try connection.commit() }
    func rollback() { connection.rollback() }

    func execute(_ statement: SQLStatement) throws(SQLFailure) -> String? {
        statements += 1
        return try connection.execute(statement)
    }

    func rows(of query: SQLStatement) throws(SQLFailure) -> [[String?]] {
        statements += 1
        return try connection.rows(of: query)
    }

    func columns(of table: String) throws(SQLFailure) -> [StoredColumn] {
        statements += 1
        return try connection.columns(of: table)
    }

    func insert(
        _ rows: RowInsert, into target: String, from next: () throws -> JobFile?, progress: (Int) throws -> Void
    ) throws {
        insertions += 1
        try connection.insert(rows, into: target, from: next, progress: progress)
    }
}

private final class CountedDestination: Destination {
    static let kind = DestinationKind.sqlite
    let location = "sqlite:///:memory:"
    let dataset = "main"
    private let connection: CountingConnection?

    init(_ target: DestinationTarget, _ options: NoOptions) { connection = nil }
    init(_ connection: CountingConnection) { self.connection = connection }

    func open(_ access: DestinationAccess) throws(DestinationError) -> any DestinationSession {
        guard let connection else { throw DestinationError(.unusable, "unable to open a counted database by its URL") }
        return try SQLSession(connection, access)
    }
}
