import Glibc
import Synchronization

/// One connection: reads requests and sends replies until either side ends it.
struct Connection {
    private let descriptor: Int32
    private let number: Int
    private let shared: LoopbackServer.Shared
    private var buffered: [UInt8] = []

    init(_ descriptor: Int32, number: Int, _ shared: LoopbackServer.Shared) {
        self.descriptor = descriptor
        self.number = number
        self.shared = shared
        var yes: Int32 = 1
        // Head and body are two writes; the second must not wait for the client's acknowledgement of the first.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    consuming func serve() {
        var connection = self
        while let request = connection.readRequest() {
            let reply = connection.shared.handler(request)
            let goesOn = connection.send(reply, to: request)
            connection.shared.state.withLock { $0.underWay -= 1 }
            if !goesOn { return }
        }
    }

    // MARK: Reading

    private mutating func readRequest() -> ServerRequest? {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            if buffered.count >= 4 {
                headEnd = (0...buffered.count - 4).first { buffered[$0] == 0x0D && Array(buffered[$0..<$0 + 4]) == end }
            }
            if headEnd == nil && !fill() { return nil }
        }
        guard let headEnd else { return nil }
        let lines = String(decoding: buffered[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        buffered.removeFirst(headEnd + 4)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count == 3 else { return nil }
        let headers = lines.dropFirst().map { line -> (name: String, value: String) in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
            return (parts[0].lowercased(), String(value))
        }
        guard let body = readBody(headers) else { return nil }
        // A client that takes us for a proxy sends the whole URL.
        let target = String(words[1])
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        let path = String(target[..<mark])
        let query = mark == target.endIndex ? [] : parsedQuery(target[target.index(after: mark)...])
        let run = query.first { $0.name == "run" }?.value ?? ""
        let number = number
        return shared.state.withLock { state in
            let key = "\(words[0]) \(path) \(run)"
            let visit = state.visits[key, default: 0] + 1
            state.visits[key] = visit
            let request = ServerRequest(
                method: String(words[0]), target: target, path: path, query: query, headers: headers, body: body,
                connection: number, visit: visit)
            state.requests.append(request)
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
            return request
        }
    }

    private mutating func readBody(_ headers: [(name: String, value: String)]) -> [UInt8]? {
        let length = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        while buffered.count < length { if !fill() { return nil } }
        let body = Array(buffered.prefix(length))
        buffered.removeFirst(length)
        return body
    }

    private mutating func fill() -> Bool {
        let portion = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, filled in
            var count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            while count < 0 && errno == EINTR { count = recv(descriptor, buffer.baseAddress, buffer.count, 0) }
            filled = max(count, 0)
        }
        buffered += portion
        return !portion.isEmpty
    }

    // MARK: Sending

    /// Returns whether the connection can take another request.
    private func send(_ reply: ServerReply, to request: ServerRequest) -> Bool {
        if reply.delay > 0 { usleep(UInt32(reply.delay * 1e6)) }
        let hasBody = request.method != "HEAD" && reply.status != 204 && reply.status != 304
        var head = "HTTP/1.1 \(reply.status) \(Self.reason(reply.status))\r\n"
        for (name, value) in reply.headers { head += "\(name): \(value)\r\n" }
        let body = hasBody ? reply.body : []
        func announced() -> Bool { sendAll(Array((head + "Content-Length: \(reply.body.count)\r\n\r\n").utf8)) }
        switch reply.delivery {
        case .silence:
            // Until the client gives up or the server stops.
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
            return false
        case .whole:
            return announced() && sendAll(body) && request.header("connection")?.lowercased() != "close"
        case .drip(let bytes, let pause):
            guard announced() else { return false }
            for start in stride(from: 0, to: body.count, by: max(bytes, 1)) {
                usleep(UInt32(pause * 1e6))
                if !sendAll(Array(body[start..<min(start + bytes, body.count)])) { return false }
            }
            return true
        case .chunked(let size):
            guard sendAll(Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)), sendChunks(body, size) else {
                return false
            }
            return sendAll(Array("0\r\n\r\n".utf8))
        case .unfinishedChunks:
            _ = sendAll(Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)) && sendChunks(body, 1000)
            return false
        case .truncated(let count):
            _ = announced() && sendAll(Array(body.prefix(count)))
            return false
        case .reset(let count):
            _ = announced() && sendAll(Array(body.prefix(count)))
            // Long enough for the client to see what was sent before.
            usleep(20_000)
            var hard = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
            return false
        case .bodyOnly:
            _ = sendAll(body)
            return false
        case .untilClose:
            _ = sendAll(Array((head + "Connection: close\r\n\r\n").utf8)) && sendAll(body)
            return false
        }
    }

    private func sendChunks(_ body: [UInt8], _ size: Int) -> Bool {
        for start in stride(from: 0, to: body.count, by: max(size, 1)) {
            let chunk = Array(body[start..<min(start + size, body.count)])
            let text = Array((String(chunk.count, radix: 16) + "\r\n").utf8) + chunk + Array("\r\n".utf8)
            if !sendAll(text) { return false }
        }
        return true
    }

    private func sendAll(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 422: "Unprocessable Entity"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}
