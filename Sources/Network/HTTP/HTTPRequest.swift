/// One request, as its maker means it; retries, redirects and credentials are the client's work.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Absolute, http or https.
    package var url: String
    /// In this order; a name may occur several times.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    package var authentication: (any RequestAuthentication)?

    /// A URL on the host that headers and credentials are meant for; nil: the host of `url`.
    ///
    /// A link to a next page that a response brought may lead anywhere. Its request names here the API's base URL, and
    /// on any other host neither `authentication` nor headers that could hold a secret are sent.
    package var home: String?
    /// Other hosts that may get them, as `host` or `host:port`.
    package var allowedHosts: Set<String>

    /// Whether the request may be sent again when its outcome is one that passes.
    package var isRetriable: Bool

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
