import Glibc

/// The lines of a block, one after the other.
package struct BlockLines {
    private var rest: UnsafeRawBufferPointer
    /// Lines taken so far, counted on from the number given first.
    package private(set) var lineNumber: Int

    package init(_ block: UnsafeRawBufferPointer, after lineNumber: Int = 0) {
        rest = block
        self.lineNumber = lineNumber
    }

    /// Bytes that no line was taken of yet.
    package var remaining: Int { rest.count }

    @inline(__always)
    package mutating func next() -> LineReader.Line? {
        guard let start = rest.baseAddress, !rest.isEmpty else { return nil }
        var length = rest.count
        var taken = length
        if let newline = memchr(start, 0x0A, length) {
            length = UnsafeRawPointer(newline) - start
            taken = length + 1
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
        lineNumber += 1
        if taken > length && length > 0 && start.load(fromByteOffset: length - 1, as: UInt8.self) == 0x0D {
            length -= 1
        }
        let bytes = UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: length)
        return LineReader.Line(bytes: bytes, number: lineNumber, takenBytes: taken)
    }
}

/// Hands out one line at a time.
package final class LineReader {
    /// Valid until the next call of `next`.
    package struct Line {
        /// Without newline and without a carriage return before it.
        package let bytes: UnsafeBufferPointer<UInt8>
        /// Counted from 1.
        package let number: Int
        /// With what ended it.
        package let takenBytes: Int
        /// False for a last line that was perhaps cut off.
        package var hadNewline: Bool { takenBytes > bytes.count }

        /// The line as text; what is not UTF-8 is replaced.
        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let blocks: BlockReader
    private var lines = BlockLines(UnsafeRawBufferPointer(start: nil, count: 0))
    /// Lines handed out so far.
    package var lineNumber: Int { lines.lineNumber }

    /// The next line has been read already: nobody has to be waited for.
    package var hasNext: Bool { lines.remaining > 0 }

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
        if lines.remaining == 0 {
            do {
                guard let block = try blocks.nextBlock() else { return nil }
                lines = BlockLines(block, after: lineNumber)
            } catch let error as LineTooLong {
                throw error.at(line: lineNumber + 1)
            }
        }
        guard let line = lines.next() else { return nil }
        if line.isLonger(than: blocks.maximumLineBytes) {
            throw LineTooLong(maximumLineBytes: blocks.maximumLineBytes, offset: blocks.offset, number: line.number)
        }
        return line
    }
}

extension LineReader.Line {
    /// Longer than so many bytes, a carriage return counted and the newline not.
    @inline(__always)
    package func isLonger(than maximum: Int) -> Bool { takenBytes - (hadNewline ? 1 : 0) > maximum }
}
