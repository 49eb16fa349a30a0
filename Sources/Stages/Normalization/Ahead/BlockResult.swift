import JSONText
import RecordStreams

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
        var places: Range<Int>
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
    /// PLACE messages, each with the record that it stands in front of.
    var places: [(message: StreamPlace, at: RecordOrdinal)] = []
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
        places.removeAll(keepingCapacity: true)
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
