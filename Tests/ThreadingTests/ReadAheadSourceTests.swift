import SystemIO
import Testing
import Threading

struct ReadAheadSourceTests {
    /// Gives bytes a few at a time, and then ends or fails.
    private struct Drops: ByteSource {
        let total: Int
        let fails: Bool
        var position = 0

        init(total: Int, fails: Bool) {
            self.total = total
            self.fails = fails
        }

        mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            if position == total, fails { throw Dry() }
            let count = min(buffer.count, total - position, position % 977 + 1)
            for index in 0..<count { buffer[index] = UInt8(truncatingIfNeeded: (position + index) &* 31) }
            position += count
            return count
        }
    }

    private struct Dry: Error {}

    private func readAll(_ source: ReadAheadSource, portion: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: portion, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { return all }
            all += buffer[..<count]
        }
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 100_000])
    func `all bytes come in order, and then the end again and again`(total: Int) throws {
        for portion in [1, 100, 4096, 10_000] where total < 10_000 || portion > 1 {
            let source = ReadAheadSource(Drops(total: total, fails: false), portionBytes: 4096)
            #expect(try readAll(source, portion: portion) == (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            #expect(try readAll(source, portion: portion).isEmpty)
        }
    }

    @Test(arguments: [0, 4096, 10_000]) func `an error of the source is thrown behind the bytes before it, once`(
        total: Int
    ) throws {
        let source = ReadAheadSource(Drops(total: total, fails: true), portionBytes: 4096)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1000, alignment: 1)
        defer { buffer.deallocate() }
        var count = 0
        #expect(throws: Dry.self) { while true { count += try source.read(into: buffer) } }
        #expect(count == total)
        #expect(try source.read(into: buffer) == 0)
    }

    @Test func `whoever stops reading early leaves nothing behind`() throws {
        for total in [0, 10_000, 1_000_000] {
            let source = ReadAheadSource(Drops(total: total, fails: false), portionBytes: 4096)
            var byte: UInt8 = 0
            let count = try withUnsafeMutableBytes(of: &byte) { try source.read(into: $0) }
            #expect(count == min(total, 1))
        }
    }
}
