package import SystemIO

/// Reads a source on another thread while the bytes before are worked on: what the source does, such as decompressing, then costs
/// no time where there is a core for it.
package final class ReadAheadSource: ByteSource {
    /// One read of the source; its bytes lie in memory that is used again.
    private final class Portion: @unchecked Sendable {
        // Sendable: the one that waits for the task looks at it only after the task.
        let memory: UnsafeMutableRawBufferPointer
        var count = 0
        /// What happened behind these bytes.
        var failure: (any Error)?

        init(bytes: Int) { memory = .allocate(byteCount: bytes, alignment: 64) }

        deinit { memory.deallocate() }
    }

    /// The source, handed from one task to the next.
    private final class Feed: @unchecked Sendable {
        // Sendable: no two of the tasks that use it run at once.
        var source: any ByteSource

        init(_ source: any ByteSource) { self.source = source }

        /// Fills the portion, as far as the source goes.
        func fill(_ portion: Portion) {
            portion.count = 0
            portion.failure = nil
            do {
                while portion.count < portion.memory.count {
                    let count = try source.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: portion.memory[portion.count...]))
                    if count == 0 { break }
                    portion.count += count
                }
            } catch { portion.failure = error }
        }
    }

    private let pool: WorkerPool
    private let feed: Feed
    private var current: Portion
    private var coming: Portion
    private var task: WorkerPool.Task?
    /// Bytes of `current` that were not handed out.
    private var rest = 0..<0

    /// - Parameter portionBytes: how much is read at once; twice as much memory is used.
    package init(_ source: any ByteSource, portionBytes: Int = 1 << 20) {
        pool = WorkerPool(workers: min(2, Processors.available), slots: JobSlots())
        feed = Feed(source)
        current = Portion(bytes: portionBytes)
        coming = Portion(bytes: portionBytes)
        task = order()
    }

    deinit {
        if let task, !pool.cancel(task) { pool.wait(for: task) }
        pool.end()
    }

    private func order() -> WorkerPool.Task {
        let feed = feed
        let portion = coming
        return pool.submit(.ordinary) { _ in feed.fill(portion) }
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if buffer.isEmpty { return 0 }
        if rest.isEmpty { try turn() }
        let count = min(rest.count, buffer.count)
        buffer.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: current.memory[rest.lowerBound..<rest.lowerBound + count]))
        rest = rest.lowerBound + count..<rest.upperBound
        return count
    }

    /// Takes what was read, and orders the next. At the end there is nothing to take.
    private func turn() throws {
        if let failure = current.failure {
            // A source that has failed is not asked again.
            current.failure = nil
            throw failure
        }
        guard let task else { return }
        pool.wait(for: task)
        swap(&current, &coming)
        rest = 0..<current.count
        // A portion that is not full is the last one.
        self.task = current.count == current.memory.count ? order() : nil
        if rest.isEmpty { try turn() }
    }
}
