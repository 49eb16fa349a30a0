import DatasetReaders
import RelationalSQL
import Schemas

/// What a scan finds out about each column of a table, as far as its time goes.
struct QuickProfile {
    private(set) var columns: [ColumnProfile]
    private(set) var rows = 0
    /// Whether the time was over before the last row.
    private(set) var isPartial = false

    /// Of all columns together; more values are estimated.
    private static let exactDistinct = 200_000

    init(_ table: DatasetTable, _ session: any ReadingSession, limit: TimeLimit) throws {
        let share = max(Self.exactDistinct / max(table.columns.count, 1), 1000)
        columns = Array(repeating: ColumnProfile(exactDistinct: share), count: table.columns.count)
        let dialect = session.dialect
        let names = table.columns.map { dialect.quote($0.name) }.joined(separator: ", ")
        let found = try session.open(
            Query("SELECT \(names) FROM \(dialect.table(table.name))", types: table.columns.map(\.type)))
        defer { found.close() }
        let load = table.columns.firstIndex { $0.name.lowercased() == SystemColumns.loadID }
        while try found.next() {
            // At least some rows, whatever the time.
            if rows >= 200, rows & 0x3F == 0, limit.isOver {
                isPartial = true
                return
            }
            rows += 1
            let loadID = load.flatMap { found.cell($0).string }
            for column in columns.indices { columns[column].add(found.cell(column), load: loadID) }
        }
    }
}
