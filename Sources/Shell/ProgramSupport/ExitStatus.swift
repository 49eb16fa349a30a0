/// How a program ended: the one table, which every help text and man page prints.
package enum ExitStatus: Int32, CaseIterable, Sendable {
    case done = 0
    case someSetAside = 3
    case more = 10
    case usage = 64
    case data = 65
    case noInput = 66
    case unavailable = 69
    case internalError = 70
    case cannotCreate = 73
    case io = 74
    case temporary = 75
    case denied = 77
    case configuration = 78

    package var meaning: String {
        switch self {
        case .done: "done"
        case .someSetAside: "done, but some rows were set aside"
        case .more: "a chunk or budget was reached and more remains"
        case .usage: "wrong usage: an unknown option or a missing argument"
        case .data: "the data or a contract does not allow it"
        case .noInput: "there is no such input"
        case .unavailable: "a service is not available"
        case .internalError: "a mistake in the program; please report it"
        case .cannotCreate: "an output cannot be created"
        case .io: "reading or writing failed, or the disk is full"
        case .temporary: "a temporary failure or an incomplete input; try again"
        case .denied: "permission was denied"
        case .configuration: "the configuration is wrong"
        }
    }

    /// The more severe of the two; the first of two failures, because the second often follows from it.
    package func worst(_ other: ExitStatus) -> ExitStatus {
        other.severity > severity ? other : self
    }

    /// Whether a program that ended with this has failed; signals count.
    package static func isFailure(_ status: Int32) -> Bool {
        (ExitStatus(rawValue: status)?.severity ?? 3) == 3
    }

    private var severity: Int {
        switch self {
        case .done: 0
        case .more: 1
        case .someSetAside: 2
        default: 3
        }
    }

    /// The table as aligned lines, for a help text.
    package static var table: String {
        allCases.map { status in
            let number = String(status.rawValue)
            return String(repeating: " ", count: 4 - number.count) + number + "  " + status.meaning
        }.joined(separator: "\n")
    }
}

/// Thrown by a command that did its job but does not end with 0. Prints nothing.
package struct ExitStatusSignal: Error, Sendable {
    package let status: ExitStatus

    package init(_ status: ExitStatus) {
        self.status = status
    }
}

/// Thrown by a command that was asked to stop and left everything resumable. The process then ends by the signal.
package struct Stopped: Error, Sendable {
    /// What to do next, such as "run the same command again to continue".
    package let hint: String?

    package init(hint: String? = nil) {
        self.hint = hint
    }
}
