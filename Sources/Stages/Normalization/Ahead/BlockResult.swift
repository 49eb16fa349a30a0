import JSONText
import RecordStreams

/// The result of a block of lines that was normalized ahead of its turn.
///
/// It is a list of segments: lines that became rows, followed by one line that is left for its turn, since it is not a
/// RECORD or may not be one. More lines may follow the last segment, which the worker has not examined.
final class BlockResult: @unchecked Sendable {
    // Sendable: belongs to the task until that is done, then to the thread that waited for it.

    struct Segment {
        /// The number of lines before the one that is left, including blank ones.
        var lines: Int
        /// The offset of the next line, in bytes of the block.
        var end: Int
        /// Whether the next line is left for its turn.
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
        /// The record of each row of a root table, if origins are kept.
        var origins: Stack<RecordOrdinal>?

        // The beginning of the segment and of the current line.
        var segmentBytes = 0
        var segmentRows = 0
        var isTouched = false

        deinit {
            lengths.release()
            origins?.release()
        }
    }

    var segments: [Segment] = []
    var runs: [Run] = []
    var records: [(stream: Int, count: Int)] = []
    var notes: [Note] = []
    /// PLACE messages, each with the record that it precedes.
    var places: [(message: StreamPlace, at: RecordOrdinal)] = []
    /// By the handles of the worker's `RowCollector`.
    private(set) var rows: [Rows] = []

    func rows(of handle: Int) -> Rows {
        while rows.count <= handle { rows.append(Rows()) }
        return rows[handle]
    }

    /// The most bytes of rows whose memory a result keeps for its next block.
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
            table.origins?.truncate(to: 0)
            table.segmentBytes = 0
            table.segmentRows = 0
            table.isTouched = false
        }
    }
}
