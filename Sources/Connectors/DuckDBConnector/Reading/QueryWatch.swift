import DatasetReaders
import DuckDB
import Glibc
import Synchronization
import Threading

/// Ends queries that work between two portions of rows: DuckDB does not ask then whether to go on, so a thread looks at the control
/// every few milliseconds. It is gone soon after `end`.
final class QueryWatch: Sendable {
    /// A query in the library's hands; ending it is allowed from any thread.
    private struct Running: @unchecked Sendable { weak var cursor: Cursor? }

    private struct State {
        var running: [Running] = []
        var isEnded = false
        var hasThread = false
    }

    private let control: QueryControl
    private let state = Mutex(State())

    init(_ control: QueryControl) { self.control = control }

    func begin(_ cursor: Cursor) {
        let running = Running(cursor: cursor)
        let begins = state.withLock { state in
            state.running.removeAll { $0.cursor == nil }
            state.running.append(running)
            defer { state.hasThread = true }
            return !state.hasThread
        }
        // Without a thread queries end between two portions alone.
        if begins { startDetachedThread { [self] in work() } }
    }

    func end() {
        state.withLock { state in
            state.isEnded = true
            state.running = []
        }
    }

    private func work() {
        while true {
            usleep(20_000)
            let isInterrupted = control.isInterrupted
            let isEnded = state.withLock { state in
                // Under the lock, so that none is closed meanwhile.
                if isInterrupted { for running in state.running { running.cursor?.interrupt() } }
                return state.isEnded
            }
            if isEnded { return }
        }
    }

    /// Closes a query while the thread does not look at it.
    func close(_ cursor: Cursor) { state.withLock { _ in cursor.close() } }
}
