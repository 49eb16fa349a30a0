import Glibc
import JSONText
import SystemIO
import TestSupport

/// dlt-dashboard, running over a folder of pipelines until this object goes.
final class RunningDashboard {
    let folder: WorkDirectory
    private(set) var port = 0
    private(set) var token = ""
    private var process: ChildProcess?

    /// - Parameters:
    ///   - arguments: beside the data directory.
    ///   - hasSpool: otherwise no data directory is named.
    init(
        over folder: WorkDirectory, _ arguments: [String] = ["--port", "0"], hasSpool: Bool = true,
        environment: [String: String] = [:]
    ) throws {
        self.folder = folder
        let messages = try Descriptor.create(folder.path("dashboard.stderr"))
        var process = try ChildProcess.spawn(
            argv: [Paths.join(buildFolder, "dlt-dashboard")] + (hasSpool ? ["--data-dir", folder.path("data")] : [])
                + arguments,
            environment: ["DLT_PIPELINE": "", "TZ": "UTC", "LC_ALL": "C.UTF-8"].merging(environment) { $1 },
            directory: folder.path,
            stderr: .descriptor(messages.raw))
        guard let output = process.standardOutput.take() else { fatalError("no pipe") }
        let lines = LineReader(output)
        let url = try lines.next().map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
        self.process = consume process
        let match = url.firstMatch(of: #/http://[^/]*?(?::(\d+))?/(?:\?token=([0-9a-f]+))?$/#)
        port = match?.1.flatMap { Int($0) } ?? 0
        token = match?.2.map(String.init) ?? ""
    }

    deinit { end() }

    func end() { _ = try? end(by: SIGTERM) }

    @discardableResult
    func end(by signal: Int32) throws -> ChildProcess.Outcome? {
        defer { process = nil }
        process?.signal(signal)
        return try process?.wait()
    }

    struct Answer {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
    }

    /// Sends one request as it is, and reads until the server closes.
    func exchange(_ request: String) throws -> Answer {
        let bytes = try RawClient.exchange(request, port: port)
        let end = Self.endOfHead(bytes) ?? bytes.count
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        let status = lines.first.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) } ?? 0
        let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), line[line.index(after: colon)...].trimmingSpaces)
        }
        return Answer(status: status, headers: headers, body: Array(bytes[min(end + 4, bytes.count)...]))
    }

    /// A page, as somebody with the token gets it.
    func get(_ path: String, _ headers: [String] = []) throws -> Answer {
        let lines =
            ["GET \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Authorization: Bearer \(token)", "Connection: close"]
            + headers
        return try exchange(lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    func json(_ path: String) throws -> JSONValue { try JSONValue(parsing: get(path).body) }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...bytes.count - 4).first { bytes[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8) }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }) }
}

/// A request whose answer nobody has read yet.
final class OpenRequest {
    private var socket: CInt?

    init(_ path: String, of dashboard: RunningDashboard) throws {
        let socket = try RawClient.connected(port: dashboard.port)
        self.socket = socket
        let lines = [
            "GET \(path) HTTP/1.1", "Host: 127.0.0.1:\(dashboard.port)", "Authorization: Bearer \(dashboard.token)",
        ]
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        _ = send(socket, bytes, bytes.count, CInt(MSG_NOSIGNAL))
    }

    deinit { close() }

    /// Whether the text came before the end of the answer.
    func read(until text: String) throws -> Bool {
        guard let socket else { return false }
        var all: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: all, as: UTF8.self).contains(text) {
            let count = recv(socket, &portion, portion.count, 0)
            if count <= 0 { return false }
            all += portion[..<count]
        }
        return true
    }

    func close() {
        if let socket { Glibc.close(socket) }
        socket = nil
    }
}

/// A client that sends whatever it is given.
enum RawClient {
    static func connected(port: Int) throws -> CInt {
        let raw = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let code = errno
            close(raw)
            throw SystemError(code: code, operation: "connect", object: "port \(port)")
        }
        return raw
    }

    static func exchange(_ request: String, port: Int) throws -> [UInt8] {
        let raw = try connected(port: port)
        defer { close(raw) }
        let bytes = Array(request.utf8)
        // A server that refuses early may not read it all.
        _ = send(raw, bytes, bytes.count, CInt(MSG_NOSIGNAL))
        var answer: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(raw, &portion, portion.count, 0)
            if count <= 0 { return answer }
            answer += portion[..<count]
        }
    }
}
