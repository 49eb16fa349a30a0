import DatasetReaders
import JSONText

/// A row a line, with the same mark between its values.
final class DelimitedWriter: RowWriter {
    enum Style {
        /// RFC 4180 with line feeds: NULL is nothing, an empty text is `""`.
        case commas
        /// As PostgreSQL's COPY writes it: NULL is `\N`; tabs, line ends and backslashes in a text are `\t`, `\n`, `\r`, `\\`.
        case tabs
    }

    private let output: OutputWriter
    private let columns: [QueryColumn]
    private let style: Style
    private let mark: UInt8
    private let cells: UnsafeMutableBufferPointer<QueryCell>

    init(_ output: OutputWriter, _ columns: [QueryColumn], _ style: Style) {
        self.output = output
        self.columns = columns
        self.style = style
        mark = style == .commas ? UInt8(ascii: ",") : UInt8(ascii: "\t")
        cells = .allocate(capacity: columns.count)
        cells.initialize(repeating: .null)
    }

    deinit { cells.deallocate() }

    func begin() throws {
        for (index, column) in columns.enumerated() {
            if index > 0 { output.buffer.append(mark) }
            var name = column.name
            name.withUTF8 { append(text: $0) }
        }
        output.buffer.append(UInt8(ascii: "\n"))
    }

    func write(_ rows: any QueryRows) throws {
        let buffer = output.buffer
        rows.print(into: cells)
        for column in cells.indices {
            if column > 0 { buffer.append(mark) }
            switch cells[column] {
            case .null: if style == .tabs { buffer.append("\\N" as StaticString) }
            case .text(let bytes), .json(let bytes): append(text: bytes)
            case .number(let bytes), .time(let bytes): buffer.append(bytes)
            case let cell: buffer.append(plain: cell)
            }
        }
        buffer.append(UInt8(ascii: "\n"))
        try output.flushIfFull()
    }

    func end() throws {}

    private func append(text bytes: UnsafeBufferPointer<UInt8>) {
        switch style {
        case .commas: append(quoted: bytes)
        case .tabs: append(escaped: bytes)
        }
    }

    private func append(quoted bytes: UnsafeBufferPointer<UInt8>) {
        let buffer = output.buffer
        guard bytes.isEmpty || DelimitedWriter.needsQuotes(bytes) else { return buffer.append(bytes) }
        buffer.append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { buffer.append(byte) }
            buffer.append(byte)
        }
        buffer.append(UInt8(ascii: "\""))
    }

    /// Also where a space at an end might be taken away by who reads it.
    private static func needsQuotes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes.first == 0x20 || bytes.last == 0x20 { return true }
        for byte in bytes where byte == 0x22 || byte == 0x2C || byte == 0x0A || byte == 0x0D { return true }
        return false
    }

    private func append(escaped bytes: UnsafeBufferPointer<UInt8>) {
        let buffer = output.buffer
        for byte in bytes {
            switch byte {
            case 0x09: buffer.append("\\t" as StaticString)
            case 0x0A: buffer.append("\\n" as StaticString)
            case 0x0D: buffer.append("\\r" as StaticString)
            case 0x5C: buffer.append("\\\\" as StaticString)
            default: buffer.append(byte)
            }
        }
    }
}
