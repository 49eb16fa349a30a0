package import Failures

/// Why a database could not be read.
package struct TableError: ExplainedFailure, Equatable {
    package let kind: FailureKind
    package let message: String
    package let hint: String?

    package init(_ kind: FailureKind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    /// The same in the words of another part of the connector.
    package init(_ failure: some ExplainedFailure) {
        self.init(failure.kind, failure.message, hint: failure.hint)
    }

    /// The user has asked the program to stop.
    package static func stopped(unableTo action: String) -> TableError {
        TableError(.stopped, "unable to \(action): asked to stop")
    }
}
