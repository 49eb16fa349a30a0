import CSystem
import Glibc

extension Descriptor {
    /// For the writing end of a pipe: waits until the reader has read everything that was written.
    ///
    /// - Returns: false when the reader has not read it in time, in seconds, or has closed its end.
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
