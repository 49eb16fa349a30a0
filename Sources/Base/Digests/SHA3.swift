/// SHA3-256 (FIPS 202) in one call.
package enum SHA3 {
    /// - Returns: 32 bytes.
    package static func digest256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA3Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The digest of a text's UTF-8 bytes.
    package static func digest256(_ text: String) -> [UInt8] {
        var hasher = SHA3Hasher()
        hasher.update(text)
        return hasher.finalize()
    }
}

/// SHA3-256 of bytes that arrive in parts.
package struct SHA3Hasher {
    // FIPS 202, section 6.1: the capacity is twice the digest, so the rate is 200 - 2 * 32 bytes.
    private var sponge = Keccak(rate: 136)

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sponge.absorb(bytes)
    }

    /// Adds a text's UTF-8 bytes.
    package mutating func update(_ text: String) {
        withUTF8Bytes(of: text) { sponge.absorb($0) }
    }

    /// - Returns: 32 bytes. The hasher is unchanged, so hashing may continue.
    package func finalize() -> [UInt8] {
        var sponge = sponge
        sponge.finish(domain: 0x06)
        return [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            if let base = buffer.baseAddress { sponge.squeeze(into: base, count: 32) }
            count = 32
        }
    }
}

/// The UTF-8 bytes of a text, copied only for a bridged string.
func withUTF8Bytes<Result>(of text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var text = text
    return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
}
