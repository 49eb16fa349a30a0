import CSystem
import Glibc

/// The request to stop: INT, TERM or HUP.
///
/// The first one only sets a flag, and ends what waits for input; loops look at `requested` between blocks. A second one,
/// half a second later or more, has its default effect.
package enum StopSignal {
    /// Call once, early. Signals that were inherited as ignored stay ignored.
    package static func install() {
        _ = csystem_install_stop_handlers()
    }

    package static var requested: Bool { csystem_stop_signal() != 0 }

    /// The signal that asked first, or 0.
    package static var signalNumber: Int32 { csystem_stop_signal() }

    /// Becomes readable with the request and stays so, for those who poll; -1 when not installed.
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

    /// Sleeps; false when it was cut short by a request to stop.
    package static func sleep(milliseconds: Int) -> Bool {
        if requested { return false }
        return csystem_wait(-1, 0, csystem_stop_descriptor(), CInt(clamping: milliseconds)) != 0
    }

    /// Ends this process by the signal that asked for it, so that a shell sees that its loop was interrupted.
    package static func endProcess() {
        if requested { csystem_end_by_signal(signalNumber) }
    }

    /// Takes the request back; for tests.
    package static func forget() {
        csystem_forget_stop()
    }

    /// A write to a reader that went away then fails with `EPIPE`; otherwise it ends the process silently.
    package static func ignoreSIGPIPE() {
        csystem_ignore_signal(SIGPIPE)
    }
}
