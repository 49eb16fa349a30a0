import DatasetReaders

/// Rows of one table that belong to the records at hand: values as JSON, found by the row that they belong to.
struct NestedRows {
    private var text: [UInt8] = []
    /// Where the values of all rows end, one after the other; a value that ends where it begins is null.
    private var ends: [Int] = []
    private let width: Int
    private(set) var ids: [String] = []
    private var places: [String: [Int]] = [:]

    init(columns: Int) { width = columns }

    mutating func removeAll() {
        text.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    /// Takes the values of the present row, of which the first is at a column.
    mutating func append(_ rows: any QueryRows, from first: Int, id: String, parent: String) {
        places[parent, default: []].append(ids.count)
        ids.append(id)
        for column in first..<(first + width) {
            let cell = rows.cell(column)
            if !cell.isNull { CellText.append(cell, to: &text) }
            ends.append(text.count)
        }
    }

    func rows(of parent: String) -> [Int] { places[parent] ?? [] }

    private func range(_ row: Int, _ column: Int) -> Range<Int> {
        let place = row * width + column
        return (place == 0 ? 0 : ends[place - 1])..<ends[place]
    }

    func isNull(_ row: Int, _ column: Int) -> Bool { range(row, column).isEmpty }

    func write(_ row: Int, _ column: Int, to output: inout [UInt8]) { output += text[range(row, column)] }
}
