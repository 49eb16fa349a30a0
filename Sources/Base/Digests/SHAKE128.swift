/// SHAKE128 (FIPS 202): a digest of any length. dlt derives row ids and the tags of shortened names from it.
package enum SHAKE128 {
    /// Writes `count` bytes of digest to `output`, without allocating.
    package static func digest(_ bytes: UnsafeRawBufferPointer, count: Int, into output: UnsafeMutablePointer<UInt8>) {
        // Section 6.2: a capacity of 256 bits leaves a rate of 168 bytes, so an ordinary row id costs one permutation.
        var sponge = Keccak(rate: 168)
        sponge.absorb(bytes)
        sponge.finish(domain: 0x1F)
        sponge.squeeze(into: output, count: count)
    }

    package static func digest(_ bytes: UnsafeRawBufferPointer, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let base = buffer.baseAddress { digest(bytes, count: count, into: base) }
            initialized = count
        }
    }

    /// The digest of a text's UTF-8 bytes.
    package static func digest(_ text: String, count: Int) -> [UInt8] {
        withUTF8Bytes(of: text) { digest($0, count: count) }
    }
}

/// dlt's short digest of a text: unpadded Base64 of `bytes` bytes of its SHAKE128.
///
/// 10 bytes (14 characters) for row ids, 15 bytes (20 characters) where dlt uses its default length.
package func digest128(_ text: String, bytes: Int = 15) -> String {
    Base64.encode(SHAKE128.digest(text, count: bytes), padding: false)
}
