import Glibc
import SystemIO

/// Several threads fill portions, one empties them in whatever order they come. Portions are reused, so that memory is bounded.
///
/// For threads that mostly wait, for a server or a disk: unlike those of a pool, each is a thread of its own.
package final class PortionExchange<Portion: AnyObject>: @unchecked Sendable {
    // Sendable: the shared state changes under the lock.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var free: [Portion]
    private var ready: [Portion] = []
    private var working = 0
    private var failure: (any Error)?
    private var abandoned = false
    private var threads: [pthread_t] = []

    package init(_ portions: [Portion]) {
        free = portions
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    private func lock() { pthread_mutex_lock(mutex) }
    private func unlock() { pthread_mutex_unlock(mutex) }

    /// Starts threads that do the work, each with its number. `end` must follow.
    package func start(_ count: Int, _ work: @escaping @Sendable (Int) throws -> Void) {
        for number in 0..<count {
            lock()
            working += 1
            unlock()
            let outcome = startThread { [self] in hasEnded(Result { try work(number) }) }
            if case .success(let thread) = outcome {
                threads.append(thread)
                continue
            }
            // The others do its share.
            if case .failure(let error) = outcome { hasEnded(threads.isEmpty ? .failure(error) : .success(())) }
        }
    }

    private func hasEnded(_ result: Result<Void, any Error>) {
        lock()
        working -= 1
        if case .failure(let error) = result, failure == nil { failure = error }
        pthread_cond_broadcast(changed)
        unlock()
    }

    /// Whether what is filled is no longer wanted.
    package var isAbandoned: Bool {
        lock()
        defer { unlock() }
        return abandoned
    }

    // MARK: On the threads that fill

    /// An empty portion, when there is one; nil when no more are wanted.
    package func takeFree() -> Portion? {
        lock()
        defer { unlock() }
        while free.isEmpty && !abandoned { pthread_cond_wait(changed, mutex) }
        return abandoned ? nil : free.removeLast()
    }

    package func put(_ portion: Portion) {
        lock()
        ready.append(portion)
        pthread_cond_broadcast(changed)
        unlock()
    }

    // MARK: On the thread that empties

    /// A filled portion, when there is one; nil when all have come. The first failure of a thread is thrown at once.
    package func next() throws -> Portion? {
        lock()
        defer { unlock() }
        while true {
            if let failure { throw failure }
            if !ready.isEmpty { return ready.removeFirst() }
            if working == 0 { return nil }
            pthread_cond_wait(changed, mutex)
        }
    }

    package func giveBack(_ portion: Portion) {
        lock()
        free.append(portion)
        pthread_cond_broadcast(changed)
        unlock()
    }

    /// Tells the threads that nothing more is wanted, and waits for them.
    package func end() {
        lock()
        abandoned = true
        pthread_cond_broadcast(changed)
        unlock()
        for thread in threads { pthread_join(thread, nil) }
        threads = []
    }
}
