import DatasetReaders
import JSONText
import ProgramSupport

/// A value a line, a blank line between rows: for rows that are wider than any screen.
final class LineWriter: RowWriter {
    private let output: OutputWriter
    private let columns: [QueryColumn]
    private let width: Int
    private var isFirst = true

    init(_ output: OutputWriter, _ columns: [QueryColumn]) {
        self.output = output
        self.columns = columns
        width = columns.map { TerminalText.width(TerminalText.oneLine($0.name)) }.max() ?? 0
    }

    func begin() throws {}

    func write(_ rows: any QueryRows) throws {
        if !isFirst { output.buffer.append(UInt8(ascii: "\n")) }
        isFirst = false
        for (index, column) in columns.enumerated() {
            let name = TerminalText.oneLine(column.name)
            let padding = String(repeating: " ", count: max(width - TerminalText.width(name), 0))
            output.buffer.append("\(padding)\(name)  \(TerminalText.shown(rows.cell(index)))\n")
        }
        try output.flushIfFull()
    }

    func end() throws {}
}

/// The last value of each row, as a plan is read.
final class PlainWriter: RowWriter {
    private let output: OutputWriter

    init(_ output: OutputWriter) { self.output = output }

    func begin() throws {}

    func write(_ rows: any QueryRows) throws {
        // SQLite's plans have numbers before it, which mean nothing to a reader; DuckDB's have a word.
        let last = rows.columns.count - 1
        if last >= 0 { output.buffer.append(plain: rows.cell(last)) }
        output.buffer.append(UInt8(ascii: "\n"))
        try output.flushIfFull()
    }

    func end() throws {}
}
