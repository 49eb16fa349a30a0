import CSystem
import Glibc

extension Descriptor {
    /// Of the writing end of a pipe: waits until its reader has taken all that was written.
    ///
    /// - Returns: false when it has not within the time, in seconds, or has gone away.
    package func waitUntilTaken(seconds: Double) -> Bool {
        guard isPipe else { return false }
        let deadline = Clock.monotonicNanoseconds() + Int64(seconds * 1e9)
        while true {
            switch csystem_unread(raw) {
            case 0: return true
            case ..<0: return false
            default: break
            }
            var end = pollfd(fd: raw, events: 0, revents: 0)
            if poll(&end, 1, 1) > 0, end.revents & Int16(POLLERR) != 0 { return false }
            if Clock.monotonicNanoseconds() >= deadline || StopSignal.requested { return false }
            usleep(500)
        }
    }
}
