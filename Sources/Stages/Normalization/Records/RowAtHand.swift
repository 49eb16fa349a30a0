import Coercion

/// The current row: a cell for each column with a value, and the lists whose elements become rows below it.
final class RowAtHand {
    struct Cell: BitwiseCopyable {
        let slot: Int
        var value: Scalar
        /// The key of the value; nil for our own columns.
        var entry: UnsafeMutablePointer<KeyEntry>?
    }

    struct OpenList: BitwiseCopyable {
        /// The index in the table's `lists`.
        let list: Int
        /// Its node on the tape.
        var node: Int
    }

    private(set) var cells = Stack<Cell>()
    /// Lists of all open rows, those of the outermost row first.
    private(set) var lists = Stack<OpenList>()
    /// Counts rows: a column or list with an older number has not appeared in this one.
    private var serial = 0

    deinit {
        cells.release()
        lists.release()
    }

    /// Begins a row without cells; the lists of the rows above it stay.
    func begin() {
        serial += 1
        cells.truncate(to: 0)
    }

    func dropLists(from place: Int) { lists.truncate(to: place) }

    // MARK: Cells

    /// The value of a column, if it has one.
    func value(of slot: Int, _ table: RowTable) -> Scalar? { table.cell(of: slot, in: serial).map { cells[$0].value } }

    /// Puts a value into a column's cell; the last of several counts, at the position of the first.
    @inline(__always)
    func set(_ slot: Int, _ value: Scalar, _ table: RowTable, from entry: UnsafeMutablePointer<KeyEntry>? = nil) {
        if let cell = table.occupy(slot: slot, in: serial, cell: cells.count) {
            cells.base[cell].value = value
        } else {
            cells.append(Cell(slot: slot, value: value, entry: entry))
        }
    }

    func setList(_ list: Int, node: Int, _ table: RowTable) {
        if let place = table.occupy(list: list, in: serial, place: lists.count) {
            lists.base[place].node = node
        } else {
            lists.append(OpenList(list: list, node: node))
        }
    }

    /// Drops the cells that the schema's filters leave out.
    func dropExcludedCells(_ table: RowTable) {
        var kept = 0
        for place in 0..<cells.count where !table.slots[cells[place].slot].isExcluded {
            cells[kept] = cells[place]
            kept += 1
        }
        cells.truncate(to: kept)
    }
}
