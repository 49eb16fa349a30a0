package struct HTTPClientOptions: Sendable {
    /// Seconds until the connection, including TLS, must be established.
    package var connectTimeout = 60.0
    /// Seconds without a byte from the server.
    package var idleTimeout = 60.0
    /// Seconds for one attempt, whatever arrives; 0 is no limit.
    package var totalTimeout = 600.0

    /// A proxy's URL; empty is none; nil is the one from `https_proxy`, `http_proxy` and `no_proxy`.
    package var proxy: String?
    /// A file of certificates to trust instead of the system's.
    package var certificateAuthorities: String?
    /// Files with the client's certificate and key, in PEM.
    package var clientCertificate: String?
    package var clientKey: String?
    /// Off only at the user's request.
    package var verifiesCertificates = true

    package var userAgent: String?
    /// Of a decompressed body, in bytes.
    package var maximumBody = 256 << 20
    /// Off for files: a server then sends their bytes as they are, compressed or not.
    package var decodesBodies = true
    package var maximumRedirects = 20
    /// The most requests at once, per host; more wait for a connection.
    package var maximumConnectionsPerHost = 50

    package var retry = RetryPolicy()
    /// Requests per second for every host; nil is no limit.
    package var rate: Double?
    /// The longest wait, in seconds, for a server whose headers say that no requests are left until a time.
    package var maximumRateLimitWait = 3600.0

    /// Becomes readable when the work should stop; -1 when there is none. (`StopSignal.descriptor`)
    package var stopDescriptor: Int32 = -1
    /// Informed, on the caller's thread and within `next`, of what the client waits for.
    package var onEvent: (@Sendable (HTTPEvent) -> Void)?

    package init() {}
}

/// Events that users may want to know about while they wait.
package enum HTTPEvent: Sendable, Equatable {
    /// The request will be sent again after the delay in seconds; the reason is a status ("429") or a few words.
    case retrying(host: String, reason: String, delay: Double, attempt: Int)
    /// The host's limit of requests is used up for this number of seconds.
    case limited(host: String, delay: Double)
    /// A token was obtained from the host.
    case authenticated(host: String)
}
