/// What a server answered, whatever the status; the body is whole and decompressed.
package struct HTTPResponse: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]
    /// Where the answer came from, after redirects: what relative links in it refer to. Without credentials.
    package let url: String
    /// How often the request was sent.
    package let attempts: Int
    /// The host that got no credentials, because they are meant for another; nil where nothing was withheld.
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

/// A request that has ended, after its retries.
package struct HTTPCompletion: Sendable {
    /// What `HTTPClient.start` was given.
    package let tag: Int
    package let result: Result<HTTPResponse, HTTPFailure>
}
