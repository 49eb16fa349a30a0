package import AWS
import Encodings
import Failures
package import HTTP

/// Where a bucket is, and how its URLs are written.
package struct S3Settings: Sendable {
    package enum URLStyle: String, Sendable, CaseIterable {
        /// `https://host/bucket/key`
        case path
        /// `https://bucket.host/key`
        case virtual
    }

    /// Nil for AWS.
    package let endpoint: HTTPURL?
    package internal(set) var region: String
    /// Whether the user named the region; otherwise it is a guess, which an answer may correct.
    let isRegionKnown: Bool
    private let style: URLStyle?
    /// Requests are not signed.
    package let isAnonymous: Bool

    /// - Parameters:
    ///   - endpoint: a URL of the user's; nil: from `settings`.
    ///   - style: nil: from `settings`, else `path` at an endpoint and `virtual` at AWS.
    package init(
        endpoint: String?, region: String?, style: URLStyle?, isAnonymous: Bool, _ settings: AWSSettings
    ) throws(ObjectFailure) {
        self.isAnonymous = isAnonymous
        if let text = endpoint ?? settings.endpoint {
            guard let url = HTTPURL(text), url.query == nil else {
                throw ObjectFailure(
                    .usage, "unable to use the endpoint \(text): it is not a URL of http or https",
                    hint: "for example --endpoint https://storage.example.com")
            }
            self.endpoint = url
        } else {
            self.endpoint = nil
        }
        let region = region ?? settings.region
        isRegionKnown = region != nil
        self.region = region ?? "us-east-1"
        self.style = style ?? settings.addressing.flatMap(URLStyle.init)
    }

    /// The URL of a bucket, or of a key in it.
    func url(_ bucket: String, key: String = "", query: [(name: String, value: String)] = []) -> HTTPURL? {
        let base: String
        // A certificate for `*.s3…` does not cover a name with a dot.
        if (style ?? (endpoint == nil && !bucket.contains(".") ? .virtual : .path)) == .virtual {
            base = "\(scheme)://\(bucket).\(authority)\(folder)"
        } else {
            base = "\(scheme)://\(authority)\(folder)/\(PercentEncoding.encoded(bucket))"
        }
        let path = PercentEncoding.encoded(key) { PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: "/") }
        let text = query.map { "\(PercentEncoding.encoded($0.name))=\(PercentEncoding.encoded($0.value))" }
        return HTTPURL("\(base)/\(path)" + (text.isEmpty ? "" : "?" + text.joined(separator: "&")))
    }

    private var scheme: String { endpoint?.scheme ?? "https" }
    private var authority: String {
        endpoint?.authority ?? "s3.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
    }
    private var folder: String {
        var path = endpoint?.path ?? ""
        while path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
