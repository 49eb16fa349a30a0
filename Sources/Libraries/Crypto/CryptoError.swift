/// A failure of libcrypto, in its words; contains no part of a key.
package struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
