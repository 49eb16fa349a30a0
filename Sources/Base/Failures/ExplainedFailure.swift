/// What can be done about a failure. One place derives the exit status of a program from it: `ExitStatus`.
package enum FailureKind: Sendable, Equatable {
    /// Another program holds a lock, or a connection broke: the same call may succeed later.
    case temporary
    /// A server does not answer.
    case unavailable
    /// The user lacks a permission.
    case denied
    /// The data or the schema does not allow it; trying again does not help.
    case data
    /// The destination is newer than the state that the data builds on.
    case conflict
    /// Something is not what it should be; the user has to repair it or correct its name.
    case unusable
    /// The input does not exist.
    case noInput
    /// The configuration is wrong, or cannot be read.
    case configuration
    /// An output cannot be created.
    case cannotCreate
    /// The disk is full or failed.
    case storage
    /// A name, URL or option is not understood.
    case usage
    /// A request to stop was obeyed.
    case stopped
}

/// An error in words, thrown by modules that know neither exit statuses nor the reader.
package protocol ExplainedFailure: Error, Sendable, CustomStringConvertible {
    var kind: FailureKind { get }
    /// "unable to <verb> <object>: <reason>"; never holds a secret.
    var message: String { get }
    /// What the user can try, if anything.
    var hint: String? { get }
}

extension ExplainedFailure {
    package var description: String { message }
}
