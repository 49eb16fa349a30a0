package import Failures
import HTTP
import SystemIO

/// An object or a listing that cannot be had, in words.
package struct ObjectFailure: ExplainedFailure {
    package let kind: FailureKind
    package let message: String
    package let hint: String?

    init(_ kind: FailureKind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    /// A request without an answer.
    ///
    /// - Parameter what: follows "unable to", such as "read s3://data/a.csv".
    init(_ failure: HTTPFailure, unableTo what: String) {
        let kind: FailureKind =
            switch failure.kind {
            case .url: .usage
            case .authentication: .denied
            case .encoding, .tooLarge: .data
            case .stopped: .stopped
            case .local: .storage
            case .badRedirect, .tooManyRedirects, .unsafeRedirect, .notHTTP, .dns, .connect, .tls, .timeout, .reset,
                .truncated:
                .unavailable
            }
        let hint: String? =
            switch failure.kind {
            case .dns: "check the host, and the network"
            case .tls: "--ca-file FILE names a file of certificates to trust"
            default: failure.isTransient ? Self.again : nil
            }
        let attempts = failure.attempts > 1 ? " (\(failure.attempts) attempts)" : ""
        self.init(kind, "unable to \(what): \(failure.reason)\(attempts)", hint: hint)
    }

    static let again = "run the same command again later; with --new it goes on where this run stopped"

    /// The object is not the one that was listed.
    static func replaced(_ url: String) -> ObjectFailure {
        ObjectFailure(
            .temporary, "unable to read \(url): it was replaced since this run found it",
            hint: "run the same command again")
    }
}
