import CZstd

/// Reads one zstd frame after another and skips skippable frames.
/// <https://facebook.github.io/zstd/zstd_manual.html#Chapter9>
package final class Decompressor {
    private let context: OpaquePointer
    /// Whether the input so far ends inside a frame.
    package private(set) var isInsideFrame = false

    /// - Parameter windowLimit: how many bytes of earlier output a frame may refer to, which is the memory that it
    /// takes; rounded down to a power of two. nil: the library's own limit, 128 MiB.
    package init(windowLimit: Int? = nil) throws(ZstdError) {
        guard let context = ZSTD_createDCtx() else {
            throw ZstdError(kind: .library, message: "not enough memory for a decompressor")
        }
        self.context = context
        if let windowLimit {
            let bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax)
            let log = Int32(truncatingIfNeeded: Int.bitWidth - 1 - max(windowLimit, 1).leadingZeroBitCount)
            try ZstdError.check(
                ZSTD_DCtx_setParameter(
                    context, ZSTD_d_windowLogMax, min(max(log, bounds.lowerBound), bounds.upperBound)))
        }
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Reads what it can and writes what fits. Call it with empty input too, while it still fills the output.
    package func decompress(
        input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> (consumed: Int, produced: Int, frameEnded: Bool) {
        // Without input outside of a frame, the library would ask for the next frame's header and report truncated
        // data.
        if input.isEmpty && !isInsideFrame { return (0, 0, false) }
        var from = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var to = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let hint = try ZstdError.check(ZSTD_decompressStream(context, &to, &from))
        isInsideFrame = hint != 0
        return (from.pos, to.pos, hint == 0)
    }

    /// Must be called at the end of the input: throws if a frame is incomplete.
    package func finish() throws(ZstdError) {
        if isInsideFrame { throw .truncated }
    }

    /// Decompresses all frames at once.
    ///
    /// - Parameter limit: the most output, so that a small hostile input cannot fill the memory.
    package static func decompress(_ bytes: [UInt8], limit: Int = 1 << 30) throws(ZstdError) -> [UInt8] {
        let decompressor = try Decompressor()
        let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_DStreamOutSize(), alignment: 64)
        defer { portion.deallocate() }
        var output: [UInt8] = []
        var position = 0
        while true {
            let step = try bytes.span.bytes.withUnsafeBytes { (all) throws(ZstdError) in
                try decompressor.decompress(input: UnsafeRawBufferPointer(rebasing: all[position...]), output: portion)
            }
            position += step.consumed
            output += portion[0..<step.produced]
            if output.count > limit {
                throw ZstdError(kind: .library, message: "the zstd data is larger than \(limit) bytes")
            }
            if step.consumed == 0 && step.produced == 0 { break }
        }
        try decompressor.finish()
        return output
    }
}
