import SystemIO
import TestSupport
import Testing

struct BlockReaderTests {
    private static let text = "first\n\nthird line\r\n" + String(repeating: "x", count: 300) + "\nend"

    private func blocks(_ reader: BlockReader) throws -> [String] {
        var blocks: [String] = []
        while let block = try reader.nextBlock() {
            for index in 0..<BlockReader.padding {
                #expect(block.baseAddress?.load(fromByteOffset: block.count + index, as: UInt8.self) == 0)
            }
            blocks.append(String(decoding: block, as: UTF8.self))
        }
        return blocks
    }

    @Test(arguments: [1, 2, 3, 7, 64, 65, 1000], [16, 17, 128, 4096])
    func `whole lines come out however the input is cut`(portion: Int, blockBytes: Int) throws {
        let source = MemorySource(Array(Self.text.utf8), portion: portion)
        let reader = BlockReader(source: source, blockBytes: blockBytes)
        let blocks = try blocks(reader)
        #expect(blocks.joined() == Self.text)
        #expect(blocks.dropLast().allSatisfy { $0.utf8.last == 0x0A })
        #expect(reader.endsInsideLine)
    }

    @Test(arguments: [1, 5, 200])
    func `blocks that are taken stay as they were`(portion: Int) throws {
        let reader = BlockReader(source: MemorySource(Array(Self.text.utf8), portion: portion), blockBytes: 32)
        var taken: [OwnedBlock] = []
        while let block = try reader.takeBlock() { taken.append(block) }
        #expect(taken.map { String(decoding: $0.bytes, as: UTF8.self) }.joined() == Self.text)
        #expect(taken.last?.endsInsideLine == true)
        #expect(taken.allSatisfy { $0.bytes.baseAddress?.load(fromByteOffset: $0.bytes.count, as: UInt8.self) == 0 })
    }

    @Test func `taking and looking at blocks can alternate`() throws {
        let text = (1...100).map { "line \($0)\n" }.joined()
        let reader = BlockReader(source: MemorySource(Array(text.utf8), portion: 37), blockBytes: 64)
        var seen = ""
        while true {
            guard let block = try reader.nextBlock() else { break }
            seen += String(decoding: block, as: UTF8.self)
            guard let taken = try reader.takeBlock() else { break }
            seen += String(decoding: taken.bytes, as: UTF8.self)
        }
        #expect(seen == text)
        #expect(reader.offset == Int64(text.utf8.count))
    }

    @Test func `an empty input has no block`() throws {
        let reader = BlockReader(source: MemorySource([]))
        #expect(try reader.nextBlock() == nil)
        #expect(try reader.nextBlock() == nil)
        #expect(!reader.endsInsideLine)
    }

    @Test func `an input that ends with a newline does not end inside a line`() throws {
        let reader = BlockReader(source: MemorySource(Array("a\n".utf8)))
        #expect(try reader.nextBlock()?.count == 2)
        #expect(!reader.endsInsideLine)
        #expect(try reader.nextBlock() == nil)
        #expect(!reader.endsInsideLine)
    }

    @Test(arguments: [1, 2, 3, 100])
    func `a byte order mark is left out`(portion: Int) throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("{}\n{}\n".utf8)
        #expect(try blocks(BlockReader(source: MemorySource(bytes, portion: portion))).joined() == "{}\n{}\n")
        let kept = BlockReader(source: MemorySource(bytes, portion: portion), skipsByteOrderMark: false)
        #expect(try blocks(kept).joined().utf8.count == bytes.count)
    }

    @Test func `what only begins like a byte order mark is kept`() throws {
        #expect(try blocks(BlockReader(source: MemorySource([0xEF, 0xBB], portion: 1))).joined().utf8.count > 0)
        #expect(try blocks(BlockReader(source: MemorySource(Array("\u{F8FF}\n".utf8), portion: 1))) == ["\u{F8FF}\n"])
    }

    @Test func `a line may have the maximum length and no more`() throws {
        let fits = String(repeating: "x", count: 99) + "\n"
        #expect(
            try blocks(BlockReader(source: MemorySource(Array(fits.utf8)), blockBytes: 16, maximumLineBytes: 100)) == [
                fits
            ])
        let long = "ok\n" + String(repeating: "x", count: 101) + "\n"
        let reader = LineReader(
            blocks: BlockReader(
                source: MemorySource(Array(long.utf8), portion: 16), blockBytes: 16, maximumLineBytes: 100))
        #expect(try reader.next()?.text == "ok")
        #expect(throws: LineTooLong(maximumLineBytes: 100, offset: 3, number: 2)) { try reader.next() }
    }
}

struct LineReaderTests {
    @Test func `lines lose their endings and keep their numbers`() throws {
        let reader = LineReader(source: MemorySource(Array("a\r\n\n\rb\nlast".utf8), portion: 2))
        var lines: [(String, Int, Bool)] = []
        while let line = try reader.next() { lines.append((line.text, line.number, line.hadNewline)) }
        #expect(lines.map(\.0) == ["a", "", "\rb", "last"])
        #expect(lines.map(\.1) == [1, 2, 3, 4])
        #expect(lines.map(\.2) == [true, true, true, false])
    }

    @Test func `a file is read line by line`() throws {
        let text = (1...50_000).map { "line \($0)" }.joined(separator: "\n") + "\n"
        let folder = try Folder()
        try Files.atomicWrite(folder.path("f"), Array(text.utf8))
        let reader = LineReader(try Descriptor.openForReading(folder.path("f")))
        var count = 0
        while let line = try reader.next() {
            count += 1
            if line.number == 49_999 { #expect(line.text == "line 49999") }
        }
        #expect(count == 50_000)
    }
}

struct DecodedSourceTests {
    /// Puts out each byte twice, and keeps one back to the end.
    private final class Doubler {
        var held: [UInt8] = []
        func decode(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) -> (Int, Int) {
            var (consumed, produced) = (0, 0)
            while produced < output.count {
                if held.isEmpty {
                    guard consumed < input.count else { break }
                    held = [input[consumed], input[consumed]]
                    consumed += 1
                }
                output[produced] = held.removeLast()
                produced += 1
            }
            return (consumed, produced)
        }
    }

    @Test(arguments: [1, 3, 100], [1, 2, 5, 100])
    func `everything passes the decoder`(portion: Int, room: Int) throws {
        let doubler = Doubler()
        var finished = 0
        let source = DecodedSource(MemorySource(Array("abcdef".utf8), portion: portion), bufferBytes: 4) {
            doubler.decode($0, $1)
        } finish: {
            finished += 1
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
        defer { buffer.deallocate() }
        var output: [UInt8] = []
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { break }
            output += buffer[0..<count]
        }
        #expect(String(decoding: output, as: UTF8.self) == "aabbccddeeff")
        #expect(finished == 1)
    }
}
