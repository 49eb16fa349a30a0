import CSystem
import Glibc

/// Hands out one line at a time.
package final class LineReader {
    /// Valid until the next call of `next`.
    package struct Line {
        /// Without newline and without a carriage return before it.
        package let bytes: UnsafeBufferPointer<UInt8>
        /// Counted from 1.
        package let number: Int
        /// False for a last line that was perhaps cut off.
        package let hadNewline: Bool

        /// The line as text; what is not UTF-8 is replaced.
        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let blocks: BlockReader
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Lines handed out so far.
    package private(set) var lineNumber = 0

    package init(blocks: BlockReader) {
        self.blocks = blocks
    }

    package convenience init(
        source: any ByteSource, maximumLineBytes: Int = BlockReader.defaultMaximumLineBytes
    ) {
        self.init(blocks: BlockReader(source: source, maximumLineBytes: maximumLineBytes))
    }

    package convenience init(
        _ descriptor: consuming Descriptor, maximumLineBytes: Int = BlockReader.defaultMaximumLineBytes
    ) {
        self.init(blocks: BlockReader(descriptor, maximumLineBytes: maximumLineBytes))
    }

    package func next() throws -> Line? {
        if rest.isEmpty {
            do {
                guard let block = try blocks.nextBlock() else { return nil }
                rest = block
            } catch let error as LineTooLong {
                throw tooLong(error.offset)
            }
        }
        guard let start = rest.baseAddress else { return nil }
        var length = rest.count
        let hadNewline: Bool
        if let newline = memchr(start, 0x0A, rest.count) {
            length = UnsafeRawPointer(newline) - start
            hadNewline = true
        } else {
            hadNewline = false
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[(length + (hadNewline ? 1 : 0))...])
        if length > blocks.maximumLineBytes { throw tooLong(blocks.offset) }
        lineNumber += 1
        if hadNewline && length > 0 && start.load(fromByteOffset: length - 1, as: UInt8.self) == 0x0D { length -= 1 }
        let bytes = UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: length)
        return Line(bytes: bytes, number: lineNumber, hadNewline: hadNewline)
    }

    private func tooLong(_ offset: Int64) -> LineTooLong {
        LineTooLong(maximumLineBytes: blocks.maximumLineBytes, offset: offset, number: lineNumber + 1)
    }
}
