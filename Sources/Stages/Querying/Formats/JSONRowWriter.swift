import DatasetReaders
import JSONText

/// An object a line, or an array of them. A column that is there twice gets a number after its name, since an object has each key once.
final class JSONRowWriter: RowWriter {
    private let output: OutputWriter
    /// `{"a":` and `,"b":`, ready to be copied.
    private let keys: [[UInt8]]
    private let isArray: Bool
    private var isFirst = true
    private let tape = JSONTape()
    private let cells: UnsafeMutableBufferPointer<QueryCell>

    init(_ output: OutputWriter, _ columns: [QueryColumn], isArray: Bool) {
        self.output = output
        self.isArray = isArray
        cells = .allocate(capacity: columns.count)
        cells.initialize(repeating: .null)
        var known: Set<String> = []
        keys = columns.enumerated().map { index, column in
            var name = column.name
            var number = 2
            while !known.insert(name).inserted {
                name = "\(column.name)_\(number)"
                number += 1
            }
            return Array("\(index == 0 ? "{" : ",")\(JSONValue.string(name).serialized()):".utf8)
        }
    }

    deinit { cells.deallocate() }

    func begin() throws {
        if isArray { output.buffer.append(UInt8(ascii: "[")) }
    }

    func write(_ rows: any QueryRows) throws {
        let buffer = output.buffer
        if isArray { buffer.append(isFirst ? "\n" as StaticString : ",\n") }
        isFirst = false
        rows.print(into: cells)
        for column in cells.indices {
            buffer.append(keys[column])
            append(cells[column], to: buffer)
        }
        if keys.isEmpty { buffer.append(UInt8(ascii: "{")) }
        buffer.append(UInt8(ascii: "}"))
        if !isArray { buffer.append(UInt8(ascii: "\n")) }
        try output.flushIfFull()
    }

    func end() throws {
        if isArray { output.buffer.append(isFirst ? "]\n" as StaticString : "\n]\n") }
    }

    private func append(_ cell: QueryCell, to buffer: ByteBuffer) {
        switch cell {
        case .null: buffer.append("null" as StaticString)
        case .bool, .integer: buffer.append(plain: cell)
        case .double(let value) where value.isFinite: buffer.append(double: value)
        case .number(let bytes) where NumberForm.isNumber(bytes): buffer.append(bytes)
        case .json(let bytes) where isJSON(bytes):
            // One record a line, however the document was laid out: within strings line ends are escaped.
            for byte in bytes { buffer.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte) }
        case .text(let bytes), .json(let bytes), .time(let bytes), .number(let bytes):
            buffer.append(UInt8(ascii: "\""))
            buffer.append(escaped: bytes)
            buffer.append(UInt8(ascii: "\""))
        case .double, .binary:
            buffer.append(UInt8(ascii: "\""))
            buffer.append(plain: cell)
            buffer.append(UInt8(ascii: "\""))
        }
    }

    private func isJSON(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { (try? tape.scan(bytes)) != nil }
}
