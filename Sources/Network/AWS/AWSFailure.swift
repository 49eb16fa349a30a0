package import Failures

/// Settings or credentials of AWS that cannot be used.
package struct AWSFailure: ExplainedFailure {
    package let kind: FailureKind
    /// Without what could not be done because of it.
    package let reason: String
    package let hint: String?

    package var message: String { "unable to sign requests: \(reason)" }

    package init(_ kind: FailureKind, _ reason: String, hint: String? = nil) {
        self.kind = kind
        self.reason = reason
        self.hint = hint
    }
}
