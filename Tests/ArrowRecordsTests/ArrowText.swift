import Arrow
import ArrowRecords
import JSONText
import TestSupport

/// The records of all batches of a table.
func records(_ table: ArrowTable) throws -> [String] {
    let stream = ArrowStream()
    table.fill(stream.address)
    let columns = try stream.columns()
    let writer = ArrowRecordWriter(columns)
    let buffer = ByteBuffer()
    var records: [String] = []
    while let batch = try stream.next(columns) {
        for row in 0..<batch.rowCount {
            buffer.removeAll()
            try writer.write(row, of: batch, to: buffer)
            records.append(String(decoding: buffer.bytes, as: UTF8.self))
        }
    }
    stream.close()
    return records
}

/// The values of one column, as JSON.
func values(_ node: ArrowNode) throws -> [String] {
    let found = try records(ArrowTable([node], rows: node.length))
    return found.map { String($0.dropFirst("{\"c\":".count).dropLast()) }
}

/// Why a column is refused.
func refusal(_ node: ArrowNode) -> ArrowError? {
    do {
        _ = try values(node)
        return nil
    } catch { return error as? ArrowError }
}
