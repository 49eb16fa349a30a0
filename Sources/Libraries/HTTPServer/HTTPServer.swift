import CMicrohttpd
import Glibc

package struct HTTPLimits: Sendable {
    package var connections = 64
    /// Of the path and the query together.
    package var targetBytes = 8 << 10
    /// Of the first line and all headers of a request.
    package var headBytes = 32 << 10
    /// After which a connection that says nothing is closed.
    package var idleSeconds = 30

    package init() {}
}

/// An HTTP server on a socket: one thread accepts, and each connection has one that reads requests and writes answers.
///
/// It knows the protocol and limits, and no more: `HTTPAnswering` decides who may ask for what. A request with a body is answered before
/// that is read, which ends its connection.
package final class HTTPServer: Sendable {
    private let daemon: Daemon
    private let service: Service

    private struct Daemon: @unchecked Sendable { let pointer: OpaquePointer }

    /// Why the library cannot be used on this machine; nil when it can.
    package static var absence: String? { cmicrohttpd_load().map { String(cString: $0) } }

    /// - Parameter listener: listens already; from now on it is the server's.
    package init(
        _ listener: consuming HTTPListener, limits: HTTPLimits = HTTPLimits(), answering: any HTTPAnswering
    ) throws(HTTPServerError) {
        if let absence = HTTPServer.absence {
            throw HTTPServerError("open the library that answers HTTP", absence)
        }
        service = Service(answering, limits)
        var bounds = cmicrohttpd_limits(
            connections: UInt32(clamping: limits.connections), memory: limits.headBytes,
            idle: UInt32(clamping: limits.idleSeconds), stack: 1 << 20)
        // The daemon lives as long as this object does, and so does the service.
        let context = Unmanaged.passUnretained(service).toOpaque()
        let socket = listener.release()
        guard let pointer = cmicrohttpd_start(socket, &bounds, answerRequest, context) else {
            throw HTTPServerError("answer HTTP", "the library refuses to start")
        }
        daemon = Daemon(pointer: pointer)
    }

    /// Ends all connections; returns when their threads have ended. Streams have to end soon after the request to stop.
    package func stop() { cmicrohttpd_stop(daemon.pointer) }

    fileprivate final class Service: Sendable {
        let answering: any HTTPAnswering
        let limits: HTTPLimits

        init(_ answering: any HTTPAnswering, _ limits: HTTPLimits) {
            self.answering = answering
            self.limits = limits
        }

        func answer(_ connection: OpaquePointer, _ path: String, _ method: String) -> CInt {
            let query = Pairs()
            cmicrohttpd_query(connection, collectPair, query.context)
            let length = query.all.reduce(path.utf8.count) { $0 + $1.name.utf8.count + ($1.value?.utf8.count ?? 0) + 2 }
            guard length <= limits.targetBytes else { return send(HTTPResponse(414), connection) }
            let headers = Pairs()
            cmicrohttpd_headers(connection, collectPair, headers.context)
            let socket = cmicrohttpd_socket(connection)
            let request = HTTPRequest(
                method: method, path: path, query: query.all, headers: headers.all,
                isAbandoned: { Self.hasHungUp(socket) })
            return send(answering.answer(request), connection)
        }

        /// A request that follows on the same connection is not read on the way. The socket stays open until the answer is made.
        private static func hasHungUp(_ socket: CInt) -> Bool {
            guard socket >= 0 else { return false }
            // POLLRDHUP, which the C headers show to programs of GNU alone.
            let halfClosed: Int32 = 0x2000
            let ends = Int16(halfClosed | POLLHUP | POLLERR)
            var look = pollfd(fd: socket, events: ends, revents: 0)
            return poll(&look, 1, 0) > 0 && look.revents & ends != 0
        }

        private func send(_ answer: HTTPResponse, _ connection: OpaquePointer) -> CInt {
            let response: OpaquePointer?
            switch answer.body {
            case .bytes(let bytes): response = bytes.withUnsafeBytes { cmicrohttpd_response($0.baseAddress, $0.count) }
            case .stream(let stream):
                response = cmicrohttpd_streamed_response(
                    32 << 10, readBody, Unmanaged.passRetained(Portions(stream)).toOpaque(), releaseBody)
            }
            // Without memory for an answer the connection is closed.
            guard let response else { return CInt(CMICROHTTPD_NO) }
            // The library refuses what would break the head of the answer in two.
            for header in answer.headers { _ = cmicrohttpd_add_header(response, header.name, header.value) }
            return cmicrohttpd_queue(connection, UInt32(clamping: answer.status), response)
        }
    }
}

/// Collects what the library calls for one by one.
private final class Pairs {
    var all: [HTTPRequest.Pair] = []
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
}

/// Cuts the portions of a stream to what the library takes.
private final class Portions {
    private let stream: any HTTPBodyStream
    private var portion: [UInt8] = []
    private var start = 0

    init(_ stream: any HTTPBodyStream) { self.stream = stream }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if start == portion.count {
            do {
                guard let next = try stream.next() else { return -1 }
                portion = next
                start = 0
            } catch { return -2 }
        }
        let count = min(buffer.count, portion.count - start)
        portion.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
        start += count
        return count
    }
}

private func answerRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ path: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?
) -> CInt {
    guard let context, let connection, let path, let method else { return 0 }
    return Unmanaged<HTTPServer.Service>.fromOpaque(context).takeUnretainedValue()
        .answer(connection, String(cString: path), String(cString: method))
}

private func collectPair(
    _ context: UnsafeMutableRawPointer?, _: CInt, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> CInt {
    guard let context, let name else { return 0 }
    Unmanaged<Pairs>.fromOpaque(context).takeUnretainedValue().all.append(
        (String(cString: name), value.map { String(cString: $0) }))
    return 1
}

private func readBody(
    _ context: UnsafeMutableRawPointer?, _: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int {
    guard let context, let buffer else { return -2 }
    return Unmanaged<Portions>.fromOpaque(context).takeUnretainedValue().read(
        into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
}

private func releaseBody(_ context: UnsafeMutableRawPointer?) {
    if let context { Unmanaged<Portions>.fromOpaque(context).release() }
}
