import SystemIO

/// Rows in a form that a database accepts: the values of each row that are present, in the order of the text.
public final class RowBatch {
    /// The text that cells refer to. A row's memory is rewritten where a value needs another form.
    public private(set) var text: UnsafeMutablePointer<UInt8>
    public private(set) var textCount = 0
    public private(set) var cells: UnsafeMutablePointer<Cell>
    /// The end of each row's cells.
    public private(set) var ends: UnsafeMutablePointer<UInt32>
    public internal(set) var rowCount = 0
    /// The number of the first row in its job, from 1.
    public internal(set) var firstRow = 1

    private(set) var block: OwnedBlock?
    private var capacity = 0

    init() {
        text = .allocate(capacity: 1)
        cells = .allocate(capacity: 1)
        ends = .allocate(capacity: 1)
    }

    deinit {
        if block == nil { text.deallocate() }
        cells.deallocate()
        ends.deallocate()
    }

    /// Replaces the previous block, and reserves room for the most rows that the new one can have. Unused room is never
    /// touched, and so costs no memory.
    func take(_ block: OwnedBlock) {
        // The reader owns the memory and returns each block once, so the change is not visible to others.
        guard let start = UnsafeMutableRawPointer(mutating: block.bytes.baseAddress) else { return }
        if self.block == nil { text.deallocate() }
        self.block = block
        text = start.assumingMemoryBound(to: UInt8.self)
        textCount = block.bytes.count
        rowCount = 0
        guard textCount > capacity else { return }
        capacity = textCount
        cells.deallocate()
        ends.deallocate()
        // A member has at least five bytes, `"a":1`; a row at least three, except the last, which may lack its newline.
        cells = .allocate(capacity: capacity / 5 + 1)
        ends = .allocate(capacity: capacity / 2 + 1)
    }
}
