import Glibc

/// Fills portions on another thread while the caller works on earlier ones: the cost of filling, such as decompressing
/// and parsing, then takes no time where a processor is free.
///
/// Portions arrive in the order in which they were filled, and are reused, so that memory is bounded. The thread fills
/// free portions one after the other. Without a second processor, or a slot for the thread, portions are filled on
/// request.
package final class ReadAhead<Portion: AnyObject> {
    /// State that both threads share.
    private final class Shared: @unchecked Sendable {
        // Sendable: shared state changes under the lock; one thread at a time runs `fill`.
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let filled = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private let fill: (Portion) throws -> Bool
        // Guarded by the lock.
        var free: [Portion]
        var ready: [Portion] = []
        /// Whether a thread fills, or was asked to.
        var isFilling = false
        var isAbandoned = false
        /// Whether nothing follows the ready portions, except `failure`.
        var hasEnded = false
        var failure: (any Error)?

        init(_ portions: [Portion], fill: @escaping (Portion) throws -> Bool) {
            free = portions
            self.fill = fill
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(filled, nil)
        }

        deinit {
            pthread_cond_destroy(filled)
            pthread_mutex_destroy(mutex)
            filled.deallocate()
            mutex.deallocate()
        }

        func lock() { pthread_mutex_lock(mutex) }
        func unlock() { pthread_mutex_unlock(mutex) }
        func wait() { pthread_cond_wait(filled, mutex) }

        var canFill: Bool { !free.isEmpty && !hasEnded && !isAbandoned }

        /// Fills one portion without the lock, which the caller holds before and after.
        func fillOne() {
            let portion = free.removeLast()
            unlock()
            let result = Result { try fill(portion) }
            lock()
            switch result {
            case .success(true): ready.append(portion)
            case .success(false): hasEnded = true
            case .failure(let error):
                hasEnded = true
                failure = error
            }
            pthread_cond_signal(filled)
        }

        func fillAll() {
            lock()
            while canFill { fillOne() }
            isFilling = false
            unlock()
        }
    }

    private let shared: Shared
    private let pool: WorkerPool?
    private var current: Portion?

    /// - Parameters:
    ///   - portions: with one, it is filled on request; with more, another thread fills ahead.
    ///   - fill: returns false when there is nothing left. Runs on one thread at a time, and never again after false or
    ///     an error.
    package init(_ portions: [Portion], fill: @escaping (Portion) throws -> Bool) {
        shared = Shared(portions, fill: fill)
        let pool = WorkerPool(workers: min(portions.count, Processors.available, 2), slots: JobSlots())
        self.pool = pool.hasHelp ? pool : nil
        order()
    }

    deinit {
        shared.lock()
        shared.isAbandoned = true
        shared.unlock()
        // Waits for the portion that is being filled.
        pool?.end()
    }

    /// The next portion, which belongs to the caller until the next call; nil at the end. An error of filling is thrown
    /// once, after the portions before it.
    package func next() throws -> Portion? {
        shared.lock()
        defer { shared.unlock() }
        if let used = current { shared.free.append(used) }
        current = nil
        if shared.ready.count < 2 { order() }
        while shared.ready.isEmpty {
            if shared.hasEnded {
                defer { shared.failure = nil }
                if let failure = shared.failure { throw failure }
                return nil
            }
            if pool == nil { shared.fillOne() } else { shared.wait() }
        }
        let portion = shared.ready.removeFirst()
        current = portion
        return portion
    }

    /// Has free portions filled, unless that is already happening. Call with the lock held.
    private func order() {
        guard let pool, !shared.isFilling, shared.canFill else { return }
        shared.isFilling = true
        _ = pool.submit(.ordinary) { [shared] _ in shared.fillAll() }
    }
}
