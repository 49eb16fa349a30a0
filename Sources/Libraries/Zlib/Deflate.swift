import CZlib

/// Compresses small values at once, in zlib format. <https://zlib.net/manual.html>
package enum Deflate {
    package static func zlibCompress(_ bytes: [UInt8], level: Int = 9) -> [UInt8] {
        let bound = compressBound(UInt(bytes.count))
        return [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, filled in
            var count = bound
            let result = bytes.withUnsafeBufferPointer { bytes in
                compress2(buffer.baseAddress, &count, bytes.baseAddress, UInt(bytes.count), Int32(clamping: level))
            }
            // With enough output room, only a lack of memory or a wrong level can fail.
            precondition(result == Z_OK, "zlib refuses to compress: \(result)")
            filled = Int(count)
        }
    }

    /// The same as a file of gzip.
    package static func gzipCompress(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
        var stream = z_stream()
        // The library's encoding: 15 bits of window, 16 more ask for gzip's frame.
        let opened = dlt_deflate_init(&stream, Int32(clamping: level), 15 + 16)
        precondition(opened == Z_OK, "zlib refuses to compress: \(opened)")
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, filled in
            let result = bytes.withUnsafeBufferPointer { bytes in
                stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.avail_in = UInt32(bytes.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(bound)
                return deflate(&stream, Z_FINISH)
            }
            precondition(result == Z_STREAM_END, "zlib refuses to compress: \(result)")
            filled = bound - Int(stream.avail_out)
        }
    }

    /// - Parameter limit: the most output, so that a small hostile value cannot fill the memory.
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
