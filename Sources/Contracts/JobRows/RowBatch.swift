import SystemIO

/// Rows in a form that a database takes: the values of each, one for a column that has any, in the order of the text.
public final class RowBatch {
    /// The text that cells lie in. A row's memory is rewritten where a value takes another form.
    public private(set) var text: UnsafeMutablePointer<UInt8>
    public private(set) var textCount = 0
    public private(set) var cells: UnsafeMutablePointer<Cell>
    /// Of each row where its cells end.
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

    /// Puts a block in the place of the one before, and makes room for whatever rows it can have. Room that is not used is never
    /// touched, and so costs no memory.
    func take(_ block: OwnedBlock) {
        // The reader's memory is its own and hands each block out once, so nobody sees that it changes.
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
        // A member has five bytes at least, `"a":1`; a row three, but for the last, which may lack its newline.
        cells = .allocate(capacity: capacity / 5 + 1)
        ends = .allocate(capacity: capacity / 2 + 1)
    }
}
