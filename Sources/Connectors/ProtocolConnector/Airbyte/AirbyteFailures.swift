import JSONText
import ProgramSupport

/// The errors that a source reports by TRACE messages.
struct AirbyteFailures {
    private var first: (message: String, type: String)?

    /// Keeps the first error: later ones often follow from it.
    mutating func take(_ message: JSONValue) {
        guard first == nil, message["trace", "type"]?.stringValue == "ERROR" else { return }
        let error = message["trace", "error"] ?? [:]
        let text = error["message"]?.stringValue ?? error["internal_message"]?.stringValue ?? "it gave no reason"
        first = (text, error["failure_type"]?.stringValue ?? "system_error")
    }

    /// - Parameter task: what was not possible.
    func error(_ task: String) -> ProgramError? {
        guard let (message, type) = first else { return nil }
        let reason = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        switch type {
        case "config_error":
            return ProgramError(
                .configuration, "unable to \(task): \(reason)", hint: "correct the file that --config names")
        case "transient_error":
            return ProgramError(
                .temporary, "unable to \(task): \(reason)", hint: "the service has a problem that may pass; try again")
        default:
            return ProgramError(
                .data, "unable to \(task): \(reason)",
                hint: "this is a failure of the source; the lines above it, and its documentation, may say more")
        }
    }
}
