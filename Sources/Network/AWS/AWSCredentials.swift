import Secrets

/// What requests to S3 and what speaks its protocol are signed with.
package struct AWSCredentials: Sendable, Equatable {
    package let accessKey: String
    package let secretKey: String
    /// Of temporary credentials; sent with each request.
    package let sessionToken: String?
    /// When they end, in microseconds since 1970; nil: never.
    package let expires: Int64?

    /// Registers the secret parts, so that no message contains them.
    package init(accessKey: String, secretKey: String, sessionToken: String? = nil, expires: Int64? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken.flatMap { $0.isEmpty ? nil : $0 }
        self.expires = expires
        for secret in [secretKey, sessionToken].compactMap(\.self) { Secrets.keep(secret) }
    }

    /// A request that is signed just before the end would be refused when it arrives.
    private static let margin: Int64 = 5 * 60 * 1_000_000

    package func areUsable(at now: Int64) -> Bool { expires.map { $0 - now > Self.margin } ?? true }
}
