import Glibc
package import SystemIO

/// What a person reads when a program fails.
package struct ProgramError: Error, Sendable, Equatable, CustomStringConvertible {
    package let status: ExitStatus
    /// "unable to <verb> <object>: <reason>", without the name of the program.
    package let message: String
    /// What to try, when there is something.
    package let hint: String?

    package init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }

    package init(_ error: SystemError, hint: String? = nil) {
        let (status, usual) = Self.meaning(of: error)
        self.init(status, error.description, hint: hint ?? usual)
    }

    package var description: String { message }

    private static func meaning(of error: SystemError) -> (ExitStatus, hint: String?) {
        if error.refusal != nil { return (.denied, "put the file or folder itself in its place") }
        let creates = error.operation.hasPrefix("create")
        switch error.code {
        case ENOENT:
            return creates
                ? (.cannotCreate, "the folder must exist before a file can be created in it")
                : (.noInput, "check the name; a relative one starts at the current folder")
        case EACCES, EPERM:
            return (.denied, "check the permissions of the file and of the folders above it")
        case ENOSPC:
            return (.io, "free some space, or choose another place with --data-dir or TMPDIR")
        case EDQUOT:
            return (.io, "your quota is used up: free some space, or choose another place with --data-dir")
        case EPIPE:
            return (.io, "the program that reads the output has ended")
        case EIO, EBADF, EFBIG, ESPIPE:
            return (.io, nil)
        case EROFS:
            return (.cannotCreate, "the file system is read-only; choose another place with --data-dir")
        case EISDIR:
            return creates
                ? (.cannotCreate, "this is a folder; name a file") : (.noInput, "this is a folder; name a file")
        case ENOTDIR, EEXIST, ENAMETOOLONG, ELOOP, EMLINK, ENOTEMPTY, EXDEV:
            return error.operation == "open" && error.code != EEXIST ? (.noInput, nil) : (.cannotCreate, nil)
        case EMFILE, ENFILE:
            return (.temporary, "too many files are open: raise the limit with `ulimit -n`, or use fewer workers")
        case EWOULDBLOCK:
            return (
                .temporary, error.operation == "lock" ? "another program holds it; try again when it has ended" : nil
            )
        case ENOEXEC:
            return (.configuration, "this is not a program; does its first line lack `#!`?")
        case ENXIO, ENODEV, ECONNREFUSED, ECONNRESET, ECONNABORTED, EHOSTUNREACH, ENETUNREACH, ENETDOWN:
            return (.unavailable, nil)
        default:
            return error.isTransient ? (.temporary, "try again") : (.io, nil)
        }
    }
}

/// An error that knows how to present itself; for the errors of stages.
package protocol ProgramErrorConvertible: Error {
    var programError: ProgramError { get }
}
