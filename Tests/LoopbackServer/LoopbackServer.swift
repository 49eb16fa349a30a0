import Glibc
import Synchronization
import SystemIO

/// A small HTTP/1.1 server for tests, on 127.0.0.1, with a thread per connection. It answers what its handler says, and can
/// misbehave on the wire in the ways real servers do (`ServerReply.Delivery`). Stops with this object.
package final class LoopbackServer: Sendable {
    package typealias Handler = @Sendable (ServerRequest) -> ServerReply

    package let port: Int
    private let shared: Shared

    /// What the threads hold; the server itself only stands for its life.
    final class Shared: Sendable {
        let handler: Handler
        let state = Mutex(State())

        struct State {
            var isStopped = false
            var descriptors: Set<Int32> = []
            var connections = 0
            var visits: [String: Int] = [:]
            var requests: [ServerRequest] = []
            var underWay = 0
            var mostUnderWay = 0
        }

        init(handler: @escaping Handler) { self.handler = handler }
    }

    /// - Parameter port: 0 is any that is free.
    package init(port: Int = 0, handler: @escaping Handler) throws {
        shared = Shared(handler: handler)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw SystemError(code: errno, operation: "create", object: "a socket") }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutableBytes(of: &address) { bytes -> Bool in
            let name = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            guard let name else { return false }
            return bind(listener, name, length) == 0 && listen(listener, 256) == 0
                && getsockname(listener, name, &length) == 0
        }
        guard bound else {
            let error = SystemError(code: errno, operation: "listen on", object: "127.0.0.1:\(port)")
            _ = close(listener)
            throw error
        }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        shared.state.withLock { _ = $0.descriptors.insert(listener) }
        let shared = shared
        startThread { Self.accept(listener, shared) }
    }

    /// Answers the first request with the first reply and so on, and with the last whatever follows.
    package convenience init(_ replies: ServerReply...) throws {
        let answered = Mutex(0)
        try self.init { _ in
            let index = answered.withLock { count in
                count += 1
                return count - 1
            }
            return replies[min(index, replies.count - 1)]
        }
    }

    deinit { stop() }

    package var url: String { "http://127.0.0.1:\(port)" }
    /// The same server by another name, which to a client is another host.
    package var otherURL: String { "http://localhost:\(port)" }

    /// All requests so far, in the order of their arrival.
    package var requests: [ServerRequest] { shared.state.withLock { $0.requests } }
    package var connections: Int { shared.state.withLock { $0.connections } }
    /// How many requests were being answered at once, at most.
    package var mostUnderWay: Int { shared.state.withLock { $0.mostUnderWay } }

    /// Ends all connections.
    package func stop() {
        shared.state.withLock { state in
            state.isStopped = true
            // The threads close them; this wakes them up.
            for descriptor in state.descriptors { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    private static func accept(_ listener: Int32, _ shared: Shared) {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            if descriptor < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            // Programs that other tests start must not keep the connection open.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let number: Int? = shared.state.withLock { state in
                if state.isStopped { return nil }
                state.descriptors.insert(descriptor)
                state.connections += 1
                return state.connections
            }
            guard let number else {
                _ = close(descriptor)
                break
            }
            startThread {
                Connection(descriptor, number: number, shared).serve()
                // In one step with the removal: the number may be another connection's right after.
                shared.state.withLock { state in
                    state.descriptors.remove(descriptor)
                    _ = close(descriptor)
                }
            }
        }
        shared.state.withLock { state in
            state.descriptors.remove(listener)
            _ = close(listener)
        }
    }
}

/// Runs the body on a thread of its own, which nobody waits for.
private func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Box(body)).toOpaque()
    let result = pthread_create(
        &thread, nil,
        { context in
            if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
            return nil
        }, context)
    precondition(result == 0, "no thread can be started")
    pthread_detach(thread)
}
