import CArrow

/// Batches of rows that another library sends.
package final class ArrowStream {
    /// The struct, for the library to fill in.
    package var address: UnsafeMutableRawPointer { UnsafeMutableRawPointer(stream) }

    private let stream: UnsafeMutablePointer<ArrowArrayStream>

    package init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: ArrowArrayStream())
    }

    deinit {
        close()
        stream.deallocate()
    }

    /// Ends the sender's work.
    package func close() {
        stream.pointee.release?(stream)
        stream.pointee.release = nil
    }

    /// The columns of all batches.
    package func columns() throws(ArrowError) -> [ArrowField] {
        guard stream.pointee.release != nil, let read = stream.pointee.get_schema else {
            throw ArrowError(.malformed, "the stream is closed")
        }
        var schema = ArrowSchema()
        try check(read(stream, &schema))
        defer { schema.release?(&schema) }
        guard schema.release != nil else { throw ArrowError(.malformed, "the stream has no schema") }
        let root = try ArrowField(&schema, root: true)
        guard root.type == .structure, root.indexType == nil else {
            throw ArrowError(.malformed, "the stream has no columns")
        }
        return root.children
    }

    /// The next batch; nil at the end.
    package func next(_ columns: [ArrowField]) throws(ArrowError) -> ArrowBatch? {
        guard stream.pointee.release != nil, let read = stream.pointee.get_next else { return nil }
        let batch = ArrowBatch()
        try check(read(stream, batch.array))
        guard batch.array.pointee.release != nil else { return nil }
        try batch.examine(columns)
        return batch
    }

    private func check(_ status: Int32) throws(ArrowError) {
        guard status != 0 else { return }
        let words = stream.pointee.get_last_error?(stream).map { String(cString: $0) } ?? ""
        throw ArrowError(.sender(status), words.isEmpty ? "the driver failed with error \(status)" : words)
    }
}

/// The columns of a table or statement, without rows.
package enum ArrowSchemaReader {
    /// - Parameter fill: has a library fill in the empty `ArrowSchema` at an address.
    package static func columns<Failure>(
        _ fill: (UnsafeMutableRawPointer) throws(Failure) -> Void
    ) throws(Failure) -> Result<[ArrowField], ArrowError> {
        let schema = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
        schema.initialize(to: ArrowSchema())
        defer {
            schema.pointee.release?(schema)
            schema.deallocate()
        }
        try fill(UnsafeMutableRawPointer(schema))
        guard schema.pointee.release != nil else { return .failure(ArrowError(.malformed, "there is no schema")) }
        do throws(ArrowError) {
            let root = try ArrowField(schema, root: true)
            guard root.type == .structure, root.indexType == nil else {
                throw ArrowError(.malformed, "the schema has no columns")
            }
            return .success(root.children)
        } catch { return .failure(error) }
    }
}
