import ArgumentParser
package import Failures
import SystemIO

// The one map from errors to a status, a message and a hint. An error that is not in it is a mistake in the program.

extension ProgramError {
    /// The error in words; nil for requests to stop or to exit, and for errors that are not in the map.
    package init?(of error: any Error) {
        switch error {
        case let error as ProgramError: self = error
        case let error as any ProgramErrorConvertible: self = error.programError
        case let failure as any ExplainedFailure:
            self.init(ExitStatus(failure.kind), failure.message, hint: failure.hint)
        case let error as SystemError: self.init(error)
        case let error as LineTooLong: self.init(.data, error.description)
        default: return nil
        }
    }
}

extension ExitStatus {
    /// The exit status for an error.
    package init(of error: any Error) {
        if let words = ProgramError(of: error) {
            self = words.status
            return
        }
        switch error {
        case let signal as ExitStatusSignal: self = signal.status
        case is ValidationError: self = .usage
        case is Stopped: self = .temporary
        default: self = .internalError
        }
    }

    package init(_ kind: FailureKind) {
        self =
            switch kind {
            case .temporary, .stopped, .conflict: .temporary
            case .unavailable: .unavailable
            case .denied: .denied
            case .data, .unusable: .data
            case .noInput: .noInput
            case .configuration: .configuration
            case .cannotCreate: .cannotCreate
            case .storage: .io
            case .usage: .usage
            }
    }
}
