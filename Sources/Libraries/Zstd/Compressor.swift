import CZstd

/// A stream of zstd frames: passes compressed output to a sink in parts.
///
/// See <https://facebook.github.io/zstd/zstd_manual.html#Chapter8>. Use from one thread at a time.
package final class Compressor {
    /// Receives a part of the output; the bytes are valid only during the call.
    package typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    private let context: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer
    package private(set) var bytesIn: Int64 = 0
    package private(set) var bytesOut: Int64 = 0

    /// - Parameters:
    ///   - level: 1 was both faster and smaller than 3 on our data.
    ///   - checksum: lets a reader detect damage.
    ///   - workers: threads of the library; 0 compresses within the calls.
    package init(level: Int = 1, checksum: Bool = true, workers: Int = 0) throws(ZstdError) {
        guard let context = ZSTD_createCCtx() else {
            throw ZstdError(kind: .library, message: "not enough memory for a compressor")
        }
        self.context = context
        buffer = .allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 64)
        try set(ZSTD_c_compressionLevel, level)
        try set(ZSTD_c_checksumFlag, checksum ? 1 : 0)
        if workers > 0 {
            // A library built without threads refuses; one thread gives the same data.
            _ = ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, Int32(clamping: workers))
        }
    }

    deinit {
        ZSTD_freeCCtx(context)
        buffer.deallocate()
    }

    package func compress(_ bytes: UnsafeRawBufferPointer, into sink: Sink) throws {
        bytesIn += Int64(bytes.count)
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while input.pos < input.size { _ = try pass(&input, ZSTD_e_continue, sink) }
    }

    package func compress(_ bytes: [UInt8], into sink: Sink) throws {
        try bytes.withUnsafeBytes { try compress($0, into: sink) }
    }

    /// Writes all input so far; the frame continues.
    package func flush(into sink: Sink) throws { try drain(ZSTD_e_flush, sink) }

    /// Ends the frame; later input begins another one.
    package func endFrame(into sink: Sink) throws { try drain(ZSTD_e_end, sink) }

    /// The most bytes that the frame of `count` bytes may need.
    package static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

    /// Compresses a whole frame at once, without the copies of a stream; returns its number of bytes.
    ///
    /// - Parameter output: at least `bound` bytes.
    package func compressFrame(
        _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        let count = try ZstdError.check(
            ZSTD_compress2(context, output.baseAddress, output.count, bytes.baseAddress, bytes.count))
        bytesIn += Int64(bytes.count)
        bytesOut += Int64(count)
        return count
    }

    /// Compresses a whole frame at once.
    package static func compress(_ bytes: [UInt8], level: Int = 1) throws -> [UInt8] {
        var output: [UInt8] = []
        let compressor = try Compressor(level: level)
        try compressor.compress(bytes) { output += $0 }
        try compressor.endFrame { output += $0 }
        return output
    }

    private func drain(_ directive: ZSTD_EndDirective, _ sink: Sink) throws {
        var input = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
        while try pass(&input, directive, sink) > 0 {}
    }

    private func pass(_ input: inout ZSTD_inBuffer, _ directive: ZSTD_EndDirective, _ sink: Sink) throws -> Int {
        var output = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        let left = try ZstdError.check(ZSTD_compressStream2(context, &output, &input, directive))
        if output.pos > 0 {
            bytesOut += Int64(output.pos)
            try sink(UnsafeRawBufferPointer(rebasing: buffer[0..<output.pos]))
        }
        return left
    }

    private func set(_ parameter: ZSTD_cParameter, _ value: Int) throws(ZstdError) {
        try ZstdError.check(ZSTD_CCtx_setParameter(context, parameter, Int32(clamping: value)))
    }
}
