import CArrow

/// A column for tests, laid out by hand: nothing of it is checked, so it may contradict itself.
package final class ArrowNode {
    package var format: String
    package var name: String
    package var isNullable = true
    package var metadata: [(key: String, value: String)] = []
    package var length: Int
    package var offset = 0
    package var nullCount = 0
    package var buffers: [[UInt8]?]
    package var children: [ArrowNode]
    package var dictionary: ArrowNode?
    /// What is said instead of the number of buffers or children that there are.
    package var bufferCount: Int?
    package var childCount: Int?

    package init(
        _ format: String, _ name: String = "c", length: Int, _ buffers: [[UInt8]?] = [], children: [ArrowNode] = [],
        dictionary: ArrowNode? = nil
    ) {
        self.format = format
        self.name = name
        self.length = length
        self.buffers = buffers
        self.children = children
        self.dictionary = dictionary
    }

    /// A column of values of a fixed size, none of which is null.
    package convenience init<Value: BitwiseCopyable>(_ format: String, _ name: String = "c", values: [Value]) {
        self.init(format, name, length: values.count, [nil, ArrowNode.bytes(values)])
    }

    /// A column of texts or bytes, with offsets of 32 bits; nil is null.
    package convenience init(_ format: String, _ name: String = "c", texts: [String?]) {
        var offsets: [Int32] = [0]
        var data: [UInt8] = []
        for text in texts {
            data += Array((text ?? "").utf8)
            offsets.append(Int32(data.count))
        }
        let bits = ArrowNode.bits(texts.map { $0 != nil })
        self.init(format, name, length: texts.count, [bits, ArrowNode.bytes(offsets), data])
        nullCount = texts.count { $0 == nil }
    }

    package static func bytes<Value: BitwiseCopyable>(_ values: [Value]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }

    /// A bit for each value, the lowest bit of a byte first.
    package static func bits(_ flags: [Bool]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (flags.count + 7) / 8)
        for (index, flag) in flags.enumerated() where flag { bytes[index / 8] |= 1 << UInt8(index % 8) }
        return bytes
    }
}

/// Batches of such columns as one of Arrow's C streams. The memory of everything it hands out is its own.
package final class ArrowTable {
    private let root: ArrowNode
    private var batchesLeft: Int
    private let failure: String?
    private var allocations: [UnsafeMutableRawPointer] = []
    /// How often a schema or an array was released.
    package private(set) var releases = 0

    /// - Parameters:
    ///   - batches: how many batches the stream has, all of them the same.
    ///   - failure: what the stream reports after them instead of its end.
    package init(_ columns: [ArrowNode], rows: Int, batches: Int = 1, failure: String? = nil) {
        root = ArrowNode("+s", "", length: rows, [nil], children: columns)
        batchesLeft = batches
        self.failure = failure
    }

    deinit { for allocation in allocations { allocation.deallocate() } }

    /// The struct of the batches.
    package var batch: ArrowNode { root }

    /// Fills in a stream, which must not outlive the table.
    package func fill(_ address: UnsafeMutableRawPointer) {
        let stream = address.assumingMemoryBound(to: ArrowArrayStream.self)
        stream.pointee.private_data = Unmanaged.passUnretained(self).toOpaque()
        stream.pointee.get_schema = { stream, schema in
            guard let stream, let schema else { return 22 }
            let table = ArrowTable.from(stream.pointee.private_data)
            schema.pointee = table.schema(table.root)
            return 0
        }
        stream.pointee.get_next = { stream, array in
            guard let stream, let array else { return 22 }
            let table = ArrowTable.from(stream.pointee.private_data)
            guard table.batchesLeft > 0 else {
                array.pointee.release = nil
                return table.failure == nil ? 0 : 5
            }
            table.batchesLeft -= 1
            array.pointee = table.array(table.root)
            return 0
        }
        stream.pointee.get_last_error = { stream in
            guard let stream else { return nil }
            let table = ArrowTable.from(stream.pointee.private_data)
            return table.failure.map { UnsafePointer(table.text($0)) }
        }
        stream.pointee.release = { $0?.pointee.release = nil }
    }

    private static func from(_ data: UnsafeMutableRawPointer?) -> ArrowTable {
        guard let data else { fatalError("a struct without its table") }
        return Unmanaged<ArrowTable>.fromOpaque(data).takeUnretainedValue()
    }

    // MARK: Structs in memory

    private func schema(_ node: ArrowNode) -> ArrowSchema {
        var schema = ArrowSchema()
        schema.format = UnsafePointer(text(node.format))
        schema.name = UnsafePointer(text(node.name))
        if !node.metadata.isEmpty { schema.metadata = UnsafePointer(metadata(node.metadata)) }
        schema.flags = node.isNullable ? Int64(ARROW_FLAG_NULLABLE) : 0
        schema.n_children = Int64(node.childCount ?? node.children.count)
        schema.children = pointers(node.children.map { place(self.schema($0)) })
        schema.dictionary = node.dictionary.map { place(self.schema($0)) }
        schema.private_data = Unmanaged.passUnretained(self).toOpaque()
        schema.release = { schema in
            guard let schema else { return }
            ArrowTable.from(schema.pointee.private_data).releases += 1
            schema.pointee.release = nil
        }
        return schema
    }

    private func array(_ node: ArrowNode) -> ArrowArray {
        var array = ArrowArray()
        array.length = Int64(node.length)
        array.null_count = Int64(node.nullCount)
        array.offset = Int64(node.offset)
        array.n_buffers = Int64(node.bufferCount ?? node.buffers.count)
        let buffers = pointers(node.buffers.map { $0.map { place($0) } })
        array.buffers = buffers.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: UnsafeRawPointer?.self) }
        array.n_children = Int64(node.childCount ?? node.children.count)
        array.children = pointers(node.children.map { place(self.array($0)) })
        array.dictionary = node.dictionary.map { place(self.array($0)) }
        array.private_data = Unmanaged.passUnretained(self).toOpaque()
        array.release = { array in
            guard let array else { return }
            ArrowTable.from(array.pointee.private_data).releases += 1
            array.pointee.release = nil
        }
        return array
    }

    private func place<Value>(_ value: Value) -> UnsafeMutablePointer<Value> {
        let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        memory.initialize(to: value)
        allocations.append(memory)
        return memory
    }

    private func place(_ bytes: [UInt8]) -> UnsafeMutablePointer<UInt8> {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        memory.initialize(from: bytes, count: bytes.count)
        allocations.append(memory)
        return memory
    }

    private func pointers<Value>(_ values: [UnsafeMutablePointer<Value>?]) -> UnsafeMutablePointer<
        UnsafeMutablePointer<Value>?
    >? {
        guard !values.isEmpty else { return nil }
        let memory = UnsafeMutablePointer<UnsafeMutablePointer<Value>?>.allocate(capacity: values.count)
        memory.initialize(from: values, count: values.count)
        allocations.append(memory)
        return memory
    }

    private func text(_ text: String) -> UnsafeMutablePointer<CChar> {
        UnsafeMutableRawPointer(place(Array(text.utf8) + [0])).assumingMemoryBound(to: CChar.self)
    }

    private func metadata(_ pairs: [(key: String, value: String)]) -> UnsafeMutablePointer<CChar> {
        var bytes = ArrowNode.bytes([Int32(pairs.count)])
        for pair in pairs {
            for text in [pair.key, pair.value] { bytes += ArrowNode.bytes([Int32(text.utf8.count)]) + Array(text.utf8) }
        }
        return UnsafeMutableRawPointer(place(bytes)).assumingMemoryBound(to: CChar.self)
    }
}
