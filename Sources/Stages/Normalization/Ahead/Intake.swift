import ProgramSupport
package import SystemIO
package import Threading

/// Feeds an input to its normalizer.
///
/// With one worker, line by line. With more, blocks of whole lines are submitted as they are read, normalized ahead of
/// their turn against a snapshot, and committed in the order of the input. A result counts only if nothing has changed
/// since its snapshot; otherwise, and for every line that may change something, the one `Normalizer` does the work in
/// the line's turn. So schema, rows and their order, messages and errors do not depend on the number of workers.
package final class Intake {
    private let normalizer: Normalizer
    private let blocks: BlockReader
    private let pool: WorkerPool?
    private let progress: (_ records: Int) -> Void
    private let workers: WorkerLocal<AheadNormalizer>

    /// Blocks that were read but whose turn has not come.
    private var waiting: [Block] = []
    private var waitingBytes = 0
    private var lineNumber = 0
    private var isAtEnd = false
    /// Why reading ended early; thrown after the turns of the lines read before.
    private var failure: (any Error)?
    /// The number of consecutive blocks that have changed something. While each does, working ahead is in vain.
    private var changes = Intake.restless
    private var spareResults: [BlockResult] = []

    private static let restless = 2
    /// A smaller block on its own, as from a person who types, is not worth submitting.
    private static let leastHandedOut = 32 << 10
    /// Long lines make large blocks.
    private static let mostWaitingBytes = 16 << 20

    private final class Block {
        let bytes: OwnedBlock
        var task: WorkerPool.Task?
        var result: BlockResult?
        var snapshot: Snapshot?
        /// Tasks whose results were discarded, but which may still be reading.
        var abandoned: [WorkerPool.Task] = []

        init(_ bytes: OwnedBlock) { self.bytes = bytes }
    }

    /// - Parameter progress: called regularly with the number of records so far.
    package init(
        _ normalizer: Normalizer, blocks: BlockReader, pool: WorkerPool? = nil,
        progress: @escaping (_ records: Int) -> Void = { _ in }
    ) {
        self.normalizer = normalizer
        self.blocks = blocks
        self.pool = pool
        self.progress = progress
        workers = WorkerLocal(workers: pool?.workers ?? 1)
    }

    /// Reads the input to its end. A request to stop ends that with `Stopped`.
    package func run() throws {
        if let pool { try runAhead(pool) } else { try runInTurn() }
        // The signal that stopped this program has often ended the writer too; then the end of its output is not the
        // end of the data.
        if StopSignal.requested { throw Stopped() }
    }

    private func runInTurn() throws {
        let reader = LineReader(blocks: blocks)
        while let line = try reader.next() {
            try normalizer.receive(line)
            // A request to stop wakes a reader that waits; a busy one must check.
            if line.number & 0xFF == 0, StopSignal.requested { throw Stopped() }
            if line.number & 0xFFF == 0 { progress(normalizer.records) }
        }
    }

    private func runAhead(_ pool: WorkerPool) throws {
        while true {
            try readAhead(pool)
            guard !waiting.isEmpty else { break }
            handOut(pool)
            let block = waiting.removeFirst()
            waitingBytes -= block.bytes.bytes.count
            try receive(block, pool)
            if StopSignal.requested { throw Stopped() }
            progress(normalizer.records)
        }
        // Its number is known only after all earlier lines have been counted.
        if let long = failure as? LineTooLong { throw long.at(line: lineNumber + 1) }
        if let failure { throw failure }
    }

    // MARK: Reading and submitting

    /// Reads the available input without waiting; waits only when there is nothing else to do.
    private func readAhead(_ pool: WorkerPool) throws {
        while !isAtEnd, waiting.count <= pool.workers, waiting.isEmpty || waitingBytes < Intake.mostWaitingBytes {
            guard waiting.isEmpty || blocks.isReady else { return }
            do {
                guard let block = try blocks.takeBlock() else {
                    isAtEnd = true
                    return
                }
                waiting.append(Block(block))
                waitingBytes += block.bytes.count
            } catch {
                isAtEnd = true
                failure = error
                return
            }
            if waiting.count > 1 || waiting[0].bytes.bytes.count >= Intake.leastHandedOut { handOut(pool) }
        }
    }

    /// Submits the waiting blocks, and again those whose results were discarded.
    private func handOut(_ pool: WorkerPool) {
        guard changes < Intake.restless, pool.hasHelp, let snapshot = normalizer.snapshot() else { return }
        if waiting.count == 1, waiting[0].bytes.bytes.count < Intake.leastHandedOut { return }
        for block in waiting where block.snapshot !== snapshot {
            if let task = block.task, !pool.cancel(task) { block.abandoned.append(task) }
            let result = spareResults.popLast() ?? BlockResult()
            let bytes = block.bytes
            block.snapshot = snapshot
            block.result = result
            block.task = pool.submit(.ordinary) { [workers] worker in
                workers.value(of: worker) { AheadNormalizer() }.normalize(bytes, against: snapshot, into: result)
            }
        }
    }

    // MARK: Turns

    private func receive(_ block: Block, _ pool: WorkerPool) throws {
        let before = normalizer.snapshot()
        var offset = 0
        if let task = block.task, let result = block.result, let snapshot = block.snapshot {
            pool.wait(for: task)
            offset = try commit(result, of: block.bytes, snapshot)
            result.removeAll()
            spareResults.append(result)
        }
        if offset < block.bytes.bytes.count {
            // The waiting rows need not wait for the rest of this block.
            if block.task != nil { handOut(pool) }
            try receiveLines(of: block.bytes, from: offset)
        }
        changes = before != nil && normalizer.snapshot() === before ? 0 : changes + 1
        if block.abandoned.allSatisfy(pool.isDone) { blocks.recycle(block.bytes) }
    }

    /// Commits the part of a result that still counts; returns its end in the block.
    private func commit(_ result: BlockResult, of block: OwnedBlock, _ snapshot: Snapshot) throws -> Int {
        let linesBefore = lineNumber
        var offset = 0
        for segment in result.segments {
            guard normalizer.isCurrent(snapshot), try normalizer.commit(segment, of: result, after: linesBefore) else {
                return offset
            }
            lineNumber += segment.lines
            offset = segment.end
            if segment.leavesLine {
                var lines = lines(of: block, from: offset)
                if let line = lines.next() { try receive(line, of: block) }
                offset = block.bytes.count - lines.remaining
            }
        }
        return offset
    }

    private func receiveLines(of block: OwnedBlock, from offset: Int) throws {
        var lines = lines(of: block, from: offset)
        while let line = lines.next() {
            try receive(line, of: block)
            if line.number & 0xFF == 0, StopSignal.requested { throw Stopped() }
        }
    }

    private func lines(of block: OwnedBlock, from offset: Int) -> BlockLines {
        BlockLines(UnsafeRawBufferPointer(rebasing: block.bytes[offset...]), after: lineNumber)
    }

    private func receive(_ line: LineReader.Line, of block: OwnedBlock) throws {
        if line.isLonger(than: blocks.maximumLineBytes) {
            throw LineTooLong(maximumLineBytes: blocks.maximumLineBytes, offset: block.offset, number: line.number)
        }
        lineNumber = line.number
        try normalizer.receive(line)
    }
}
