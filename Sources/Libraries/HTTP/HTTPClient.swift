/// Sends requests side by side, on one thread; nothing of it is shared between threads.
package final class HTTPClient {
    package init(_ options: HTTPClientOptions = HTTPClientOptions()) throws(HTTPFailure) {
        throw HTTPFailure(.local, "unable to send requests: not yet")
    }

    /// Adds a request to those under way. `next` sends it, and hands out its end with the tag.
    package func start(_ request: HTTPRequest, tag: Int) {}

    /// Waits for the next request that has ended; nil when none is under way, or when the deadline comes first.
    ///
    /// Throws `stopped` once the stop descriptor is readable; what is under way is then given up.
    ///
    /// - Parameter deadline: on the monotonic clock, in nanoseconds.
    package func next(until deadline: Int64? = nil) throws(HTTPFailure) -> HTTPCompletion? { nil }

    /// How many requests were started and not handed out.
    package var inFlight: Int { 0 }

    /// Sends one request and waits for its end.
    package func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
        throw HTTPFailure(.local, "unable to send requests: not yet")
    }
}
