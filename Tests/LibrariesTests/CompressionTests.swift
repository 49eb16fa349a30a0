import Testing
import Zlib
import Zstd

/// Feeds a decompressor in portions; returns what came out.
private func decode(
    _ bytes: [UInt8], portion: Int, room: Int = 7,
    with step: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws -> (Int, Int, Bool)
) throws -> (output: [UInt8], frames: Int) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
    defer { buffer.deallocate() }
    var output: [UInt8] = []
    var (start, frames) = (0, 0)
    while true {
        let end = min(start + portion, bytes.count)
        let (consumed, produced, ended) = try bytes.withUnsafeBytes {
            try step(UnsafeRawBufferPointer(rebasing: $0[start..<end]), buffer)
        }
        start += consumed
        output += buffer[0..<produced]
        frames += ended ? 1 : 0
        if consumed == 0 && produced == 0 { return (output, frames) }
    }
}

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

struct ZlibTests {
    // `printf 'hello hello hello\n' | gzip -n9`
    private static let hello: [UInt8] = [
        0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0x02, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x57, 0xC8, 0x40, 0x90, 0x5C, 0,
        0x3B, 0x7C, 0x8A, 0xDF, 0x12, 0, 0, 0,
    ]

    private func inflate(_ bytes: [UInt8], portion: Int) throws -> (output: [UInt8], frames: Int) {
        let inflater = try Inflater()
        let result = try decode(bytes, portion: portion) { try inflater.decompress(input: $0, output: $1) }
        try inflater.finish()
        return result
    }

    @Test(arguments: [1, 5, 1000])
    func `members follow one another and zeros may pad`(portion: Int) throws {
        let bytes = Self.hello + Self.hello + [0, 0, 0]
        let (output, frames) = try inflate(bytes, portion: portion)
        #expect(String(decoding: output, as: UTF8.self) == "hello hello hello\nhello hello hello\n")
        #expect(frames == 2)
    }

    @Test func `a cut member is truncated wherever it is cut`() throws {
        for length in 1..<Self.hello.count {
            let error = #expect(throws: ZlibError.self) {
                _ = try inflate(Array(Self.hello.prefix(length)), portion: 1000)
            }
            #expect(error?.kind == .truncated, "after \(length) bytes")
        }
        #expect(throws: ZlibError.self) { _ = try inflate(Self.hello + Self.hello.prefix(3), portion: 1000) }
    }

    @Test func `damage and foreign data are corrupt`() throws {
        var bytes = Self.hello
        bytes[22] ^= 0xFF
        let damaged = #expect(throws: ZlibError.self) { _ = try inflate(bytes, portion: 1000) }
        #expect(damaged?.kind == .corrupt)
        let foreign = #expect(throws: ZlibError.self) { _ = try inflate(Array("{\"a\":1}".utf8), portion: 1000) }
        #expect(foreign?.kind == .corrupt)
    }

    @Test func `values go round and have a limit`() throws {
        #expect(try Deflate.zlibDecompress(Deflate.zlibCompress(text)) == text)
        #expect(try Deflate.zlibDecompress(Deflate.zlibCompress([], level: 1)) == [])
        let error = #expect(throws: ZlibError.self) {
            try Deflate.zlibDecompress(Deflate.zlibCompress(text), limit: 100)
        }
        #expect(error?.kind == .tooLarge)
        #expect(throws: ZlibError.self) { try Deflate.zlibDecompress([]) }
        #expect(throws: ZlibError.self) { try Deflate.zlibDecompress(Deflate.zlibCompress(text).dropLast(3) + []) }
    }

    @Test func `Python's zlib writes the same bytes`() {
        // zlib.compress(b"hello", 9)
        #expect(
            Deflate.zlibCompress(Array("hello".utf8))
                == [0x78, 0xDA, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0, 0x06, 0x2C, 0x02, 0x15])
    }
}
