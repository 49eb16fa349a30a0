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
