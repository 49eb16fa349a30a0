import Glibc

/// A socket that accepts connections: on an address of this machine, or in a file.
package struct HTTPListener: ~Copyable {
    private let socket: CInt
    private var isOurs = true
    /// As a URL has it: `127.0.0.1`, `[::1]`; empty for a file.
    package let host: String
    /// 0 for a file.
    package let port: Int

    private init(socket: CInt, host: String, port: Int) {
        self.socket = socket
        self.host = host
        self.port = port
    }

    deinit { if isOurs { close(socket) } }

    /// The socket is the caller's from now on.
    consuming func release() -> CInt {
        isOurs = false
        return socket
    }

    package static func isAddress(_ text: String) -> Bool {
        var storage = sockaddr_storage()
        return (try? fill(&storage, text, 0, "")) != nil
    }

    /// - Parameters:
    ///   - address: numbers, of IPv4 or IPv6. A name could mean several, and other ones tomorrow.
    ///   - port: 0 for one that is free.
    package static func listen(on address: String, port: Int) throws(HTTPServerError) -> HTTPListener {
        let action = "listen on \(address.contains(":") ? "[\(address)]" : address):\(port)"
        var storage = sockaddr_storage()
        let size = try fill(&storage, address, port, action)
        let raw = Glibc.socket(CInt(storage.ss_family), CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if raw < 0 { throw HTTPServerError(action, reason()) }
        // A port that was ours a moment ago is not taken.
        var yes: CInt = 1
        setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        try open(raw, &storage, size, action)
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withAddress(of: &storage) { _ = getsockname(raw, $0, &length) }
        let host = address.contains(":") ? "[\(address)]" : address
        return HTTPListener(socket: raw, host: host, port: actualPort(storage))
    }

    /// A file that only its owner may connect to. The file of a server that has ended is replaced.
    package static func listen(inFile path: String) throws(HTTPServerError) -> HTTPListener {
        let action = "listen in \(path)"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0), !bytes.isEmpty else {
            throw HTTPServerError(
                action, "the path of a socket has at most \(MemoryLayout.size(ofValue: address.sun_path) - 1) bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { storage in
            withUnsafeBytes(of: &address) { storage.copyMemory(from: $0) }
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        try removeLeftover(path, &storage, size, action)
        let raw = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if raw < 0 { throw HTTPServerError(action, reason()) }
        // From its first moment on.
        let mask = umask(0o177)
        defer { umask(mask) }
        try open(raw, &storage, size, action)
        return HTTPListener(socket: raw, host: "", port: 0)
    }

    private static func open(
        _ raw: CInt, _ storage: inout sockaddr_storage, _ size: socklen_t, _ action: String
    ) throws(HTTPServerError) {
        if withAddress(of: &storage, { bind(raw, $0, size) }) != 0 || Glibc.listen(raw, 64) != 0 {
            let error = HTTPServerError(action, reason())
            close(raw)
            throw error
        }
    }

    private static func removeLeftover(
        _ path: String, _ storage: inout sockaddr_storage, _ size: socklen_t, _ action: String
    ) throws(HTTPServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw HTTPServerError(action, "there is another file") }
        let probe = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        guard withAddress(of: &storage, { connect(probe, $0, size) }) != 0, errno == ECONNREFUSED else {
            throw HTTPServerError(action, "another program listens there")
        }
        unlink(path)
    }

    private static func fill(
        _ storage: inout sockaddr_storage, _ address: String, _ port: Int, _ action: String
    ) throws(HTTPServerError) -> socklen_t {
        guard let port = UInt16(exactly: port) else { throw HTTPServerError(action, "ports go from 1 to 65535") }
        var four = sockaddr_in()
        if inet_pton(AF_INET, address, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { storage in
                withUnsafeBytes(of: &four) { storage.copyMemory(from: $0) }
            }
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        }
        var six = sockaddr_in6()
        if inet_pton(AF_INET6, address, &six.sin6_addr) == 1 {
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &storage) { storage in
                withUnsafeBytes(of: &six) { storage.copyMemory(from: $0) }
            }
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
        throw HTTPServerError(action, "this is not an address, as 127.0.0.1 and ::1 are")
    }

    private static func actualPort(_ storage: sockaddr_storage) -> Int {
        // Both kinds have it in the same place.
        withUnsafeBytes(of: storage) { Int(UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))) }
    }

    private static func withAddress<Result>(
        of storage: inout sockaddr_storage, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body)
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
