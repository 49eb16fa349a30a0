import Glibc
import Synchronization

/// A small HTTP server on 127.0.0.1 for one test: answers each request with the next of the given statuses and keeps what came.
package final class LoopbackServer: Sendable {
    package struct Request: Sendable {
        /// `POST /path HTTP/1.1`
        package let line: String
        package let headers: [String]
        package let body: String
    }

    package struct Answer: Sendable {
        package let status: Int
        package let headers: [String]
        /// How long it makes the client wait.
        package let delayMilliseconds: Int

        package init(_ status: Int, headers: [String] = [], delayMilliseconds: Int = 0) {
            self.status = status
            self.headers = headers
            self.delayMilliseconds = delayMilliseconds
        }
    }

    package let port: UInt16
    private let socket: CInt
    private let state: Mutex<(answers: [Answer], requests: [Request])>

    package struct Failure: Error {}

    /// - Parameter answers: the last one is repeated.
    package init(_ answers: Answer...) throws {
        state = Mutex((answers, []))
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = self.socket
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, size) == 0 && listen(socket, 16) == 0 && getsockname(socket, address, &size) == 0
            }
        }
        guard isListening else { throw Failure() }
        port = UInt16(bigEndian: address.sin_port)
        // The thread holds the server until its socket is closed.
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<LoopbackServer>.fromOpaque(context).takeRetainedValue().serve() }
                return nil
            }, context.toOpaque())
        pthread_detach(thread)
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    package var requests: [Request] { state.withLock { $0.requests } }

    /// Call when the test is done.
    package func stop() {
        shutdown(socket, Int32(SHUT_RDWR))
        close(socket)
    }

    private func serve() {
        while true {
            let connection = accept(socket, nil, nil)
            if connection < 0 { return }
            if let request = LoopbackServer.read(connection) {
                let answer = state.withLock { state in
                    state.requests.append(request)
                    return state.answers.count > 1 ? state.answers.removeFirst() : state.answers.first ?? Answer(200)
                }
                if answer.delayMilliseconds > 0 { usleep(UInt32(answer.delayMilliseconds * 1000)) }
                var text = "HTTP/1.1 \(answer.status) x\r\nContent-Length: 2\r\nConnection: close\r\n"
                for header in answer.headers { text += header + "\r\n" }
                text += "\r\nok"
                _ = text.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
            }
            close(connection)
        }
    }

    private static func read(_ connection: CInt) -> Request? {
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 4096)
        var needed = Int.max
        var headerEnd = 0
        while bytes.count < needed {
            let count = recv(connection, &portion, portion.count, 0)
            if count <= 0 { return nil }
            bytes += portion[..<count]
            guard needed == .max, let end = end(ofHeader: bytes) else { continue }
            headerEnd = end
            let header = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
            let length = header.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }?.split(
                separator: " "
            ).last
            needed = end + (length.flatMap { Int($0) } ?? 0)
        }
        let lines = String(decoding: bytes[..<headerEnd], as: UTF8.self).split(separator: "\r\n").map(String.init)
        return Request(
            line: lines.first ?? "", headers: Array(lines.dropFirst()),
            body: String(decoding: bytes[headerEnd..<min(needed, bytes.count)], as: UTF8.self))
    }

    private static func end(ofHeader bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 0...bytes.count - 4 where Array(bytes[index..<index + 4]) == [13, 10, 13, 10] { return index + 4 }
        return nil
    }
}
