import DatasetReaders
import Destinations
import InspectionSupport
import LoadPackages
import RelationalSQL
import Schemas

/// The tables of a dataset as a tree, with their rows and when the last ones came.
struct DatasetListing {
    private struct Line {
        let table: DatasetTable
        var rows: Int64?
        var lastLoad: String?
    }

    private var lines: [Line] = []
    /// What was left out.
    private(set) var note: String?

    init(_ session: any ReadingSession, _ control: QueryControl) throws {
        let catalog = try session.catalog()
        for table in catalog.tables where table.kind != .view || catalog.tables.count < 1000 {
            var line = Line(table: table)
            do throws(QueryFailure) {
                let load = table.columns.first { $0.name.lowercased() == "_dlt_load_id" }
                let latest = load.map { ", max(\(session.dialect.quote($0.name)))" } ?? ""
                let found = try session.texts(
                    Query("SELECT count(*)\(latest) FROM \(session.dialect.table(table.name))"))
                line.rows = found.first?[0].flatMap { Int64($0) }
                line.lastLoad = load == nil ? nil : found.first?[1]
            } catch {
                if error.interruption == .stopped { throw error }
                // One table that cannot be counted hides none of the others.
                note =
                    error.interruption == nil
                    ? error.message : "some tables were not counted: the time is over; see --timeout"
            }
            lines.append(line)
            if control.isInterrupted, control.interruption == .stopped { throw QueryFailure(.stopped) }
        }
    }

    /// - Parameter indented: children stand below their parents, moved to the right.
    func rows(indented: Bool) -> any QueryRows {
        let columns = [
            QueryColumn(name: "table", type: .text), QueryColumn(name: "columns", type: .bigint),
            QueryColumn(name: "rows", type: .bigint), QueryColumn(name: "last_load", type: .text),
        ]
        let more = [
            QueryColumn(name: "parent", type: .text), QueryColumn(name: "kind", type: .text),
            QueryColumn(name: "last_load_id", type: .text),
        ]
        return MemoryRows(
            columns + (indented ? [] : more),
            lines.map { line in
                let table = line.table
                let space = indented ? String(repeating: "  ", count: table.depth) : ""
                let time = line.lastLoad.flatMap { LoadID($0) }?.time
                let cells: [MemoryRows.Cell] = [
                    .text(space + table.name), .integer(Int64(table.columns.count)),
                    line.rows.map { .integer($0) } ?? .null, time.map { .text($0) } ?? (indented ? .text("") : .null),
                ]
                if indented { return cells }
                return cells + [
                    table.parent.map { .text($0) } ?? .null, .text("\(table.kind)"),
                    line.lastLoad.map { .text($0) } ?? .null,
                ]
            })
    }
}
