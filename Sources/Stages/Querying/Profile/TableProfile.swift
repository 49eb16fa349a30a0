import DatasetReaders
import JSONText
import QueryExpressions
import RelationalSQL
import Schemas

/// A scan of a table, and what is known of each column then.
struct TableProfile {
    private let table: DatasetTable
    private let names: [String]
    private let types: [QueryType]
    private(set) var columns: [ColumnProfile]
    private(set) var rows = 0
    /// Rows that belong to no row above; nil for tables without one above.
    private(set) var orphans: Int?

    /// Different values that are counted exactly, of all columns together, so that memory stays bounded.
    private static let exact = 1_000_000

    init(
        _ table: DatasetTable, _ run: PortableRun, _ session: any ReadingSession, _ catalog: DatasetCatalog
    ) throws {
        self.table = table
        let statement = try run.statement(table.name, session, catalog)
        let names = statement.columns.map(\.name)
        self.names = names
        types = statement.columns.map(\.type)
        let share = max(TableProfile.exact / max(names.count, 1), 10_000)
        columns = Array(repeating: ColumnProfile(exactDistinct: share), count: names.count)
        let found = try session.open(statement.query)
        defer { found.close() }
        let load = names.firstIndex { $0.lowercased() == SystemColumns.loadID }
        while try found.next() {
            rows += 1
            let loadID = load.flatMap { found.cell($0).string }
            for column in columns.indices { columns[column].add(found.cell(column), load: loadID) }
        }
        orphans = try countOrphans(session, catalog)
    }

    private func countOrphans(_ session: any ReadingSession, _ catalog: DatasetCatalog) throws -> Int? {
        guard let parent = table.parent.flatMap({ catalog.table($0) }), let key = table.keys.parent,
            let row = parent.keys.row
        else { return nil }
        let dialect = session.dialect
        let (below, above) = (dialect.quote("below"), dialect.quote("above"))
        let sql = """
            SELECT count(*) FROM \(dialect.table(table.name)) AS \(below) WHERE NOT EXISTS (SELECT 1 FROM \
            \(dialect.table(parent.name)) AS \(above) WHERE \(above).\(dialect.quote(row)) = \(below).\(dialect.quote(key)))
            """
        return try session.texts(Query(sql)).first?.first.flatMap { $0 }.flatMap { Int($0) }
    }

    // MARK: Printing

    /// - Parameter isShort: what fits a terminal.
    func lines(isShort: Bool) -> MemoryRows {
        typealias Cell = MemoryRows.Cell
        var heads: [QueryColumn] = []
        var lines: [[Cell]] = columns.map { _ in [] }
        func add(_ name: String, _ type: DataType, isLong: Bool = false, _ cell: (Int) -> Cell) {
            if isShort && isLong { return }
            heads.append(QueryColumn(name: name, type: type))
            for place in columns.indices { lines[place].append(cell(place)) }
        }
        func number(_ value: Double?) -> Cell { value.map { .double(($0 * 1e6).rounded() / 1e6) } ?? .null }
        func text(_ value: String?) -> Cell { value.map { .text($0) } ?? .null }
        add("column", .text) { .text(names[$0]) }
        add("type", .text) { .text(types[$0].name) }
        add("rows", .bigint, isLong: true) { _ in .integer(Int64(rows)) }
        add("nulls", .bigint) { .integer(Int64(columns[$0].nulls)) }
        add("empty", .bigint, isLong: true) { .integer(Int64(columns[$0].empty)) }
        add("distinct", .bigint) { .integer(Int64(columns[$0].distinct.count)) }
        add("distinct_is_estimate", .bool, isLong: true) { .bool(columns[$0].distinct.isEstimate) }
        add("min", .text) { text(columns[$0].least) }
        add("max", .text) { text(columns[$0].most) }
        add("mean", .double) { number(columns[$0].mean) }
        add("sd", .double, isLong: true) { number(columns[$0].deviation) }
        for (place, name) in ["quartile_1", "median", "quartile_3"].enumerated() {
            add(name, .double, isLong: true) { number(columns[$0].quartiles?[place]) }
        }
        add("quartiles_are_estimates", .bool, isLong: true) { .bool(columns[$0].quartilesAreEstimates) }
        add("shortest", .bigint, isLong: true) { columns[$0].lengths.map { .integer(Int64($0.shortest)) } ?? .null }
        add("longest", .bigint, isLong: true) { columns[$0].lengths.map { .integer(Int64($0.longest)) } ?? .null }
        add("mean_length", .double, isLong: true) { number(columns[$0].meanLength) }
        add("top", isShort ? .text : .json) { isShort ? text(top($0)) : topDocument($0).map { .json($0) } ?? .null }
        add("top_is_estimate", .bool, isLong: true) { .bool(columns[$0].frequenciesAreEstimates) }
        add("looks_like", .text, isLong: true) { text(columns[$0].look.name) }
        add("last_load", .text, isLong: true) { text(columns[$0].lastLoad) }
        add("notes", .text) { text(notes($0)) }
        return MemoryRows(heads, lines)
    }

    private func top(_ place: Int) -> String? {
        let top = columns[place].top
        return top.isEmpty ? nil : top.map { "\($0.value) \($0.count)" }.joined(separator: ", ")
    }

    /// `[{"value":"Linz","count":12}]`
    private func topDocument(_ place: Int) -> String? {
        let top = columns[place].top
        guard !top.isEmpty else { return nil }
        return JSONValue.array(
            top.map { .object(["value": .string($0.value), "count": .number(String($0.count))]) }
        ).serialized()
    }

    private func notes(_ place: Int) -> String? {
        let column = columns[place]
        var notes: [String] = []
        if rows > 0, column.nulls == rows { notes.append("empty") }
        if column.distinct.count == 1, column.nulls == 0, rows > 1 { notes.append("constant") }
        if rows > 1, column.nulls == 0, !column.distinct.isEstimate, column.distinct.count == rows {
            notes.append("key candidate")
        }
        if let look = column.look.name { notes.append("looks like \(look)") }
        if column.distinct.isEstimate { notes.append("distinct is an estimate") }
        if let mark = names[place].ranges(of: "__v_").last,
            table[column: names[place]]?.definition?.has("variant") == true, rows > 0
        {
            let share = (Double(column.values) / Double(rows) * 1000).rounded() / 10
            notes.append("variant of \(names[place][..<mark.lowerBound]) in \(share) % of rows")
        }
        if let orphans, orphans > 0, table.keys.parent == names[place] {
            notes.append("\(orphans) rows without a parent")
        }
        return notes.isEmpty ? nil : notes.joined(separator: "; ")
    }
}
