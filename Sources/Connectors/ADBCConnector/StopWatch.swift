import ADBC
import Glibc
import Synchronization
import SystemIO
import Threading

/// Ends a driver's statement when the program is asked to stop: a driver waits for its server by itself, so a thread looks at the
/// request a few times a second. It is gone soon after `end`.
final class StopWatch: Sendable {
    /// Ending it is allowed from any thread.
    private struct Running: @unchecked Sendable { weak var statement: ADBCStatement? }

    private let state: Mutex<Running?>

    init(_ statement: ADBCStatement) {
        state = Mutex(Running(statement: statement))
        // Without a thread a statement ends between two batches alone.
        startDetachedThread { [self] in work() }
    }

    /// The statement must not end before.
    func end() { state.withLock { $0 = nil } }

    private func work() {
        while true {
            usleep(50_000)
            // Under the lock, so that it is not closed meanwhile.
            let isOver = state.withLock { running in
                guard let statement = running?.statement else { return true }
                guard StopSignal.requested else { return false }
                statement.cancel()
                return true
            }
            if isOver { return }
        }
    }
}
