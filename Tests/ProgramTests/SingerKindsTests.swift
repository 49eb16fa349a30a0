import SystemIO
import TestSupport
import Testing

/// The kinds of streams that taps send, by the statuses of all programs and the rows that are in the database: piped into
/// dlt-normalize as they are, and through `dlt-extract singer`.
struct SingerKindsTests {
    private let pipeline: Pipeline

    init() throws { pipeline = try Pipeline() }

    /// The road that the messages take.
    enum Road: String, CaseIterable {
        case bare, singer

        /// The programs before dlt-load. The tap ignores what it is given.
        var command: String {
            switch self {
            case .bare: "dlt-normalize --pipeline tap < lines"
            case .singer: "dlt-extract singer -- sh tap.sh | dlt-normalize"
            }
        }
    }

    private func load(_ lines: [String], by road: Road) throws -> ProgramResult {
        try pipeline.folder.write("tap.sh", "cat lines")
        try pipeline.folder.write("lines", lines.map { $0 + "\n" }.joined())
        return try pipeline.shell(#"\#(road.command) | dlt-load "$URL"; echo "${PIPESTATUS[@]}""#)
    }

    /// The rows of all tables of data, in the form that `SingerKind` has them.
    private func tables() throws -> [String: [String]] {
        guard Files.exists(pipeline.databasePath) else { return [:] }
        let names = try pipeline.lines(
            of: #"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_dlt\_%' ESCAPE '\'"#)
        var tables: [String: [String]] = [:]
        for name in names {
            let quoted = "\"\(name)\""
            let columns = try pipeline.lines(
                of: #"SELECT name FROM pragma_table_info('\#(name)') WHERE name NOT LIKE '\_dlt\_%' ESCAPE '\'"#)
            let cells = columns.map { #"coalesce(' \#($0)=' || CAST("\#($0)" AS TEXT), '')"# }
            let row = cells.isEmpty ? "''" : "ltrim(" + cells.joined(separator: " || ") + ")"
            tables[name] = try pipeline.lines(of: "SELECT \(row) AS r FROM \(quoted) ORDER BY r")
        }
        return tables
    }

    @Test(arguments: Road.allCases)
    func `every kind of stream that a target takes is in its tables`(road: Road) throws {
        let kinds = SingerKind.accepted
        let result = try load(kinds.flatMap(\.lines), by: road)
        #expect(result.lines.last == (road == .bare ? "0 0" : "0 0 0"), "\(result)")
        var found = try tables()
        for kind in kinds {
            for (table, rows) in kind.tables {
                let actual = found.removeValue(forKey: table)
                #expect(actual == rows.sorted(), "\(kind): \(table)")
            }
        }
        #expect(found.isEmpty, "tables that no stream should have made")
    }

    @Test(arguments: SingerKind.refused.indices, Road.allCases)
    func `a stream that no target takes is refused with its reason, and loads nothing`(place: Int, road: Road) throws {
        let (kind, bare, ours, reason) = SingerKind.refused[place]
        let result = try load(kind.lines, by: road)
        #expect(result.lines.last == (road == .bare ? bare : ours), "\(kind): \(result)")
        #expect(result.stderr.contains(reason), "\(kind): \(result)")
        #expect(try tables().allSatisfy { $0.value.isEmpty }, "\(kind)")
    }

    @Test(arguments: SingerKind.repeated.indices, Road.allCases)
    func `a second run of a tap does to its tables what a target does`(place: Int, road: Road) throws {
        let (name, first, second, tables) = SingerKind.repeated[place]
        let done = road == .bare ? "0 0" : "0 0 0"
        let before = try load(first, by: road)
        #expect(before.lines.last == done, "\(name): \(before)")
        let after = try load(second, by: road)
        #expect(after.lines.last == done, "\(name): \(after)")
        #expect(try self.tables() == tables, "\(name)")
    }
}
