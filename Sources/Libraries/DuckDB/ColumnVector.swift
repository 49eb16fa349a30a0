import CDuckDB

/// One column of at most 2,048 rows, in the library's memory; valid until its chunk is appended or destroyed.
///
/// Values are stored one after the other at `data`, as `ColumnType` describes; a row is NULL if its bit in the validity
/// mask is 0. A text or BLOB takes 16 bytes: its length, then itself if it has at most 12 bytes, else its first four
/// and its address. <https://duckdb.org/docs/stable/clients/c/vector>
public struct ColumnVector {
    public let data: UnsafeMutableRawPointer
    /// Nil while all rows are valid.
    @usableFromInline internal var validity: UnsafeMutablePointer<UInt64>?
    let vector: duckdb_vector?

    init(_ chunk: duckdb_data_chunk?, _ column: idx_t) { self.init(duckdb_data_chunk_get_vector(chunk, column)) }

    init(_ vector: duckdb_vector?) {
        self.vector = vector
        // A struct has no values of its own.
        data = duckdb_vector_get_data(vector) ?? ColumnVector.nothing
        validity = duckdb_vector_get_validity(vector)
    }

    nonisolated(unsafe) private static let nothing = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)

    @inlinable
    public func store<Value: BitwiseCopyable>(_ value: Value, _ row: Int) {
        data.storeBytes(of: value, toByteOffset: row &* MemoryLayout<Value>.size, as: Value.self)
    }

    /// UTF-8, or any bytes for a BLOB. 13 bytes and more are not copied: they must stay in place until the chunk is
    /// appended.
    @inlinable
    public func store(_ bytes: UnsafeRawBufferPointer, _ row: Int) {
        let place = data + row &* 16
        place.storeBytes(of: UInt64(truncatingIfNeeded: bytes.count), as: UInt64.self)
        guard let start = bytes.baseAddress else { return place.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self) }
        if bytes.count <= 12 {
            place.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
            (place + 4).copyMemory(from: start, byteCount: bytes.count)
        } else {
            (place + 4).copyMemory(from: start, byteCount: 4)
            place.storeBytes(of: UInt(bitPattern: start), toByteOffset: 8, as: UInt.self)
        }
    }

    @inlinable
    public mutating func storeNull(_ row: Int) {
        if validity == nil { makeValidity() }
        validity?[row >> 6] &= ~(1 << UInt64(truncatingIfNeeded: row & 63))
    }

    /// Makes rows with bit 0 NULL, 64 rows to a word.
    public mutating func store(validity words: UnsafePointer<UInt64>, count: Int) {
        if validity == nil { makeValidity() }
        validity?.update(from: words, count: count)
    }

    @usableFromInline
    internal mutating func makeValidity() {
        duckdb_vector_ensure_validity_writable(vector)
        validity = duckdb_vector_get_validity(vector)
    }

    /// The value of a row in a column of texts; nil for NULL.
    func text(_ row: Int) -> String? {
        if let validity, validity[row >> 6] >> UInt64(row & 63) & 1 == 0 { return nil }
        let place = data + row * 16
        let count = Int(place.load(as: UInt32.self))
        let start =
            count <= 12 ? UnsafeRawPointer(place + 4) : place.load(fromByteOffset: 8, as: UnsafeRawPointer?.self)
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
