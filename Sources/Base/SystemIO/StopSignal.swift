import CSystem
import Glibc

/// The request to stop: INT, TERM or HUP.
///
/// The first signal only sets a flag and ends waits for input; loops check `requested` between blocks. A second one,
/// half a second later or more, has its default effect.
package enum StopSignal {
    /// Call once, early. Signals that were inherited as ignored stay ignored.
    package static func install() {
        _ = csystem_install_stop_handlers()
    }

    package static var requested: Bool { csystem_stop_signal() != 0 }

    /// The first signal received, or 0.
    package static var signalNumber: Int32 { csystem_stop_signal() }

    /// Becomes readable with the request and stays so, for code that polls; -1 when not installed.
    package static var descriptor: Int32 { csystem_stop_descriptor() }

    /// Its usual name, for messages.
    package static var signalName: String {
        switch signalNumber {
        case SIGINT: "SIGINT"
        case SIGTERM: "SIGTERM"
        case SIGHUP: "SIGHUP"
        default: "signal \(signalNumber)"
        }
    }

    /// Sleeps; false when a request to stop ended the sleep early.
    package static func sleep(milliseconds: Int) -> Bool {
        if requested { return false }
        return csystem_wait(-1, 0, csystem_stop_descriptor(), CInt(clamping: milliseconds)) != 0
    }

    /// Ends this process by the signal that asked for it, so that a shell sees that its loop was interrupted.
    package static func endProcess() {
        if requested { csystem_end_by_signal(signalNumber) }
    }

    /// Ends this process quietly, as a write to a reader that has ended does by default.
    package static func endProcessByBrokenPipe() { csystem_end_by_signal(SIGPIPE) }

    /// Withdraws the request: a prompt ends what runs, and goes on.
    package static func forget() {
        csystem_forget_stop()
    }

    /// Makes a write to a closed pipe fail with `EPIPE`, which otherwise ends the process silently.
    package static func ignoreSIGPIPE() {
        csystem_ignore_signal(SIGPIPE)
    }
}
