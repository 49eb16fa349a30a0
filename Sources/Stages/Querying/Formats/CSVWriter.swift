import DatasetReaders
import JSONText

/// RFC 4180 with line feeds: NULL is nothing, an empty text is `""`.
final class CSVWriter: RowWriter {
    private let output: OutputWriter
    private let columns: [QueryColumn]

    init(_ output: OutputWriter, _ columns: [QueryColumn]) {
        self.output = output
        self.columns = columns
    }

    func begin() throws {
        for (index, column) in columns.enumerated() {
            if index > 0 { output.buffer.append(UInt8(ascii: ",")) }
            var name = column.name
            name.withUTF8 { append(text: $0) }
        }
        output.buffer.append(UInt8(ascii: "\n"))
    }

    func write(_ rows: any QueryRows) throws {
        let buffer = output.buffer
        for column in columns.indices {
            if column > 0 { buffer.append(UInt8(ascii: ",")) }
            switch rows.cell(column) {
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
        guard bytes.isEmpty || CSVWriter.needsQuotes(bytes) else { return buffer.append(bytes) }
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
}
