package import Failures
import Glibc
import SystemIO

/// A configuration file that cannot be used.
package struct ConfigurationFailure: ExplainedFailure {
    package let kind: FailureKind
    package let message: String
    package let hint: String?

    init(_ kind: FailureKind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    init(_ error: SystemError) {
        switch error.code {
        case EACCES, EPERM:
            self.init(
                .denied, error.description, hint: "check the permissions of the file and of the folders above it")
        case EISDIR: self.init(.noInput, error.description, hint: "this is a folder; name a file")
        default: self.init(.storage, error.description)
        }
    }
}
