import Arrow
import ArrowRecords
import JSONText
import TestSupport

extension FuzzTarget {
    /// Whatever a sender's formats, offsets and places are: a column is refused in words, or its values are JSON.
    ///
    /// Offset, length and kind, each a digit; a line with the format; the values' buffer, and after it what it points into.
    static let arrow = FuzzTarget(name: "arrow") { bytes in
        var input = FuzzInput(bytes)
        let (offset, length, kind) = (input.option(below: 10), input.option(below: 10), input.option(below: 4))
        let format = String(decoding: input.line(), as: UTF8.self)
        let rest = input.bytes
        guard let type = ArrowType(format: format) else { return }
        let node = ArrowNode(format, length: length)
        node.offset = offset
        node.fill(type, rest, rows: offset + length)
        if kind == 1, !node.buffers.isEmpty {
            (node.buffers[0], node.nullCount) = (rest + [UInt8](repeating: 0, count: 4), -1)
        }
        if kind == 2 {
            node.metadata = [
                ("ARROW:extension:name", rest.first.map { $0 % 2 == 0 } ?? true ? "arrow.json" : "arrow.uuid")
            ]
        }
        if kind == 3 { node.metadata = [("ADBC:postgresql:typname", "numeric")] }
        let table = ArrowTable([node], rows: length)
        let stream = ArrowStream()
        table.fill(stream.address)
        let columns = try stream.columns()
        let writer = ArrowRecordWriter(columns)
        let record = ByteBuffer()
        while let batch = try stream.next(columns) {
            for row in 0..<batch.rowCount {
                record.removeAll()
                try writer.write(row, of: batch, to: record)
                let text = Array(record.bytes)
                try require(StrictJSON.accepts(text) != false, "not JSON: \(String(decoding: text, as: UTF8.self))")
                try require(!text.contains(0x0A), "a line break in a record")
            }
        }
    }
}

extension ArrowNode {
    /// Gives the column buffers as large as the specification says for its type and the last offset; what is in them comes from the input.
    fileprivate func fill(_ type: ArrowType, _ input: [UInt8], rows: Int) {
        func buffer(_ count: Int) -> [UInt8] {
            Array(input.prefix(count)) + [UInt8](repeating: 0, count: max(count - input.count, 0))
        }
        func offsets(_ width: Int) -> (bytes: [UInt8], last: Int) {
            var bytes = buffer((rows + 1) * width)
            var last = bytes.withUnsafeBytes {
                width == 4
                    ? Int($0.loadUnaligned(fromByteOffset: rows * 4, as: Int32.self))
                    : $0.loadUnaligned(fromByteOffset: rows * 8, as: Int.self)
            }
            if last > 4096 {
                last %= 4096
                let small = width == 4 ? ArrowNode.bytes([Int32(last)]) : ArrowNode.bytes([last])
                bytes.replaceSubrange((rows * width)..., with: small)
            }
            return (bytes, last)
        }
        func tail(_ used: Int, _ count: Int) -> [UInt8] {
            let bytes = Array(input.dropFirst(used).prefix(count))
            return bytes + [UInt8](repeating: 0x61, count: max(count - bytes.count, 0))
        }
        switch type {
        case .null: buffers = []
        case .bool: buffers = [nil, buffer(rows / 8 + 1)]
        case .text(.views), .binary(.views):
            let blocks = [tail(rows * 16, 40), tail(rows * 16 + 40, 5)]
            buffers = [nil, buffer(rows * 16)] + blocks + [ArrowNode.bytes(blocks.map { Int64($0.count) })]
        case .text(let layout), .binary(let layout):
            let found = offsets(layout == .large ? 8 : 4)
            buffers = [nil, found.bytes, tail(found.bytes.count, max(found.last, 0))]
        case .list(let layout):
            let found = offsets(layout == .large ? 8 : 4)
            buffers = [nil, found.bytes]
            children = [child(max(found.last, 0))]
        case .map:
            let found = offsets(4)
            buffers = [nil, found.bytes]
            let count = max(found.last, 0)
            let entries = ArrowNode("+s", "entries", length: count, [nil], children: [child(count), child(count)])
            children = [entries]
        case .fixedList(let count) where count <= 100:
            buffers = [nil]
            children = [child(rows * count)]
        case .fixedList:
            buffers = [nil]
            children = [child(8)]
        case .structure:
            buffers = [nil]
            children = [child(rows), child(rows)]
        case .fixedBinary(let count): buffers = [nil, count <= 1000 ? buffer(rows * count) : nil]
        case .monthDayNano: buffers = [nil, buffer(rows * 16)]
        case .decimal(_, _, let count): buffers = [nil, buffer(rows * count)]
        default: buffers = [nil, buffer(rows * 8)]
        }
    }

    private func child(_ count: Int) -> ArrowNode {
        ArrowNode("c", "item", values: (0..<count).map { Int8(truncatingIfNeeded: $0) })
    }
}
