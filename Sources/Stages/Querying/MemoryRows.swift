import DatasetReaders

/// Rows that are there already, for the formats that rows of a database have.
final class MemoryRows: QueryRows {
    enum Cell { case null, text(String), json(String), integer(Int64), double(Double), bool(Bool) }

    let columns: [QueryColumn]
    private let rows: [[Cell]]
    private var row = -1
    /// The texts of the row.
    private var texts: [[UInt8]]

    init(_ columns: [QueryColumn], _ rows: [[Cell]]) {
        self.columns = columns
        self.rows = rows
        texts = Array(repeating: [], count: columns.count)
    }

    func next() -> Bool {
        row += 1
        return row < rows.count
    }

    func cell(_ column: Int) -> QueryCell {
        switch rows[row][column] {
        case .null: return .null
        case .integer(let value): return .integer(value)
        case .double(let value): return .double(value)
        case .bool(let value): return .bool(value)
        case .text(let text): return .text(view(text, column))
        case .json(let text): return .json(view(text, column))
        }
    }

    private func view(_ text: String, _ column: Int) -> UnsafeBufferPointer<UInt8> {
        texts[column] = Array(text.utf8)
        // The array stays where it is until it is written again.
        return texts[column].withUnsafeBufferPointer { UnsafeBufferPointer(start: $0.baseAddress, count: $0.count) }
    }

    func close() {}
}
