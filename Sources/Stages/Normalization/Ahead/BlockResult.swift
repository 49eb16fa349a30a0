import JSONText

/// What became of a block of lines that was normalized ahead of its turn.
///
/// It is a list of segments: lines that became rows, and then one line that is left for its turn, since it is not a RECORD or
/// may not be one. After the last segment there may be more lines, which the worker has not looked at.
final class BlockResult: @unchecked Sendable {
    // Sendable: belongs to the task until that is done, then to the one that waited for it.

    struct Segment {
        /// Lines before the one that is left, blank ones included.
        var lines: Int
        /// Where the next line begins, in bytes of the block.
        var end: Int
        /// A line follows that is left for its turn.
        var leavesLine: Bool
        var runs: Range<Int>
        var records: Range<Int>
        var notes: Range<Int>
    }

    /// Rows of one table, in `rows` of that handle.
    struct Run {
        let table: RowTable
        let handle: Int
        let bytes: Range<Int>
        let rows: Range<Int>
    }

    /// All rows of a table, and the length of each.
    final class Rows {
        let buffer = ByteBuffer(capacity: 4096)
        var lengths = Stack<UInt32>()

        // Where the segment and the line at hand began.
        var segmentBytes = 0
        var segmentRows = 0
        var isTouched = false

        deinit { lengths.release() }
    }

    var segments: [Segment] = []
    var runs: [Run] = []
    var records: [(stream: Int, count: Int)] = []
    var notes: [Note] = []
    /// By the handles that the worker's `RowCollector` gave out.
    private(set) var rows: [Rows] = []

    func rows(of handle: Int) -> Rows {
        while rows.count <= handle { rows.append(Rows()) }
        return rows[handle]
    }

    /// Bytes of rows that a result may keep memory for while it waits for its next block.
    private static let keptBytes = 6 << 20

    func removeAll() {
        segments.removeAll(keepingCapacity: true)
        runs.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
        notes.removeAll(keepingCapacity: true)
        if rows.reduce(0, { $0 + $1.buffer.footprint }) > BlockResult.keptBytes { rows = [] }
        for table in rows {
            table.buffer.removeAll()
            table.lengths.truncate(to: 0)
            table.segmentBytes = 0
            table.segmentRows = 0
            table.isTouched = false
        }
    }
}

/// Puts rows that are made ahead of their turn into a `BlockResult`.
final class RowCollector: RowOutput {
    private(set) var names: [String] = []
    private var result = BlockResult()
    /// Tables that were met or got rows in this segment, in that order.
    private var touched: [Int] = []
    private var isCollecting = false

    // The rows of the line at hand, which go when the line is left.
    private var undo = Stack<Row>()

    private struct Row: BitwiseCopyable {
        let table: Int
        let bytes: Int
    }

    deinit { undo.release() }

    /// Before a normalizer is made that has tables of its own.
    func forgetTables() { names = [] }

    func begin(_ result: BlockResult) {
        self.result = result
        touched.removeAll(keepingCapacity: true)
        undo.truncate(to: 0)
        isCollecting = true
    }

    /// Lets go of the result, which the intake now reads.
    func end() {
        isCollecting = false
        result = BlockResult()
    }

    func table(_ name: String) -> Int {
        names.append(name)
        // It is met in the order in which it is made, though it may get no row.
        if isCollecting { touch(names.count - 1, result.rows(of: names.count - 1)) }
        return names.count - 1
    }

    func buffer(of table: Int) -> ByteBuffer { result.rows(of: table).buffer }

    func endRow(of table: Int, bytes: Int) {
        let rows = result.rows(of: table)
        if !rows.isTouched { touch(table, rows) }
        rows.lengths.append(UInt32(bytes))
        undo.append(Row(table: table, bytes: bytes))
    }

    private func touch(_ table: Int, _ rows: BlockResult.Rows) {
        rows.isTouched = true
        touched.append(table)
    }

    func beginLine() { undo.truncate(to: 0) }

    /// Drops the rows that the line at hand has made.
    func dropLine() {
        while let row = undo.popLast() {
            let rows = result.rows(of: row.table)
            rows.buffer.truncate(to: rows.buffer.count - row.bytes)
            rows.lengths.truncate(to: rows.lengths.count - 1)
        }
    }

    func endSegment(lines: Int, end: Int, leavesLine: Bool, counts: [Int], notes: [Note], table: (String) -> RowTable?)
    {
        let firstRun = result.runs.count
        for handle in touched {
            let rows = result.rows(of: handle)
            if let table = table(names[handle]) {
                result.runs.append(
                    BlockResult.Run(
                        table: table, handle: handle, bytes: rows.segmentBytes..<rows.buffer.count,
                        rows: rows.segmentRows..<rows.lengths.count))
            }
            rows.segmentBytes = rows.buffer.count
            rows.segmentRows = rows.lengths.count
            rows.isTouched = false
        }
        touched.removeAll(keepingCapacity: true)
        let firstRecords = result.records.count
        for (stream, count) in counts.enumerated() where count > 0 { result.records.append((stream, count)) }
        let firstNote = result.notes.count
        result.notes += notes
        result.segments.append(
            BlockResult.Segment(
                lines: lines, end: end, leavesLine: leavesLine, runs: firstRun..<result.runs.count,
                records: firstRecords..<result.records.count, notes: firstNote..<result.notes.count))
    }
}
