package import ProgramSupport

/// A package or another file of the spool is not what was written there.
package struct PackageDamage: ProgramErrorConvertible, Sendable, CustomStringConvertible {
    /// Names the file.
    package let reason: String
    /// What can be done about it, where that is not the usual.
    package let hint: String?

    package init(_ reason: String, hint: String? = nil) {
        self.reason = reason
        self.hint = hint
    }

    package var description: String { reason }

    package var programError: ProgramError {
        ProgramError(.data, "unable to read the spool: \(reason)", hint: hint ?? PackageDamage.dropping)
    }

    package static let dropping =
        "the package is damaged: drop it with `dlt-state packages drop`, then run the whole pipe again"
    static let pulling = "`dlt-state pull URL` restores it from the destination"
}
