/// One value for each worker of a pool, created when its worker first needs it: a compressor, a parser, anything that
/// is expensive to create and serves one thread at a time.
package final class WorkerLocal<Value>: @unchecked Sendable {
    // Sendable: only its worker touches a place.
    private let places: UnsafeMutablePointer<Value?>
    private let count: Int

    package init(workers: Int) {
        count = workers
        places = .allocate(capacity: workers)
        places.initialize(repeating: nil, count: workers)
    }

    deinit {
        places.deinitialize(count: count)
        places.deallocate()
    }

    package func value<Failure: Error>(of worker: Int, make: () throws(Failure) -> Value) throws(Failure) -> Value {
        if let value = places[worker] { return value }
        let value = try make()
        places[worker] = value
        return value
    }
}
