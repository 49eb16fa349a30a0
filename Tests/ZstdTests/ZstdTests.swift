import TestSupport
import Testing
import Zstd

private let text = Array((0..<500).map { "line \($0 % 50)\n" }.joined().utf8)

struct ZstdTests {
    private func frame(_ bytes: [UInt8], workers: Int = 0) throws -> [UInt8] {
        var output: [UInt8] = []
        let compressor = try Compressor(workers: workers)
        for start in stride(from: 0, to: bytes.count, by: 100) {
            try compressor.compress(Array(bytes[start..<min(start + 100, bytes.count)])) { output += $0 }
        }
        try compressor.endFrame { output += $0 }
        #expect(compressor.bytesIn == Int64(bytes.count))
        #expect(compressor.bytesOut == Int64(output.count))
        return output
    }

    @Test(arguments: [0, 2], [1, 10, 100_000])
    func `frames come back whole however they are cut`(workers: Int, portion: Int) throws {
        let bytes = try frame(text, workers: workers) + frame([]) + frame(text)
        let decompressor = try Decompressor()
        let (output, frames) = try decode(bytes, portion: portion) {
            try decompressor.decompress(input: $0, output: $1)
        }
        try decompressor.finish()
        #expect(output == text + text)
        #expect(frames == 3)
    }

    @Test func `a cut frame is truncated wherever it is cut`() throws {
        let bytes = try frame(text)
        for length in [1, 4, 10, bytes.count / 2, bytes.count - 1] {
            let decompressor = try Decompressor()
            _ = try decode(Array(bytes.prefix(length)), portion: 1000, room: 1000) {
                try decompressor.decompress(input: $0, output: $1)
            }
            let error = #expect(throws: ZstdError.self) { try decompressor.finish() }
            #expect(error?.kind == .truncated, "after \(length) bytes")
        }
    }

    @Test func `damage and foreign data are corrupt`() throws {
        var bytes = try frame(text)
        bytes[bytes.count - 6] ^= 0xFF
        #expect(throws: ZstdError.self) { try Decompressor.decompress(bytes) }
        let error = #expect(throws: ZstdError.self) { try Decompressor.decompress(Array("not zstd".utf8)) }
        #expect(error?.kind == .corrupt)
    }

    @Test func `flushed bytes can be read before the end`() throws {
        let compressor = try Compressor()
        var bytes: [UInt8] = []
        try compressor.compress(text) { bytes += $0 }
        try compressor.flush { bytes += $0 }
        let decompressor = try Decompressor()
        let (output, _) = try decode(bytes, portion: 1000, room: 1000) {
            try decompressor.decompress(input: $0, output: $1)
        }
        #expect(output == text)
        #expect(decompressor.isInsideFrame)
    }

    @Test func `whole values go round and have a limit`() throws {
        #expect(try Decompressor.decompress(Compressor.compress(text)) == text)
        #expect(try Decompressor.decompress([]) == [])
        #expect(throws: ZstdError.self) { try Decompressor.decompress(Compressor.compress(text), limit: 100) }
    }
}
