package import Crypto
import Digests
package import JSONText

/// A signed assertion of a client's identity (RFC 7515, 7519).
package struct JSONWebToken: Sendable {
    package enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256", rs384 = "RS384", rs512 = "RS512"
        case es256 = "ES256", es384 = "ES384", es512 = "ES512"
        case hs256 = "HS256", hs384 = "HS384", hs512 = "HS512"

        fileprivate var digest: SHA2 {
            switch self {
            case .rs256, .es256, .hs256: .sha256
            case .rs384, .es384, .hs384: .sha384
            case .rs512, .es512, .hs512: .sha512
            }
        }
    }

    private let algorithm: Algorithm
    private let key: [UInt8]
    private let passphrase: String?

    /// - Parameter key: a private key in PEM, or the shared secret for the HS algorithms. A PEM from an environment
    /// variable may contain `\n` for its line ends.
    package init(_ algorithm: Algorithm, key: String, passphrase: String? = nil) {
        self.algorithm = algorithm
        self.passphrase = passphrase
        switch algorithm {
        case .hs256, .hs384, .hs512: self.key = Array(key.utf8)
        default: self.key = Self.unescapedLines(key)
        }
    }

    /// The compact form: header, claims and signature.
    package func signed(_ claims: JSONObject) throws(CryptoError) -> String {
        let header: JSONObject = ["alg": .string(algorithm.rawValue), "typ": "JWT"]
        let text = [header, claims].map { Self.encoded(JSONValue.object($0).serializedBytes()) }.joined(separator: ".")
        return "\(text).\(Self.encoded(try signature(Array(text.utf8))))"
    }

    private func signature(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        switch algorithm {
        case .hs256, .hs384, .hs512: return try HMAC.authenticationCode(for: bytes, key: key, algorithm.digest)
        case .rs256, .rs384, .rs512: return try privateKey(.rsa).signRSA(bytes, algorithm.digest)
        case .es256, .es384, .es512:
            let key = try privateKey(.ellipticCurve)
            let bits = algorithm == .es256 ? 256 : algorithm == .es384 ? 384 : 521
            if key.bits != bits {
                throw CryptoError(
                    description: "\(algorithm.rawValue) needs a curve of \(bits) bits, the key has \(key.bits)")
            }
            return try key.signECDSA(bytes, algorithm.digest)
        }
    }

    private func privateKey(_ kind: PrivateKey.Kind) throws(CryptoError) -> PrivateKey {
        let key = try PrivateKey(pem: self.key, passphrase: passphrase)
        if key.kind != kind {
            throw CryptoError(
                description: "\(algorithm.rawValue) needs a key of \(kind == .rsa ? "RSA" : "an elliptic curve")")
        }
        return key
    }

    /// Base64 with the alphabet for URLs, without padding.
    static func encoded(_ bytes: [UInt8]) -> String {
        String(Base64.encode(bytes, padding: false).map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }

    private static func unescapedLines(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "n") {
                rest.removeFirst()
                result.append(0x0A)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
