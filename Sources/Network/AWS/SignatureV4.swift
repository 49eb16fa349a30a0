package import Crypto
import DateTimes
import Digests
import Encodings
package import HTTP

/// Signs requests by AWS Signature Version 4, in the form that S3 wants: the path is encoded once and is not normalized.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
package struct SignatureV4: Sendable {
    package let region: String
    package let service: String

    package init(region: String, service: String = "s3") {
        self.region = region
        self.service = service
    }

    /// The headers to add to a request.
    ///
    /// - Parameters:
    ///   - headers: those that the request has; all of them are signed.
    ///   - body: its digest is signed.
    ///   - time: microseconds since 1970.
    package func headers(
        _ method: String, _ url: HTTPURL, _ headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        _ credentials: AWSCredentials, at time: Int64
    ) throws(CryptoError) -> [(name: String, value: String)] {
        let stamp = Self.timestamp(time)
        let digest = Hexadecimal.text(SHA256.digest(body))
        var added = [("X-Amz-Date", stamp.second), ("X-Amz-Content-SHA256", digest)]
        if let token = credentials.sessionToken { added.append(("X-Amz-Security-Token", token)) }

        let signed = ([("Host", url.authority)] + headers + added)
            .map { ($0.0.lowercased(), Self.folded($0.1)) }.sorted { $0.0 < $1.0 }
        let names = signed.map(\.0).joined(separator: ";")
        let canonical = [
            method, url.path.isEmpty ? "/" : url.path, Self.ordered(url.query ?? ""),
            signed.map { "\($0.0):\($0.1)\n" }.joined(), names, digest,
        ].joined(separator: "\n")

        let scope = "\(stamp.day)/\(region)/\(service)/aws4_request"
        let text = [
            "AWS4-HMAC-SHA256", stamp.second, scope, Hexadecimal.text(SHA256.digest(Array(canonical.utf8))),
        ].joined(separator: "\n")
        var key = Array("AWS4\(credentials.secretKey)".utf8)
        for part in [stamp.day, region, service, "aws4_request"] { key = try Self.code(part, key) }
        let signature = Hexadecimal.text(try Self.code(text, key))
        added.append(
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
            ))
        return added.map { (name: $0.0, value: $0.1) }
    }

    private static func code(_ text: String, _ key: [UInt8]) throws(CryptoError) -> [UInt8] {
        try HMAC.authenticationCode(for: Array(text.utf8), key: key, .sha256)
    }

    /// Parameters in the order of their names, then of their values.
    private static func ordered(_ query: String) -> String {
        query.utf8.split(separator: UInt8(ascii: "&")).map { pair in
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return (Array(parts[0]), parts.count > 1 ? Array(parts[1]) : [])
        }.sorted { $0.0 == $1.0 ? $0.1.lexicographicallyPrecedes($1.1) : $0.0.lexicographicallyPrecedes($1.0) }
            .map { String(decoding: $0.0 + [UInt8(ascii: "=")] + $0.1, as: UTF8.self) }.joined(separator: "&")
    }

    /// Without blanks around it, and with single ones inside.
    private static func folded(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }

    /// "20240115" and "20240115T080910Z"
    private static func timestamp(_ time: Int64) -> (day: String, second: String) {
        let seconds = max(time, 0) / 1_000_000
        guard let date = CivilDate(utcMicroseconds: seconds * 1_000_000) else { return ("", "") }
        func digits(_ number: Int, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(count - text.utf8.count, 0)) + text
        }
        let day = digits(date.year, 4) + digits(date.month, 2) + digits(date.day, 2)
        let clock = Int(seconds % 86_400)
        return (day, "\(day)T\(digits(clock / 3600, 2))\(digits(clock / 60 % 60, 2))\(digits(clock % 60, 2))Z")
    }
}
