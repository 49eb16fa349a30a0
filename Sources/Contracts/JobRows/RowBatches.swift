import Destinations
package import LoadPackages
package import SystemIO
import Threading

/// The rows of one job, batch by batch. For a large job, a second thread reads, decompresses and parses them while the
/// caller works on the previous batch.
package final class RowBatches {
    /// Makes batches; passed from thread to thread as a whole.
    private final class Source: @unchecked Sendable {
        // Sendable: no two threads use it at once.
        private let blocks: BlockReader
        private let parser: RowParser

        init(_ blocks: BlockReader, _ parser: RowParser) {
            self.blocks = blocks
            self.parser = parser
        }

        func fill(_ batch: RowBatch) throws -> Bool {
            if let used = batch.block { blocks.recycle(used) }
            guard let block = try blocks.takeBlock() else { return false }
            batch.take(block)
            try parser.parse(batch)
            return true
        }
    }

    /// Below this size, in compressed bytes, a thread takes longer to start than the work takes.
    private static let largeJob: Int64 = 128 << 10
    private let ahead: ReadAhead<RowBatch>

    package init(_ blocks: BlockReader, of job: Manifest.Job, columns: [RowColumn]) {
        let source = Source(blocks, RowParser(columns, faults: RowFaults(job)))
        let isLarge = job.bytes > RowBatches.largeJob
        ahead = ReadAhead((0..<(isLarge ? 3 : 1)).map { _ in RowBatch() }, fill: source.fill)
    }

    /// The next rows, valid until the next call; nil at the end.
    package func next() throws -> RowBatch? { try ahead.next() }
}
