/// Why a destination did not do what it was asked, sorted by what can be done about it.
package struct DestinationError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// Somebody else holds a lock, or the connection broke: the same call may succeed later.
        case temporary
        /// The server does not answer.
        case unavailable
        /// The destination refuses this user.
        case denied
        /// The package's own data or schema does not allow it; trying again does not help.
        case data
        /// What is there is newer than what the package builds on.
        case conflict
        /// What lies at the destination is not what it should be; somebody has to mend it or to correct the URL.
        case unusable
        /// The place cannot be created.
        case cannotCreate
        /// The disk is full or failed.
        case storage
        /// The URL or dataset is not one that the connector understands.
        case usage
        /// A request to stop was obeyed.
        case stopped
    }

    package let kind: Kind
    /// "unable to <verb> <object>: <reason>"; never holds a secret.
    package let message: String
    package let hint: String?

    package init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
}
