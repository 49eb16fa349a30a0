import Synchronization
import SystemIO

/// Stops the queries of a session: at a signal, at the end of their time, or from another thread.
package final class QueryControl: Sendable {
    package enum Interruption: Sendable, Equatable {
        /// The program was asked to stop.
        case stopped
        /// `cancel` was called.
        case cancelled
        /// The time is over.
        case overdue
    }

    private let deadline = Atomic<Int64>(.max)
    private let isCancelled = Atomic<Bool>(false)
    private let isAbandoned: (@Sendable () -> Bool)?
    /// When to ask again whether the reader has gone.
    private let nextLook = Atomic<Int64>(0)
    private static let lookNanoseconds: Int64 = 20_000_000

    /// - Parameters:
    ///   - seconds: that all queries of the session have together, from now on; nil is no limit.
    ///   - isAbandoned: whether the reader of the rows has gone; asked some fifty times a second, from any thread.
    package init(seconds: Double? = nil, isAbandoned: (@Sendable () -> Bool)? = nil) {
        self.isAbandoned = isAbandoned
        guard let seconds else { return }
        deadline.store(Clock.monotonicNanoseconds() + Clock.nanoseconds(seconds), ordering: .relaxed)
    }

    /// Ends what runs, and all that would run later. May be called from any thread.
    package func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Makes the control fit for another query, whose time begins now.
    package func restart(seconds: Double? = nil) {
        isCancelled.store(false, ordering: .relaxed)
        let end = seconds.map { Clock.monotonicNanoseconds() + Clock.nanoseconds($0) } ?? .max
        deadline.store(end, ordering: .relaxed)
    }

    /// Why to stop; nil as long as there is no reason.
    package var interruption: Interruption? {
        if StopSignal.requested { return .stopped }
        if isCancelled.load(ordering: .relaxed) { return .cancelled }
        let end = deadline.load(ordering: .relaxed)
        if end == .max && isAbandoned == nil { return nil }
        let now = Clock.monotonicNanoseconds()
        if let isAbandoned, now > nextLook.load(ordering: .relaxed) {
            nextLook.store(now + Self.lookNanoseconds, ordering: .relaxed)
            if isAbandoned() {
                cancel()
                return .cancelled
            }
        }
        return now > end ? .overdue : nil
    }

    package var isInterrupted: Bool { interruption != nil }
}
