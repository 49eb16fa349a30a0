import DatasetReaders
import JSONText

/// Tabs between values, as PostgreSQL's COPY writes them: NULL is `\N`; tabs, line ends and backslashes in a text are `\t`, `\n`, `\r`, `\\`.
final class TSVWriter: RowWriter {
    private let output: OutputWriter
    private let columns: [QueryColumn]

    init(_ output: OutputWriter, _ columns: [QueryColumn]) {
        self.output = output
        self.columns = columns
    }

    func begin() throws {
        for (index, column) in columns.enumerated() {
            if index > 0 { output.buffer.append(UInt8(ascii: "\t")) }
            var name = column.name
            name.withUTF8 { append(text: $0) }
        }
        output.buffer.append(UInt8(ascii: "\n"))
    }

    func write(_ rows: any QueryRows) throws {
        let buffer = output.buffer
        for column in columns.indices {
            if column > 0 { buffer.append(UInt8(ascii: "\t")) }
            switch rows.cell(column) {
            case .null: buffer.append("\\N" as StaticString)
            case .text(let bytes), .json(let bytes): append(text: bytes)
            case let cell: buffer.append(plain: cell)
            }
        }
        buffer.append(UInt8(ascii: "\n"))
        try output.flushIfFull()
    }

    func end() throws {}

    private func append(text bytes: UnsafeBufferPointer<UInt8>) {
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
