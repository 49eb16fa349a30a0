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
            name.withUTF8 { append(text: $0, to: output.buffer) }
        }
        output.buffer.append(UInt8(ascii: "\n"))
    }

    func write(_ rows: any QueryRows) throws {
        // Counted once for a row, and not for each value.
        let buffer = output.buffer
        rows.print(into: cells)
        for column in cells.indices {
            if column > 0 { buffer.append(mark) }
            switch cells[column] {
            case .null: if style == .tabs { buffer.append("\\N" as StaticString) }
            case .text(let bytes), .json(let bytes): append(text: bytes, to: buffer)
            case .number(let bytes), .time(let bytes): buffer.append(bytes)
            case let cell: buffer.append(plain: cell)
            }
        }
        buffer.append(UInt8(ascii: "\n"))
        try output.flushIfFull()
    }

    func end() throws {}

    @inline(__always)
    private func append(text bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
        switch style {
        case .commas: Self.append(quoted: bytes, to: buffer)
        case .tabs: Self.append(escaped: bytes, to: buffer)
        }
    }

    @inline(__always)
    private static func append(quoted bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
        guard bytes.isEmpty || needsQuotes(bytes) else { return buffer.append(bytes) }
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
        // To the end, whatever is found: so the compiler looks at many bytes at once.
        var found: UInt8 = 0
        for byte in bytes {
            found |= byte == 0x22 ? 1 : 0
            found |= byte == 0x2C ? 1 : 0
            found |= byte == 0x0A ? 1 : 0
            found |= byte == 0x0D ? 1 : 0
        }
        return found != 0
    }

    private static func append(escaped bytes: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
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
