package import Failures

/// Why a destination failed.
package struct DestinationError: ExplainedFailure, Equatable {
    package typealias Kind = FailureKind

    package let kind: FailureKind
    package let message: String
    package let hint: String?
    /// The table concerned, if known.
    package var table: String?

    package init(_ kind: FailureKind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }
}
