import CZlib

/// Small values in zlib format, compressed at once.
package enum Deflate {
    package static func zlibCompress(_ bytes: [UInt8], level: Int = 9) -> [UInt8] {
        let bound = compressBound(UInt(bytes.count))
        return [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, filled in
            var count = bound
            let result = bytes.withUnsafeBufferPointer { bytes in
                compress2(buffer.baseAddress, &count, bytes.baseAddress, UInt(bytes.count), Int32(clamping: level))
            }
            // With room for the bound only a lack of memory or a wrong level is left.
            precondition(result == Z_OK, "zlib refuses to compress: \(result)")
            filled = Int(count)
        }
    }

    /// As one gzip member, without a name or a time.
    package static func gzipCompress(_ bytes: [UInt8], level: Int = 9) -> [UInt8] {
        // The library remembers the address, so the value must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        // The library's encoding: 15 bits of window, 16 more ask for gzip's frame.
        var result = dlt_deflate_init(stream, Int32(clamping: level), 15 + 16)
        precondition(result == Z_OK, "zlib refuses to compress: \(result)")
        defer { deflateEnd(stream) }
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { output, filled in
            bytes.withUnsafeBufferPointer { input in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                result = deflate(stream, Z_FINISH)
            }
            precondition(result == Z_STREAM_END, "zlib refuses to compress: \(result)")
            filled = bound - Int(stream.pointee.avail_out)
        }
    }

    /// - Parameter limit: the most to put out, so that a small hostile value cannot fill the memory.
    package static func zlibDecompress(_ bytes: [UInt8], limit: Int = 256 << 20) throws(ZlibError) -> [UInt8] {
        let inflater = try Inflater(.zlib)
        let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
        defer { portion.deallocate() }
        var output: [UInt8] = []
        var position = 0
        while true {
            let step = try bytes.span.bytes.withUnsafeBytes { (all) throws(ZlibError) in
                try inflater.decompress(input: UnsafeRawBufferPointer(rebasing: all[position...]), output: portion)
            }
            position += step.consumed
            output += portion[0..<step.produced]
            if output.count > limit {
                throw ZlibError(kind: .tooLarge, message: "the compressed data is larger than \(limit) bytes")
            }
            if step.consumed == 0 && step.produced == 0 { break }
        }
        try inflater.finish()
        return output
    }
}
