package import Failures

/// Why a record cannot be compared with its cursor.
package struct CursorError: ExplainedFailure {
    package let kind = FailureKind.data
    package let message: String
    package let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
