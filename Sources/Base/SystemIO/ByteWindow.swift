import Glibc

/// One thing that is too long to be held in memory.
package struct TooLongToHold: Error {
    package let maximum: Int
}

/// A piece of the input that can be looked at, moved forward, and enlarged while something does not fit.
///
/// `bytes` are `start..<end` of the buffer. The three verbs: `fill` reads once more at the end, `consume` gives up bytes at
/// the start, `skip` moves to a place further on.
package final class ByteWindow {
    /// No record may be longer; it bounds memory.
    package static let maximumBytes = 1 << 29

    private var source: any ByteSource
    private let maximum: Int
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var start = 0
    private var end = 0

    /// Where `bytes` begin in the input, after decompression.
    package private(set) var offset: Int64 = 0
    /// Nothing comes behind `bytes`.
    package private(set) var isAtEnd = false
    /// Called before a read that would have to wait.
    package var beforeWaiting: (() throws -> Void)?

    package init(_ source: any ByteSource, blockBytes: Int = 1 << 20, maximumBytes: Int = ByteWindow.maximumBytes) {
        self.source = source
        capacity = max(blockBytes, 16)
        maximum = max(maximumBytes, capacity)
        memory = Self.checked(malloc(capacity))
    }

    deinit { free(memory) }

    /// Valid until the next `fill` or `skip`.
    package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: memory + start, count: end - start) }

    package func consume(_ count: Int) {
        start += count
        offset += Int64(count)
    }

    /// Reads once more, so that a slow source is seen at once; false when nothing is left to be read.
    package func fill() throws -> Bool {
        if isAtEnd { return false }
        makeRoom()
        if end == capacity { try grow() }
        if let beforeWaiting, !source.isReady { try beforeWaiting() }
        let count = try source.read(into: UnsafeMutableRawBufferPointer(start: memory + end, count: capacity - end))
        end += count
        isAtEnd = count == 0
        return count > 0
    }

    /// Reads until so many bytes are there, or all that there are.
    package func fill(atLeast count: Int) throws {
        while end - start < count, try fill() {}
    }

    /// Moves to a place further on; false when the input ends before it.
    package func skip(to place: Int64) throws -> Bool {
        while true {
            let step = place - offset
            if step <= Int64(end - start) {
                consume(Int(max(step, 0)))
                return true
            }
            let left = step - Int64(end - start)
            consume(end - start)
            // Where the source is a file, what lies between need not be read.
            if let seekable = source as? any SeekableSource, try seekable.advance(by: left) {
                offset += left
                return true
            }
            if try !fill() { return false }
        }
    }

    /// Moves the bytes to the front when the room behind them has become small.
    private func makeRoom() {
        guard start > 0, capacity - end < capacity / 2 else { return }
        memmove(memory, memory + start, end - start)
        end -= start
        start = 0
    }

    private func grow() throws {
        if capacity >= maximum { throw TooLongToHold(maximum: maximum) }
        capacity = min(capacity * 2, maximum)
        // The kernel moves pages of a large block instead of copying them, so nothing is held twice.
        memory = Self.checked(realloc(memory, capacity))
    }

    private static func checked(_ allocated: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<UInt8> {
        guard let allocated else { fatalError("out of memory") }
        return allocated.assumingMemoryBound(to: UInt8.self)
    }
}
