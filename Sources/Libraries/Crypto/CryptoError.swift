/// What libcrypto does not do, in its words; holds no part of a key.
package struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
