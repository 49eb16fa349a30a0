import CArrow

/// The values of a column in a batch, after a look at everything that can be checked.
///
/// The interface has no sizes of buffers. So lengths, offsets and places are compared with each other, which keeps a reader
/// within what the sender says that there is.
public final class ArrowColumn {
    /// No batch has as many rows; sums of two such numbers stay far from the ends of an integer.
    static let mostRows = 1 << 40

    /// The number of rows that the column has after its first one.
    public let count: Int
    /// The place of the first row in the buffers.
    public private(set) var first: Int
    /// A bit for each row from the buffer's beginning, 0 for null; nil when none is null.
    public let validity: UnsafePointer<UInt8>?
    /// The rows' fixed part: values, offsets or views.
    public let values: UnsafeRawPointer?
    /// What offsets point into.
    public let bytes: UnsafePointer<UInt8>?
    /// The end of the last value, for a type with offsets.
    public let bytesEnd: Int
    /// What views of more than 12 bytes point into, and how large they are.
    public let blocks: UnsafePointer<UnsafeRawPointer?>?
    public let blockSizes: UnsafePointer<Int64>?
    public let blockCount: Int
    public let children: [ArrowColumn]
    /// The values, if this column has their places.
    public let dictionary: ArrowColumn?
    /// Validity of the rows as a whole, and the place of the first one.
    private var outerValidity: UnsafePointer<UInt8>?
    private var outerFirst = 0

    /// - Parameter needed: the number of rows that may be asked for.
    init(_ array: UnsafePointer<ArrowArray>, _ field: ArrowField, needed: Int) throws(ArrowError) {
        let raw = array.pointee
        func malformed(_ reason: String) -> ArrowError { ArrowError(.malformed, column: field.path, reason) }
        guard raw.length >= 0, raw.offset >= 0, raw.length <= Int64(Self.mostRows), raw.offset <= Int64(Self.mostRows)
        else { throw malformed("it has \(raw.length) values from value \(raw.offset) on") }
        guard Int(raw.length) >= needed else { throw malformed("it has \(raw.length) values instead of \(needed)") }
        (count, first) = (Int(raw.length), Int(raw.offset))
        // What the buffers hold: places in a dictionary, or the values themselves.
        let stored = field.indexType ?? field.type
        let end = count + first
        let hasViews = stored == .text(.views) || stored == .binary(.views)
        let bufferCount = Int(raw.n_buffers)
        guard hasViews ? bufferCount >= 3 : bufferCount == stored.bufferCount else {
            throw malformed("it has \(bufferCount) buffers instead of \(stored.bufferCount)")
        }
        guard bufferCount == 0 || raw.buffers != nil else { throw malformed("its buffers are missing") }
        func buffer(_ index: Int) -> UnsafeRawPointer? { raw.buffers[index] }
        validity = bufferCount > 0 ? Self.validity(raw) : nil
        if raw.null_count > 0, validity == nil, stored != .null {
            throw malformed("nothing says which values are null")
        }
        values = bufferCount > 1 ? buffer(1) : nil
        guard count == 0 || stored.bufferCount < 2 || values != nil else { throw malformed("its values are missing") }

        // Offsets: the end of one value is the beginning of the next.
        var bytesEnd = 0
        if let values, count > 0 {
            switch stored {
            case .text(.small), .binary(.small), .list(.small), .map:
                bytesEnd = Int(values.loadUnaligned(fromByteOffset: end * 4, as: Int32.self))
            case .text(.large), .binary(.large), .list(.large):
                bytesEnd = Int(values.loadUnaligned(fromByteOffset: end * 8, as: Int64.self))
            default: break
            }
        }
        guard bytesEnd >= 0 else { throw malformed("its last value ends before its first one") }
        self.bytesEnd = bytesEnd
        bytes = stored.bufferCount == 3 ? buffer(2)?.assumingMemoryBound(to: UInt8.self) : nil
        if stored.bufferCount == 3, bytesEnd > 0, bytes == nil { throw malformed("its bytes are missing") }

        if hasViews {
            blockCount = bufferCount - 3
            blocks = raw.buffers.map { UnsafePointer($0 + 2) }
            blockSizes = buffer(bufferCount - 1)?.assumingMemoryBound(to: Int64.self)
            guard blockCount == 0 || blockSizes != nil else { throw malformed("the sizes of its bytes are missing") }
        } else {
            (blockCount, blocks, blockSizes) = (0, nil, nil)
        }

        guard field.indexType == nil else {
            guard let dictionary = raw.dictionary else { throw malformed("its dictionary is missing") }
            self.dictionary = try ArrowColumn(dictionary, field.withoutDictionary, needed: 0)
            children = []
            return
        }
        dictionary = nil
        guard Int(raw.n_children) == field.children.count, field.children.isEmpty || raw.children != nil else {
            throw malformed("it has \(raw.n_children) columns in it instead of \(field.children.count)")
        }
        let neededInside: Int
        switch field.type {
        case .structure: neededInside = end
        case .fixedList(let width):
            let (product, overflows) = end.multipliedReportingOverflow(by: width)
            guard !overflows else { throw malformed("its lists have too many values") }
            neededInside = product
        default: neededInside = bytesEnd
        }
        var children: [ArrowColumn] = []
        for (index, childField) in field.children.enumerated() {
            guard let child = raw.children[index] else {
                throw ArrowError(.malformed, column: childField.path, "its values are missing")
            }
            children.append(try ArrowColumn(child, childField, needed: neededInside))
        }
        self.children = children
    }

    /// Moves the first row, for a column of a batch that does not begin at its first row itself.
    func shift(by rows: Int, within validity: UnsafePointer<UInt8>?) {
        outerFirst = rows - (first + rows)
        first += rows
        outerValidity = validity
    }

    static func validity(_ raw: ArrowArray) -> UnsafePointer<UInt8>? {
        guard raw.null_count != 0, raw.n_buffers > 0, let bits = raw.buffers?[0] else { return nil }
        return bits.assumingMemoryBound(to: UInt8.self)
    }

    /// - Parameter place: in the buffers: `first` plus the row.
    @inline(__always)
    public func isNull(at place: Int) -> Bool {
        if let validity, validity[place >> 3] >> UInt8(truncatingIfNeeded: place & 7) & 1 == 0 { return true }
        guard let outerValidity else { return false }
        let outer = place + outerFirst
        return outerValidity[outer >> 3] >> UInt8(truncatingIfNeeded: outer & 7) & 1 == 0
    }
}
