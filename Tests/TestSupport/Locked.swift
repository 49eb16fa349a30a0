import Glibc

/// A value that one thread at a time may touch.
///
/// The standard library's `Mutex` does the same, but the thread sanitizer cannot see that it orders anything, and takes whoever
/// uses it for a race; it knows this lock. For tests of what is itself about threads, where nothing may be passed over.
package final class Locked<Value>: @unchecked Sendable {
    // Sendable: the value is touched under the lock only.
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    package init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
