/// A server's response, whatever its status; the body is complete and decompressed.
package struct HTTPResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]
    /// The URL of the response, after redirects, which its relative links refer to. Without credentials.
    package let url: String
    /// How often the request was sent.
    package let attempts: Int
    /// The host that received no credentials, because they are meant for another; nil if none were withheld.
    package let withheldFrom: String?

    package init(
        status: Int, headers: HTTPHeaders, body: [UInt8], url: String, attempts: Int, withheldFrom: String? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url
        self.attempts = attempts
        self.withheldFrom = withheldFrom
    }
}

/// A finished request, after its retries.
package struct HTTPCompletion: Sendable {
    /// The argument of `HTTPClient.start`.
    package let tag: Int
    package let result: Result<HTTPResponse, HTTPFailure>
}
