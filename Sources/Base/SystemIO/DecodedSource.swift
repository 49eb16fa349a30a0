/// A source with a decoder, such as a decompressor: reads encoded bytes and returns decoded ones.
///
///     DecodedSource(DescriptorSource(file)) { input, output in
///         try decompressor.decompress(input: input, output: output)
///     } finish: {
///         try decompressor.finish()
///     }
package final class DecodedSource: ByteSource {
    /// Reads from the first buffer and fills the second; must make progress when there is input and room.
    package typealias Decode = (
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) throws -> (consumed: Int, produced: Int)

    private var source: any ByteSource
    private let decode: Decode
    private let finish: () throws -> Void

    private let buffer: UnsafeMutableRawBufferPointer
    /// Encoded bytes that the decoder has not read yet.
    private var pending: Range<Int> = 0..<0
    private var sourceEnded = false
    /// The last output filled its buffer, so the decoder may hold more without new input: do not wait for a slow
    /// source.
    private var mayHoldMore = false

    /// - Parameter finish: called once at the end of the source; throws if the encoded data is not complete.
    package init(
        _ source: any ByteSource, bufferBytes: Int = 256 << 10, decode: @escaping Decode,
        finish: @escaping () throws -> Void
    ) {
        self.source = source
        self.decode = decode
        self.finish = finish
        self.buffer = .allocate(byteCount: bufferBytes, alignment: 64)
    }

    deinit { buffer.deallocate() }

    package func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            if pending.isEmpty && !mayHoldMore && !sourceEnded {
                let count = try source.read(into: buffer)
                pending = 0..<count
                sourceEnded = count == 0
            }
            // A decoder may still hold output after it has read all input, so it is asked once more at the end too.
            let (consumed, produced) = try decode(UnsafeRawBufferPointer(rebasing: buffer[pending]), output)
            mayHoldMore = produced > 0 && produced == output.count
            pending = pending.lowerBound + consumed..<pending.upperBound
            if produced > 0 || output.isEmpty { return produced }
            if sourceEnded && consumed == 0 {
                try finish()
                return 0
            }
        }
    }
}
