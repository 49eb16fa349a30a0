import DateTimes
import Destinations
import Failures
import LoadPackages
import ProgramSupport
import Secrets
import SystemIO

/// Why a package was not loaded, and the consequence for the package.
struct LoadFailure: ProgramErrorConvertible {
    enum Meaning {
        /// Trying again may help, or something outside of the package and the tables can be repaired: the package
        /// waits.
        case waits
        /// The package can never be loaded into the existing tables, unless the user changes those.
        case permanent
        /// No destination can load the package's contents or schema.
        case broken
        /// A file of the package is not as it was written.
        case damaged
        /// The destination's state is not the one that the package continues.
        case conflict
        /// The pipeline has its home in another place.
        case elsewhere
    }

    let meaning: Meaning
    let error: ProgramError
    /// The table concerned, if known.
    var table: String?

    var programError: ProgramError { error }

    /// Whether no program should wait for the package any more.
    var isFinal: Bool { meaning != .waits }

    init(_ meaning: Meaning, _ status: ExitStatus, _ message: String, hint: String? = nil, table: String? = nil) {
        self.meaning = meaning
        self.table = table
        error = ProgramError(status, message, hint: hint)
    }

    init(_ error: DestinationError) {
        let meaning: Meaning =
            switch error.kind {
            case .data: .permanent
            case .conflict: .conflict
            default: .waits
            }
        self.init(meaning, ExitStatus(error.kind), error.message, hint: error.hint, table: error.table)
    }

    /// Classifies an error of loading a package; nil for an error that does not concern the package.
    init?(_ error: any Error) {
        switch error {
        case let failure as LoadFailure: self = failure
        case let error as DestinationError where error.kind != .stopped: self.init(error)
        case let damage as PackageDamage:
            self.init(
                damage.isOfOtherVersion ? .waits : .damaged, .data, "unable to load a package: \(damage.reason)",
                hint: damage.hint)
        case let error as SystemError where !error.isInterruption:
            let error = ProgramError(error)
            self.init(.waits, error.status, error.message, hint: error.hint)
        default: return nil
        }
    }

    /// The same with another hint.
    func hinting(_ hint: String?) -> LoadFailure {
        LoadFailure(meaning, error.status, error.message, hint: hint, table: table)
    }

    /// For the folder of the package, without secrets.
    func reason(_ destination: (any Destination)?) -> FailureReason {
        FailureReason(
            time: LoadFailure.text(of: Clock.nowMicroseconds()), status: Int(error.status.rawValue),
            message: Secrets.hidden(error.message), hint: error.hint.map { Secrets.hidden($0) },
            destination: destination?.location, dataset: destination?.dataset, table: table)
    }

    /// As in RFC 3339.
    static func text(of microseconds: Int64) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: TemporalWriter.maxCount) { buffer in
            guard let base = buffer.baseAddress else { return "" }
            let count = TemporalWriter.write(timestamp: microseconds, isUTC: true, into: base)
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
