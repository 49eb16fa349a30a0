import ADBC
import Arrow
import Failures
import SystemIO
import TableSources

extension TableError {
    /// Explains what a driver refused. What it quotes of secrets is hidden where messages are printed.
    ///
    /// - Parameter action: a verb and its object, to follow "unable to".
    init(_ error: ADBCError, unableTo action: String) {
        if StopSignal.requested {
            self = .stopped(unableTo: action)
            return
        }
        let message = "unable to \(action): \(error.message)"
        let again = "run the same command again"
        switch (error.sqlState.prefix(2), error.status) {
        case ("28", _), (_, .unauthenticated), (_, .unauthorized):
            self.init(.denied, message, hint: "check user and password, and what the user may read")
        case ("42", _) where error.sqlState == "42501": self.init(.denied, message, hint: "grant the user SELECT on it")
        case ("42", _), ("22", _), (_, .notFound), (_, .invalidArgument), (_, .invalidData), (_, .alreadyExists),
            (_, .integrity):
            self.init(.data, message)
        case ("57", _), ("40", _), (_, .timeout), (_, .cancelled): self.init(.temporary, message, hint: again)
        case (_, .io): self.init(.unavailable, message, hint: "check the URL, and that the server runs; then \(again)")
        case (_, .notImplemented):
            self.init(.unusable, message, hint: "the driver cannot do it; a newer one may")
        default: self.init(.unusable, message)
        }
    }

    init(_ error: ArrowError, unableTo action: String) {
        let message = "unable to \(action): \(error.description)"
        switch error.kind {
        // SQLite's driver decides about a column by its first values, and ends at one of another type.
        case .sender where error.reason.contains("Type mismatch in column"):
            self.init(.data, message, hint: "cast the column to one type in a --query, or read the file with sqlite:")
        case .sender:
            self =
                StopSignal.requested
                ? .stopped(unableTo: action) : TableError(.unavailable, message, hint: "run the same command again")
        case .type:
            self.init(.data, message, hint: "leave the column out with --exclude-columns, or cast it in a --query")
        case .text: self.init(.data, message, hint: "cast the column to bytes in a --query")
        case .malformed: self.init(.unusable, message, hint: "report it to the authors of the driver")
        }
    }
}
