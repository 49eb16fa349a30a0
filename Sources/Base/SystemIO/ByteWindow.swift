import Glibc

/// One item that is too long for memory.
package struct TooLongToHold: Error {
    package let maximum: Int
}

/// A part of the input that can be inspected, moved forward, and enlarged when an item does not fit.
///
/// `bytes` are `start..<end` of the buffer. `fill` reads once more at the end, `consume` removes bytes at the start,
/// `skip` moves to a later offset.
package final class ByteWindow {
    /// No record may be longer; this bounds memory.
    package static let maximumBytes = 1 << 29

    private var source: any ByteSource
    private let maximum: Int
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var start = 0
    private var end = 0

    /// The offset of `bytes` in the input, after decompression.
    package private(set) var offset: Int64 = 0
    /// Whether the input ends after `bytes`.
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

    /// Reads once more, so that a slow source is seen at once; false at the end of the input.
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

    /// Reads until `count` bytes are available, or the input ends.
    package func fill(atLeast count: Int) throws {
        while end - start < count, try fill() {}
    }

    /// Moves to a later offset; false when the input ends before it.
    package func skip(to place: Int64) throws -> Bool {
        while true {
            let step = place - offset
            if step <= Int64(end - start) {
                consume(Int(max(step, 0)))
                return true
            }
            let left = step - Int64(end - start)
            consume(end - start)
            // Where the source is a file, the bytes in between need not be read.
            if let seekable = source as? any SeekableSource, try seekable.advance(by: left) {
                offset += left
                return true
            }
            if try !fill() { return false }
        }
    }

    /// Moves the bytes to the front when the room after them has become small.
    private func makeRoom() {
        guard start > 0, capacity - end < capacity / 2 else { return }
        memmove(memory, memory + start, end - start)
        end -= start
        start = 0
    }

    private func grow() throws {
        if capacity >= maximum { throw TooLongToHold(maximum: maximum) }
        capacity = min(capacity * 2, maximum)
        // The kernel moves the pages of a large block instead of copying them, so no byte is held twice.
        memory = Self.checked(realloc(memory, capacity))
    }

    private static func checked(_ allocated: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<UInt8> {
        guard let allocated else { fatalError("out of memory") }
        return allocated.assumingMemoryBound(to: UInt8.self)
    }
}
