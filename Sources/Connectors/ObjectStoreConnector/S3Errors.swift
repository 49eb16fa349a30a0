import AWS
import Failures
import HTTP
import Secrets
import SystemIO

/// An answer of S3 that is not a success.
struct S3Refusal {
    let response: HTTPResponse
    /// S3's word for it; nil when the answer has none, as to a HEAD.
    let code: String?
    private let text: String?
    /// The region of the bucket, if the answer says so.
    let region: String?

    init(_ response: HTTPResponse) {
        self.response = response
        let error = XMLElement(parsing: response.body)
        code = error?["Code"]?.text
        text = error?["Message"]?.text
        region = response.headers["x-amz-bucket-region"] ?? error?["Region"]?.text
    }

    /// - Parameters:
    ///   - what: follows "unable to".
    ///   - object: the URL of the object that is read; nil for a listing.
    func failure(unableTo what: String, bucket: String, object: String?) -> ObjectFailure {
        func failure(_ kind: FailureKind, _ reason: String, _ hint: String? = nil) -> ObjectFailure {
            ObjectFailure(kind, "unable to \(what): \(reason)", hint: hint)
        }
        switch code {
        case "NoSuchBucket":
            return failure(.noInput, "there is no bucket \(bucket)", "check its name, and the endpoint")
        case "NoSuchKey":
            return object == nil
                ? failure(.noInput, "there is no such object", "check the name")
                : failure(.temporary, "it was removed since it was listed", "run the same command again")
        case "InvalidAccessKeyId":
            return failure(
                .denied, "the store does not know the access key", "check AWS_ACCESS_KEY_ID, or the profile")
        case "SignatureDoesNotMatch":
            return failure(
                .denied, "the secret does not belong to the access key",
                "check AWS_SECRET_ACCESS_KEY, or the profile")
        case "ExpiredToken", "TokenRefreshRequired", "InvalidToken":
            return failure(
                .denied, "the session token has ended or is wrong", "log in again, and set AWS_SESSION_TOKEN anew")
        case "RequestTimeTooSkewed":
            return failure(
                .configuration, "the clock of this machine is \(skew)", "set the clock: timedatectl")
        case "SlowDown", "ServiceUnavailable", "InternalError":
            return failure(.unavailable, "the store is busy (\(code ?? ""))\(attempts)", ObjectFailure.again)
        default: break
        }
        let said = [code, text].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ": ")
        let words = said.isEmpty ? "" : " (\(Secrets.excerpt(said.utf8, 200)))"
        switch response.status {
        case 301, 307:
            let place = region.map { "it is in the region \($0)" } ?? "the bucket is elsewhere"
            return failure(.configuration, place, "name it with --region")
        case 401, 403:
            return failure(
                .denied, "access is denied\(words)",
                "the credentials need s3:GetObject for the objects and s3:ListBucket for \(bucket)")
        case 404: return failure(.noInput, "there is no such object or bucket\(words)", "check the name")
        case 412: return ObjectFailure.replaced(object ?? bucket)
        case 408, 429, 500...599:
            return failure(.unavailable, "the answer is \(response.status)\(words)\(attempts)", ObjectFailure.again)
        default: return failure(.unavailable, "the answer is \(response.status)\(words)", nil)
        }
    }

    private var attempts: String { response.attempts > 1 ? " (\(response.attempts) attempts)" : "" }

    private var skew: String {
        guard let date = response.headers["Date"].flatMap({ HTTPDate.parse($0) }) else { return "wrong" }
        let minutes = (Clock.nowMicroseconds() / 1_000_000 - date) / 60
        return "\(abs(minutes)) minutes \(minutes < 0 ? "slow" : "fast")"
    }
}
