import DatasetReaders
import JSONText

/// Rows as INSERT statements of standard SQL, into a table called `rows`.
final class InsertWriter: RowWriter {
    private let output: OutputWriter
    private let head: String

    init(_ output: OutputWriter, _ columns: [QueryColumn]) {
        self.output = output
        let names = columns.map { "\"" + $0.name.replacing("\"", with: "\"\"") + "\"" }
        head = "INSERT INTO \"rows\" (\(names.joined(separator: ", "))) VALUES ("
    }

    func begin() throws {}

    func write(_ rows: any QueryRows) throws {
        let buffer = output.buffer
        buffer.append(head)
        for column in rows.columns.indices {
            if column > 0 { buffer.append(", " as StaticString) }
            append(rows.cell(column), to: buffer)
        }
        buffer.append(");\n" as StaticString)
        try output.flushIfFull()
    }

    func end() throws {}

    private func append(_ cell: QueryCell, to buffer: ByteBuffer) {
        switch cell {
        case .null: buffer.append("NULL" as StaticString)
        case .bool(let value): buffer.append(value ? "TRUE" as StaticString : "FALSE")
        case .integer: buffer.append(plain: cell)
        case .double(let value) where value.isFinite: buffer.append(double: value)
        case .number(let bytes) where NumberForm.isNumber(bytes): buffer.append(bytes)
        case .binary(let bytes):
            buffer.append("X'" as StaticString)
            for byte in bytes {
                for nibble in [byte >> 4, byte & 15] { buffer.append(nibble < 10 ? 0x30 + nibble : 0x37 + nibble) }
            }
            buffer.append(UInt8(ascii: "'"))
        case .text(let bytes), .json(let bytes), .time(let bytes), .number(let bytes):
            buffer.append(UInt8(ascii: "'"))
            for byte in bytes {
                if byte == UInt8(ascii: "'") { buffer.append(byte) }
                buffer.append(byte)
            }
            buffer.append(UInt8(ascii: "'"))
        case .double:
            buffer.append(UInt8(ascii: "'"))
            buffer.append(plain: cell)
            buffer.append(UInt8(ascii: "'"))
        }
    }
}
