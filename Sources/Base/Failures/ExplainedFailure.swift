/// What can be done about a failure. What a program exits with follows from it, in one place: `ExitStatus`.
package enum FailureKind: Sendable, Equatable {
    /// Another program holds a lock, or a connection broke: the same call may succeed later.
    case temporary
    /// A server does not answer.
    case unavailable
    /// The user lacks a permission.
    case denied
    /// The data or the schema does not allow it; trying again does not help.
    case data
    /// What is there is newer than what the data builds on.
    case conflict
    /// What is there is not what it should be; somebody has to mend it, or to correct its name.
    case unusable
    /// There is no such input.
    case noInput
    /// What was configured is wrong, or cannot be read.
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

/// An error in words, thrown by modules that know neither exit statuses nor who reads it.
package protocol ExplainedFailure: Error, Sendable, CustomStringConvertible {
    var kind: FailureKind { get }
    /// "unable to <verb> <object>: <reason>"; never holds a secret.
    var message: String { get }
    /// What to try, where there is something.
    var hint: String? { get }
}

extension ExplainedFailure {
    package var description: String { message }
}
