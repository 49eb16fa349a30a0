import Zlib
import Zstd

extension FuzzTarget {
    /// Packed data from anywhere is an error or bytes, never more of them than allowed; damaged packages are noticed.
    static let compression = FuzzTarget(name: "compression") { bytes in
        var input = FuzzInput(bytes)
        let kind = input.option(below: 4)
        let place = input.option(below: 256)
        let mask = UInt8(truncatingIfNeeded: input.option(below: 255) + 1)
        let data = input.bytes
        let limit = 1 << 20
        switch kind {
        case 0:
            if let output = try? Decompressor.decompress(data, limit: limit) {
                try require(output.count <= limit, "\(output.count) bytes")
            }
        case 1:
            if let output = try? Deflate.zlibDecompress(data, limit: limit) {
                try require(output.count <= limit, "\(output.count) bytes")
            }
        case 2:
            var packed = try Compressor.compress(data)
            try require(try Decompressor.decompress(packed) == data, "it is another after packing")
            packed[place * packed.count / 256] ^= mask
            if let output = try? Decompressor.decompress(packed, limit: limit) {
                // An empty frame has a checksum too, and skippable ones hold nothing.
                try require(output == data || output.isEmpty, "damage went unnoticed")
            }
        default:
            var packed = Deflate.zlibCompress(data)
            try require(try Deflate.zlibDecompress(packed) == data, "it is another after packing")
            packed.removeLast(1 + place % packed.count)
            try require((try? Deflate.zlibDecompress(packed)) == nil, "a cut went unnoticed")
        }
    }
}
