/// One request as its creator means it; the client adds retries, redirects and credentials.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Absolute, http or https.
    package var url: String
    /// In this order; a name may occur several times.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    package var authentication: (any RequestAuthentication)?

    /// A URL on the host for which headers and credentials are meant; nil: the host of `url`.
    ///
    /// A link to a next page in a response may lead anywhere. Its request names the API's base URL here, and neither
    /// `authentication` nor headers that could contain a secret are sent to any other host.
    package var home: String?
    /// Other hosts that may receive them, as `host` or `host:port`.
    package var allowedHosts: Set<String>

    /// Whether the request may be repeated after a temporary failure.
    package var isRetriable: Bool

    /// Takes the body of an answer with status 200, of any size, so that it needs no memory.
    package var file: BodyFile?

    package init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        authentication: (any RequestAuthentication)? = nil, home: String? = nil, allowedHosts: Set<String> = [],
        isRetriable: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.authentication = authentication
        self.home = home
        self.allowedHosts = allowedHosts
        self.isRetriable = isRetriable
    }
}
