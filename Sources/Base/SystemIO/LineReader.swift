import Glibc

/// The lines of a block, one after the other.
package struct BlockLines {
    private var rest: UnsafeRawBufferPointer
    /// The number of lines read so far, added to the number given first.
    package private(set) var lineNumber: Int

    package init(_ block: UnsafeRawBufferPointer, after lineNumber: Int = 0) {
        rest = block
        self.lineNumber = lineNumber
    }

    /// Bytes that no line has used yet.
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

/// Returns one line at a time.
package final class LineReader {
    /// Valid until the next call of `next`.
    package struct Line {
        /// Without the newline and a carriage return before it.
        package let bytes: UnsafeBufferPointer<UInt8>
        /// Counted from 1.
        package let number: Int
        /// Including the line ending.
        package let takenBytes: Int
        /// False for a last line without a newline, which may be incomplete.
        package var hadNewline: Bool { takenBytes > bytes.count }

        /// The line as text; bytes that are not UTF-8 are replaced.
        package var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let blocks: BlockReader
    private var lines = BlockLines(UnsafeRawBufferPointer(start: nil, count: 0))
    /// The number of lines returned so far.
    package var lineNumber: Int { lines.lineNumber }

    /// The next line has been read already: there is no need to wait.
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
    /// Whether the line is longer than `maximum` bytes, counting a carriage return but not the newline.
    @inline(__always)
    package func isLonger(than maximum: Int) -> Bool { takenBytes - (hadNewline ? 1 : 0) > maximum }
}
