package import Failures

/// A package or another file of the spool is not as it was written.
package struct PackageDamage: ExplainedFailure {
    /// Names the file.
    package let reason: String
    package let hint: String?
    /// Another version of the toolkit can read it.
    package let isOfOtherVersion: Bool

    package init(_ reason: String, hint: String = dropping, isOfOtherVersion: Bool = false) {
        self.reason = reason
        self.hint = hint
        self.isOfOtherVersion = isOfOtherVersion
    }

    package var kind: FailureKind { .unusable }
    package var message: String { "unable to read the spool: \(reason)" }
    package var description: String { reason }

    package static let dropping =
        "the package is damaged: drop it with `dlt-state packages drop`, then run the whole pipe again"
    static let pulling = "`dlt-state pull URL` restores it from the destination"
}
