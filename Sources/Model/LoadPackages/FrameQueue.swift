import JSONText
package import Threading
import Zstd

/// Compresses full buffers of rows, on other threads if there are any.
///
/// A buffer becomes one zstd frame. Frames are returned in the order of the buffers, and their number under way is
/// limited: a caller that is faster than the compressors waits, which for a thread of the pool means compressing. One
/// queue serves all packages of a run, because a compressor's tables take more memory than the rows of most tables.
package final class FrameQueue {
    private final class Frame: @unchecked Sendable {
        // Sendable: belongs to the task until it is done, and to the queue before and after.
        var rows = ByteBuffer()
        let packed = ByteBuffer()
        var failure: ZstdError?
        var task: WorkerPool.Task?
        var take: ((UnsafeRawBufferPointer) throws -> Void)?
    }

    private let pool: WorkerPool?
    private let compressors: WorkerLocal<Compressor>
    private let mostUnderWay: Int
    private var underWay: [Frame] = []
    private var spare: [Frame] = []

    /// Memory of a buffer that is kept for the next rows; memory that a huge row needed beyond that is freed.
    private static let keptBytes = 2 << 20
    /// Submitting a smaller buffer costs more than it gains.
    private static let leastHandedOn = 64 << 10

    /// - Parameter pool: without one, the caller makes every frame at once.
    package init(pool: WorkerPool? = nil) {
        self.pool = pool
        let workers = pool?.workers ?? 1
        compressors = WorkerLocal(workers: workers)
        mostUnderWay = min(2 * workers, 8)
    }

    /// Takes the rows out of `buffer`, which is empty afterwards, and has them compressed.
    ///
    /// - Parameter take: called with the frame, in the order of the calls, by this or a later call or by `drain`.
    func append(_ buffer: inout ByteBuffer, _ take: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        let frame = spare.popLast() ?? Frame()
        swap(&buffer, &frame.rows)
        frame.take = take
        underWay.append(frame)
        if let pool, frame.rows.count >= FrameQueue.leastHandedOn, pool.hasHelp {
            frame.task = pool.submit(.urgent) { [compressors] worker in
                do throws(ZstdError) { try FrameQueue.compress(frame, worker, compressors) } catch {
                    frame.failure = error
                }
            }
        } else {
            try FrameQueue.compress(frame, 0, compressors)
        }
        while underWay.count > mostUnderWay { try finishFirst() }
        while let first = underWay.first, first.task.map({ pool?.isDone($0) ?? true }) ?? true { try finishFirst() }
    }

    private static func compress(
        _ frame: Frame, _ worker: Int, _ compressors: WorkerLocal<Compressor>
    ) throws(ZstdError) {
        let compressor = try compressors.value(of: worker) { () throws(ZstdError) in
            // The manifest has a checksum of the whole file; checksums of frames would be checked after it, and cost as
            // much again.
            try Compressor(level: 1, checksum: false)
        }
        let rows = UnsafeRawBufferPointer(frame.rows.bytes)
        let room = Compressor.bound(rows.count)
        frame.packed.removeAll()
        frame.packed.reserve(room)
        frame.packed.advance(
            by: try compressor.compressFrame(
                rows, into: UnsafeMutableRawBufferPointer(start: frame.packed.end, count: room)))
    }

    /// Finishes all frames under way.
    func drain() throws { while !underWay.isEmpty { try finishFirst() } }

    private func finishFirst() throws {
        let frame = underWay.removeFirst()
        if let task = frame.task { pool?.wait(for: task) }
        frame.task = nil
        let take = frame.take
        frame.take = nil
        if let failure = frame.failure { throw failure }
        try take?(UnsafeRawBufferPointer(frame.packed.bytes))
        frame.rows.removeAll(keeping: FrameQueue.keptBytes)
        frame.packed.removeAll(keeping: FrameQueue.keptBytes)
        spare.append(frame)
    }
}
