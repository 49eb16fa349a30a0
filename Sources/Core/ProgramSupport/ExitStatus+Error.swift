import ArgumentParser
import SystemIO

extension ExitStatus {
    /// The status that an error ends a program with.
    package init(of error: any Error) {
        switch error {
        case let error as ProgramError: self = error.status
        case let error as any ProgramErrorConvertible: self = error.programError.status
        case let signal as ExitStatusSignal: self = signal.status
        case let error as SystemError: self = ProgramError(error).status
        case is ValidationError: self = .usage
        case is LineTooLong: self = .data
        case is Stopped: self = .temporary
        default: self = .internalError
        }
    }
}
