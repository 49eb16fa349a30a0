import Glibc

/// A system call that failed: its operation, its object and the reason.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The `errno` of the call.
    package let code: Int32
    /// A verb that fits after "unable to".
    package let operation: String
    /// A path, or a name such as "standard input".
    package let object: String
    /// Why this program refused what the system would have done; nil when the system refused.
    package let refusal: String?

    package init(code: Int32, operation: String, object: String, refusal: String? = nil) {
        self.code = code
        self.operation = operation
        self.object = object
        self.refusal = refusal
    }

    /// Must be called before anything else can change `errno`.
    static func last(_ operation: String, _ object: String) -> SystemError {
        SystemError(code: errno, operation: operation, object: object)
    }

    /// A link where links are not followed.
    static func link(_ operation: String, _ object: String) -> SystemError {
        SystemError(
            code: ELOOP, operation: operation, object: object,
            refusal: "it is a symbolic link, or reached through one, and links are not followed here")
    }

    package var reason: String {
        if let refusal { return refusal }
        // glibc keeps the text per thread since 2.32, so the classic call is safe here.
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }

    package var description: String { "unable to \(operation) \(object): \(reason)" }

    /// Whether the same call may succeed later without any change.
    package var isTransient: Bool {
        switch code {
        case EAGAIN, EBUSY, EINTR, ETIMEDOUT, EMFILE, ENFILE, ENOBUFS, ENOLCK, ENOMEM, ESTALE, ETXTBSY: true
        case ECONNREFUSED, ECONNRESET, ECONNABORTED, ENETUNREACH, EHOSTUNREACH, ENETDOWN: true
        default: false
        }
    }

    /// Another program holds the requested lock.
    package var isHeldLock: Bool { code == EWOULDBLOCK }

    /// The disk, or the user's quota, is full.
    package var isForWantOfSpace: Bool { code == ENOSPC || code == EDQUOT }

    /// This process or the system has too many files open.
    package var isForWantOfDescriptors: Bool { code == EMFILE || code == ENFILE }

    /// The reader of a pipe has ended.
    package var isBrokenPipe: Bool { code == EPIPE }

    /// The name exists already.
    package var isExistence: Bool { code == EEXIST }

    /// This program refused, not the system.
    package var isRefusal: Bool { refusal != nil }

    /// A file stands where a folder was expected.
    package static let notAFolder = ENOTDIR

    /// The name does not exist.
    package var isAbsence: Bool { code == ENOENT }

    /// The user lacks a permission, or the file system is read-only.
    package var isDenied: Bool { [EACCES, EPERM, EROFS].contains(code) }

    /// The failure that a library has reported in words; nil unless it is one that the user can act on.
    package init?(_ text: String, operation: String, object: String) {
        let known = [ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EACCES, EPERM, EROFS, EIO, EISDIR, ENOENT]
        guard let code = known.first(where: { text.contains(SystemError(code: $0, operation: "", object: "").reason) })
        else { return nil }
        self.init(code: code, operation: operation, object: object)
    }

    /// The disk failed.
    package var isFailedDevice: Bool { code == EIO }

    /// Whether the call ended because of a request to stop.
    package var isInterruption: Bool { code == EINTR }
}
