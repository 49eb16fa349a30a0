import CCrypto

/// The digests of the SHA-2 family, by their bits.
package enum SHA2: Int32, Sendable { case sha256 = 256, sha384 = 384, sha512 = 512 }

/// An RSA or elliptic-curve private key. <https://docs.openssl.org/3.0/man7/evp/>
package final class PrivateKey {
    package enum Kind: Sendable, Equatable { case rsa, ellipticCurve, other }

    private let key: UnsafeMutableRawPointer

    /// - Parameter pem: PKCS #8, PKCS #1 or SEC 1, with a passphrase or without.
    package init(pem: [UInt8], passphrase: String?) throws(CryptoError) {
        if let reason = ccrypto_load() {
            throw CryptoError(description: "unable to use libcrypto: \(String(cString: reason))")
        }
        var read: UnsafeMutableRawPointer?
        let reason = Self.failureText { failure, capacity in
            read = pem.withUnsafeBytes { bytes in
                let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard let passphrase else { return ccrypto_key_read(start, bytes.count, nil, failure, capacity) }
                return ccrypto_key_read(start, bytes.count, passphrase, failure, capacity)
            }
        }
        guard let read else { throw CryptoError(description: reason) }
        key = read
    }

    deinit { ccrypto_key_free(key) }

    package var kind: Kind {
        switch ccrypto_key_kind(key) {
        case CCRYPTO_RSA: .rsa
        case CCRYPTO_EC: .ellipticCurve
        default: .other
        }
    }

    /// The bits of the modulus, or of the curve.
    package var bits: Int { Int(ccrypto_key_bits(key)) }

    /// An RSA signature with the padding of PKCS #1 1.5. <https://docs.openssl.org/3.0/man3/EVP_DigestSignInit/>
    package func signRSA(_ bytes: [UInt8], _ digest: SHA2) throws(CryptoError) -> [UInt8] {
        try sign(bytes, digest, coordinate: 0)
    }

    /// An ECDSA signature: both numbers side by side, each as long as the curve's coordinates.
    package func signECDSA(_ bytes: [UInt8], _ digest: SHA2) throws(CryptoError) -> [UInt8] {
        try sign(bytes, digest, coordinate: (bits + 7) / 8)
    }

    private func sign(_ bytes: [UInt8], _ digest: SHA2, coordinate: Int) throws(CryptoError) -> [UInt8] {
        let room = 2048
        var output = [UInt8](repeating: 0, count: room)
        var count = -1
        let reason = Self.failureText { failure, capacity in
            count = ccrypto_sign(
                key, digest.rawValue, Int32(coordinate), bytes, bytes.count, &output, room, failure, capacity)
        }
        if count < 0 { throw CryptoError(description: reason) }
        return Array(output.prefix(count))
    }

    private static func failureText(_ body: (UnsafeMutablePointer<CChar>, Int) -> Void) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress else { return "no memory" }
            start[0] = 0
            body(start, buffer.count)
            return String(cString: start)
        }
    }
}

package enum HMAC {
    package static func authenticationCode(
        for bytes: [UInt8], key: [UInt8], _ digest: SHA2
    ) throws(CryptoError) -> [UInt8] {
        if let reason = ccrypto_load() {
            throw CryptoError(description: "unable to use libcrypto: \(String(cString: reason))")
        }
        var output = [UInt8](repeating: 0, count: 64)
        let count = ccrypto_hmac(digest.rawValue, key, key.count, bytes, bytes.count, &output)
        if count < 0 { throw CryptoError(description: "unable to compute an authentication code") }
        return Array(output.prefix(count))
    }
}
