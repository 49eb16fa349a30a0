public import JSONText

/// The text before each value of a record: brace or comma, name and colon, made once for a query.
public final class RecordKeys {
    @usableFromInline let text: UnsafeMutablePointer<UInt8>
    /// Where each of them ends.
    @usableFromInline let ends: UnsafeMutablePointer<Int>
    public let count: Int

    package init(_ names: [String]) {
        var bytes: [UInt8] = []
        count = names.count
        ends = .allocate(capacity: max(names.count, 1))
        for (index, name) in names.enumerated() {
            bytes.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            appendJSONString(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            (ends + index).initialize(to: bytes.count)
        }
        text = .allocate(capacity: max(bytes.count, 1))
        text.initialize(from: bytes, count: bytes.count)
    }

    deinit {
        text.deallocate()
        ends.deallocate()
    }

    /// Appends the text before the value of a column. The caller appends the value, and `}` after the last one.
    @inlinable @inline(__always)
    public func append(_ column: Int, to record: ByteBuffer) {
        let start = column == 0 ? 0 : ends[column &- 1]
        record.append(UnsafeBufferPointer(start: text + start, count: ends[column] &- start))
    }
}
