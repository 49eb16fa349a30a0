import CSystem
import Glibc

/// A line that is longer than the reader's limit.
package struct LineTooLong: Error, Sendable, Equatable, CustomStringConvertible {
    package let maximumLineBytes: Int
    /// Where the line begins in the input, counted in bytes after decompression.
    package let offset: Int64
    /// Counted from 1, when the reader counts lines.
    package let number: Int?

    package init(maximumLineBytes: Int, offset: Int64, number: Int?) {
        self.maximumLineBytes = maximumLineBytes
        self.offset = offset
        self.number = number
    }

    /// The same error with the number of the line.
    package func at(line number: Int) -> LineTooLong {
        LineTooLong(maximumLineBytes: maximumLineBytes, offset: offset, number: number)
    }

    package var description: String {
        let place = number.map { "line \($0)" } ?? "the line at byte \(offset)"
        return "\(place) is longer than \(maximumLineBytes) bytes"
    }
}

/// A block of lines that can be given to another thread.
package final class OwnedBlock: @unchecked Sendable {
    // Sendable: nothing writes to the memory until the block is returned.
    package let bytes: UnsafeRawBufferPointer
    /// Its last line has no newline: the input ends here.
    package let endsInsideLine: Bool
    /// The offset of the block in the input, in bytes.
    package let offset: Int64
    fileprivate let capacity: Int
    fileprivate var memory: UnsafeMutableRawPointer?

    fileprivate init(memory: UnsafeMutableRawPointer, count: Int, capacity: Int, endsInsideLine: Bool, offset: Int64) {
        self.memory = memory
        self.endsInsideLine = endsInsideLine
        self.bytes = UnsafeRawBufferPointer(start: memory, count: count)
        self.capacity = capacity
        self.offset = offset
    }

    deinit { memory?.deallocate() }
}

