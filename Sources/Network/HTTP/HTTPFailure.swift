/// A request that got no complete answer.
package struct HTTPFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// Not a URL, or not of http or https.
        case url
        case dns
        /// No connection, or to a token server that does not work at the moment.
        case connect
        /// The certificate or the handshake.
        case tls
        case timeout
        /// The connection broke before the answer was complete.
        case reset
        /// The body ended before its announced length.
        case truncated
        /// The body cannot be decompressed.
        case encoding
        /// The body is larger than the limit.
        case tooLarge
        /// A redirect to something that is not a URL of http or https.
        case badRedirect
        case tooManyRedirects
        /// A redirect that would carry a body to a host it was not made for.
        case unsafeRedirect
        /// The server does not speak HTTP.
        case notHTTP
        /// Credentials could not be obtained.
        case authentication
        /// Somebody asked to stop.
        case stopped
        /// The library, or a limit of this machine.
        case local
    }

    package let kind: Kind
    /// Names the method, the URL and the reason; holds no secret.
    package let message: String
    /// Only why, for URLs that are secrets themselves.
    package let reason: String
    /// The status of the last answer that came, if any did.
    package let lastStatus: Int?
    package let attempts: Int

    package init(
        _ kind: Kind, _ message: String, reason: String? = nil, lastStatus: Int? = nil, attempts: Int = 0
    ) {
        self.kind = kind
        self.message = message
        self.reason = reason ?? message
        self.lastStatus = lastStatus
        self.attempts = attempts
    }

    package var description: String { message }

    /// Whether the same request may succeed later without anybody changing anything.
    package var isTransient: Bool {
        switch kind {
        case .dns, .connect, .timeout, .reset, .truncated: true
        default: false
        }
    }
}
