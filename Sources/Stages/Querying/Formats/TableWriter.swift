import DatasetReaders
import JSONText
import ProgramSupport
import Schemas

/// Columns that are aligned for people. Widths come from the first rows, so that any number of them can follow in constant memory; on a
/// terminal the widest columns are cut to fit, and where too many do not fit at all, rows are written a value a line.
final class TableWriter: RowWriter {
    private let output: OutputWriter
    private let columns: [QueryColumn]
    /// Of the terminal; nil where nothing is cut.
    private let width: Int?
    private var held: [[String]] = []
    private var heldBytes = 0
    private var widths: [Int]?
    private var lines: LineWriter?

    private static let mostHeld = 1000
    private static let mostHeldBytes = 1 << 20
    private static let leastWidth = 6

    init(_ output: OutputWriter, _ columns: [QueryColumn], width: Int?) {
        self.output = output
        self.columns = columns
        self.width = width
        let least = columns.count * (TableWriter.leastWidth + 2) - 2
        if let width, least > width { lines = LineWriter(output, columns) }
    }

    func begin() throws {}

    func write(_ rows: any QueryRows) throws {
        if let lines { return try lines.write(rows) }
        let cells = columns.indices.map { TerminalText.shown(rows.cell($0)) }
        if let widths {
            append(cells, widths)
            return try output.flushIfFull()
        }
        held.append(cells)
        heldBytes += cells.reduce(0) { $0 + $1.utf8.count }
        if held.count >= TableWriter.mostHeld || heldBytes >= TableWriter.mostHeldBytes { try settle() }
    }

    func end() throws {
        if lines == nil, widths == nil { try settle() }
    }

    /// Decides about the widths, and writes what was held.
    private func settle() throws {
        let names = columns.map { TerminalText.oneLine($0.name) }
        let types = columns.map { $0.type?.rawValue ?? $0.storedType }
        let showsTypes = columns.contains { !$0.storedType.isEmpty }
        var widths = columns.indices.map { column in
            max(
                TerminalText.width(names[column]), showsTypes ? types[column].utf8.count : 0,
                held.map { TerminalText.width($0[column]) }.max() ?? 0)
        }
        if let width {
            while widths.reduce(0, +) + 2 * (widths.count - 1) > width,
                let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
                widths[widest] > TableWriter.leastWidth
            { widths[widest] -= 1 }
        }
        self.widths = widths
        append(names, widths)
        if showsTypes { append(types, widths) }
        output.buffer.append(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") + "\n")
        for cells in held { append(cells, widths) }
        held = []
        try output.flushIfFull()
    }

    private func append(_ cells: [String], _ widths: [Int]) {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let shown = TerminalText.cut(cell, to: width == nil ? nil : widths[column])
            let padding = String(repeating: " ", count: max(widths[column] - TerminalText.width(shown), 0))
            if column > 0 { line += "  " }
            line += columns[column].isNumber ? padding + shown : column == cells.count - 1 ? shown : shown + padding
        }
        while line.utf8.last == 0x20 { line.removeLast() }
        output.buffer.append(line + "\n")
    }
}
