/// A request without a complete response.
package struct HTTPFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// Not a URL, or not http or https.
        case url
        case dns
        /// No connection, or only to a token server that does not work at the moment.
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
        /// A redirect to something other than an http or https URL.
        case badRedirect
        case tooManyRedirects
        /// A redirect that would carry a body to another host.
        case unsafeRedirect
        /// The server does not speak HTTP.
        case notHTTP
        /// Credentials could not be obtained.
        case authentication
        /// The user asked to stop.
        case stopped
        /// The library, or a limit of this machine.
        case local
    }

    package let kind: Kind
    /// Names the method, the URL and the reason; contains no secret.
    package let message: String
    /// Only the reason, for URLs that are secrets themselves.
    package let reason: String
    /// The status of the last response, if there was one.
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

    /// Whether the same request may succeed later without any change.
    package var isTransient: Bool {
        switch kind {
        case .dns, .connect, .timeout, .reset, .truncated: true
        default: false
        }
    }
}