/// Reads large blocks and returns whole lines of them.
///
/// A block is returned as soon as one read has found the end of a line, so a slow source is seen at once while a fast
/// one fills the buffer. `padding` zero bytes can be read after each block, because vectorized parsers look ahead.
package final class BlockReader {
    package static let padding = 64
    package static let defaultMaximumLineBytes = 64 << 20

    private var source: any ByteSource
    package let maximumLineBytes: Int

    private var memory: UnsafeMutableRawPointer
    /// Usable bytes of `memory`; `padding` more are allocated.
    private var capacity: Int
    /// Bytes returned by the last call: `0..<handedOut`.
    private var handedOut = 0
    /// Bytes read: `handedOut..<filled` is the beginning of an incomplete line.
    private var filled = 0
    /// The bytes that the zeros after the returned block replaced: the first `coveredCount` bytes of it.
    private var coveredCount = 0
    private let covered = UnsafeMutableRawPointer.allocate(byteCount: BlockReader.padding, alignment: 64)
    private var sourceEnded = false
    private var atStart = true
    private var skipsByteOrderMark: Bool
    /// Memory of returned blocks, of the current size.
    private var spare: [UnsafeMutableRawPointer] = []

    /// Whether the last block ended without a newline: then it is the end of the input, and its last line may be
    /// incomplete. Stays true at the end.
    package private(set) var endsInsideLine = false
    /// The offset of the last block in the input, in bytes.
    package private(set) var offset: Int64 = 0

    /// - Parameters:
    ///   - blockBytes: the size of one read.
    ///   - maximumLineBytes: the most the buffer grows for one line; it bounds memory, and is checked when the buffer
    ///     grows.
    ///   - skipsByteOrderMark: leave out the three bytes that some editors put in front of UTF-8.
    package init(
        source: any ByteSource, blockBytes: Int = 1 << 20,
        maximumLineBytes: Int = BlockReader.defaultMaximumLineBytes, skipsByteOrderMark: Bool = true
    ) {
        self.source = source
        self.maximumLineBytes = max(maximumLineBytes, 1)
        self.capacity = max(blockBytes, 16)
        self.memory = Self.allocate(capacity)
        self.skipsByteOrderMark = skipsByteOrderMark
    }

    package convenience init(
        _ descriptor: consuming Descriptor, blockBytes: Int = 1 << 20,
        maximumLineBytes: Int = BlockReader.defaultMaximumLineBytes, skipsByteOrderMark: Bool = true
    ) {
        descriptor.enlargePipe(to: blockBytes)
        self.init(
            source: DescriptorSource(descriptor), blockBytes: blockBytes, maximumLineBytes: maximumLineBytes,
            skipsByteOrderMark: skipsByteOrderMark)
    }

    deinit {
        memory.deallocate()
        covered.deallocate()
        for memory in spare { memory.deallocate() }
    }

    /// Whether the next block is available without waiting.
    package var isReady: Bool { sourceEnded || source.isReady }

    /// The next whole lines, or nil at the end. Valid until the next call.
    package func nextBlock() throws -> UnsafeRawBufferPointer? {
        uncover()
        roll()
        guard try fill() else { return nil }
        cover()
        return UnsafeRawBufferPointer(start: memory, count: handedOut)
    }

    /// The same as `nextBlock`, but the caller may keep the block and use it elsewhere.
    package func takeBlock() throws -> OwnedBlock? {
        uncover()
        roll()
        guard try fill() else { return nil }
        let fresh = spare.popLast() ?? Self.allocate(capacity)
        fresh.copyMemory(from: memory + handedOut, byteCount: filled - handedOut)
        memset(memory + handedOut, 0, Self.padding)
        let block = OwnedBlock(
            memory: memory, count: handedOut, capacity: capacity, endsInsideLine: endsInsideLine, offset: offset)
        offset += Int64(handedOut)
        memory = fresh
        filled -= handedOut
        handedOut = 0
        return block
    }

    /// Takes back a block that is no longer in use, to reuse its memory.
    package func recycle(_ block: OwnedBlock) {
        guard block.capacity == capacity, let memory = block.memory else { return }
        block.memory = nil
        spare.append(memory)
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
        .allocate(byteCount: capacity + padding, alignment: 64)
    }

    /// Puts zeros after the block and remembers the bytes that they replace.
    private func cover() {
        coveredCount = min(Self.padding, filled - handedOut)
        covered.copyMemory(from: memory + handedOut, byteCount: coveredCount)
        memset(memory + handedOut, 0, Self.padding)
    }

    private func uncover() {
        (memory + handedOut).copyMemory(from: covered, byteCount: coveredCount)
        coveredCount = 0
    }

    /// Moves the beginning of the next line to the front.
    private func roll() {
        guard handedOut > 0 else { return }
        memmove(memory, memory + handedOut, filled - handedOut)
        offset += Int64(handedOut)
        filled -= handedOut
        handedOut = 0
    }

    /// Reads until the buffer contains the end of a line, and sets `handedOut` after the last one; false at the end.
    private func fill() throws -> Bool {
        // The rest of the buffer has no newline: everything up to the last one was returned before.
        while !sourceEnded {
            if filled == capacity { try grow() }
            let read = try source.read(
                into: UnsafeMutableRawBufferPointer(start: memory + filled, count: capacity - filled))
            if read == 0 {
                sourceEnded = true
                break
            }
            let searched = filled
            filled += read
            if atStart && skipsByteOrderMark { skipByteOrderMark() }
            let from = min(searched, filled)
            if let newline = csystem_last_byte(memory + from, 0x0A, filled - from) {
                handedOut = newline - UnsafeRawPointer(memory) + 1
                return true
            }
        }
        handedOut = filled
        if filled > 0 { endsInsideLine = true }
        return filled > 0
    }

    private func skipByteOrderMark() {
        guard filled >= 3 else {
            // Too few bytes to decide; read on only if they can still become the mark.
            atStart = memory.load(as: UInt8.self) == 0xEF
            return
        }
        atStart = false
        let bytes = memory.assumingMemoryBound(to: UInt8.self)
        guard bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF else { return }
        memmove(memory, memory + 3, filled - 3)
        filled -= 3
        offset += 3
    }

    private func grow() throws(LineTooLong) {
        // One byte more than a line may have shows whether the line ends there.
        if filled > maximumLineBytes {
            throw LineTooLong(maximumLineBytes: maximumLineBytes, offset: offset, number: nil)
        }
        let larger = min(capacity * 2, max(maximumLineBytes + 1, capacity + 1))
        let memory = Self.allocate(larger)
        memory.copyMemory(from: self.memory, byteCount: filled)
        self.memory.deallocate()
        self.memory = memory
        capacity = larger
        for memory in spare { memory.deallocate() }
        spare = []
    }
}
