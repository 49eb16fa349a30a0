import TestSupport
import Testing
import Zlib

private let text = Array((0..<500).map { "line \($0 % 50)\n" }.joined().utf8)

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
