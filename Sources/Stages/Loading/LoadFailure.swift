import Destinations
import Failures
import LoadPackages
import ProgramSupport
import SystemIO

/// Why a package was not loaded, and what that means for the package.
struct LoadFailure: ProgramErrorConvertible {
    enum Meaning {
        /// Trying again may help, or something can be mended: the package waits.
        case waits
        /// The package can never be loaded on top of what is there.
        case permanent
        /// The destination's state is not the one that the package continues.
        case conflict
    }

    let meaning: Meaning
    let error: ProgramError

    var programError: ProgramError { error }

    init(_ meaning: Meaning, _ status: ExitStatus, _ message: String, hint: String? = nil) {
        self.meaning = meaning
        error = ProgramError(status, message, hint: hint)
    }

    init(_ error: DestinationError) {
        let meaning: Meaning =
            switch error.kind {
            case .data: .permanent
            case .conflict: .conflict
            default: .waits
            }
        self.init(meaning, ExitStatus(error.kind), error.message, hint: error.hint)
    }

    /// Sorts whatever was thrown while a package was being loaded; nil for what is not about the package.
    init?(_ error: any Error) {
        switch error {
        case let failure as LoadFailure: self = failure
        case let error as DestinationError where error.kind != .stopped: self.init(error)
        case let damage as PackageDamage:
            self.init(
                .waits, .data, "unable to load a package: \(damage.reason)",
                hint: damage.hint)
        case let error as SystemError where !error.isInterruption:
            let error = ProgramError(error)
            self.init(.waits, error.status, error.message, hint: error.hint)
        default: return nil
        }
    }
}
