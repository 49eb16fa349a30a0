import JSONText
import RecordStreams

/// Collects rows that are made ahead of their turn in a `BlockResult`.
final class RowCollector: RowOutput {
    private(set) var names: [String] = []
    private var result = BlockResult()
    /// Tables that appeared or got rows in this segment, in that order.
    private var touched: [Int] = []
    private var isCollecting = false
    /// Where the places of this segment begin.
    private var firstPlace = 0

    // The rows of the current line, which are removed if the line is left.
    private var undo = Stack<Row>()

    private struct Row: BitwiseCopyable {
        let table: Int
        let bytes: Int
    }

    deinit { undo.release() }

    /// Called before a normalizer with its own tables is made.
    func forgetTables() { names = [] }

    func begin(_ result: BlockResult) {
        self.result = result
        touched.removeAll(keepingCapacity: true)
        undo.truncate(to: 0)
        isCollecting = true
        firstPlace = 0
    }

    /// Keeps the stream's report of the next record's place.
    func add(_ message: StreamPlace, _ ordinal: RecordOrdinal) { result.places.append((message, ordinal)) }

    /// Releases the result, which the intake now reads.
    func end() {
        isCollecting = false
        result = BlockResult()
    }

    func table(_ name: String) -> Int {
        names.append(name)
        // It appears in the order of creation, even if it gets no row.
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

    /// Notes the record of the table's last row.
    func note(origin record: RecordOrdinal, of table: Int) {
        let rows = result.rows(of: table)
        if rows.origins == nil { rows.origins = Stack() }
        rows.origins?.append(record)
    }

    private func touch(_ table: Int, _ rows: BlockResult.Rows) {
        rows.isTouched = true
        touched.append(table)
    }

    func beginLine() { undo.truncate(to: 0) }

    /// Drops the rows of the current line.
    func dropLine() {
        while let row = undo.popLast() {
            let rows = result.rows(of: row.table)
            rows.buffer.truncate(to: rows.buffer.count - row.bytes)
            rows.lengths.truncate(to: rows.lengths.count - 1)
            if let origins = rows.origins, origins.count > rows.lengths.count {
                rows.origins?.truncate(to: rows.lengths.count)
            }
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
                records: firstRecords..<result.records.count, notes: firstNote..<result.notes.count,
                places: firstPlace..<result.places.count))
        firstPlace = result.places.count
    }
}
