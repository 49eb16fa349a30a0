import CSystem
import Glibc

/// An open file, pipe or terminal: the only type that reads and writes, and that handles interruption.
///
/// A read that would have to wait fails with `EINTR` after a request to stop (see `StopSignal`). Bytes that are already
/// available can still be read, so that work under way can be finished.
@usableFromInline
package struct Descriptor: ~Copyable, Sendable {
    package let raw: CInt
    /// The name of the file in messages.
    package let name: String
    /// Keeps waiting for a peer even after a request to stop.
    package var waitsThroughStop = false

    private var closing: Bool
    /// Regular files never make a reader wait; this saves a poll for each read.
    package let isRegularFile: Bool
    /// Also true for a FIFO with a name.
    package let isPipe: Bool

    /// - Parameter closing: whether this value owns the descriptor and closes it.
    package init(raw: CInt, closing: Bool, name: String) {
        self.raw = raw
        self.closing = closing
        self.name = name
        var status = Glibc.stat()
        let kind = fstat(raw, &status) == 0 ? status.st_mode & S_IFMT : 0
        isRegularFile = kind == S_IFREG
        isPipe = kind == S_IFIFO
    }

    deinit {
        if closing { _ = Glibc.close(raw) }
    }

    // MARK: Opening

    package static var standardInput: Descriptor { Descriptor(raw: 0, closing: false, name: "standard input") }
    package static var standardOutput: Descriptor { Descriptor(raw: 1, closing: false, name: "standard output") }
    package static var standardError: Descriptor { Descriptor(raw: 2, closing: false, name: "standard error") }

    /// A descriptor that the parent process has opened, as `7>file` of a shell does. Never one that this process opened
    /// itself, even if it has the number that the user meant: ours all close on exec.
    package static func inherited(_ raw: CInt, name: String) throws(SystemError) -> Descriptor {
        let flags = fcntl(raw, F_GETFD)
        if flags < 0 || flags & FD_CLOEXEC != 0 { throw SystemError(code: EBADF, operation: "use", object: name) }
        return Descriptor(raw: raw, closing: false, name: name)
    }

    /// Opens what output goes into; see `Files.isWrittenThrough`. What this process has open already goes on where it stands: its name,
    /// opened anew, would empty the file to which a shell appends.
    package static func openForWriting(through path: String) throws(SystemError) -> Descriptor {
        switch path {
        case "/dev/stdout": return try inherited(1, name: path)
        case "/dev/stderr": return try inherited(2, name: path)
        default:
            for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
                if let raw = CInt(path.dropFirst(folder.utf8.count)) { return try inherited(raw, name: path) }
            }
            return try create(path)
        }
    }

    package static func openForReading(_ path: String) throws(SystemError) -> Descriptor {
        try open(path, O_RDONLY, operation: "open")
    }

    /// Opens a folder, for locks and for `synchronize`.
    package static func openDirectory(_ path: String) throws(SystemError) -> Descriptor {
        try open(path, O_RDONLY | O_DIRECTORY, operation: "open")
    }

    /// Creates a file, or empties the one that is there.
    ///
    /// - Parameter exclusive: fail with `EEXIST` when the name exists already, even as a dangling link.
    package static func create(
        _ path: String, mode: UInt32 = 0o600, exclusive: Bool = false
    ) throws(SystemError) -> Descriptor {
        try open(path, O_WRONLY | O_CREAT | (exclusive ? O_EXCL : O_TRUNC), mode: mode, operation: "create")
    }

    /// Opens a file at its end, creating it if absent; readable too where permissions allow.
    package static func openForAppending(_ path: String) throws(SystemError) -> Descriptor {
        let flags = O_APPEND | O_CREAT | O_NOCTTY
        do throws(SystemError) { return try open(path, O_RDWR | flags, mode: 0o600, operation: "create") } catch {
            guard error.code == EACCES || error.code == EPERM else { throw error }
            return try open(path, O_WRONLY | flags, mode: 0o600, operation: "create")
        }
    }

    /// The purpose of opening a file.
    package enum Use: Sendable {
        case reading
        /// Created when it is absent.
        case appending
        /// Reading and writing; created when it is absent.
        case updating
    }

    /// Opens a regular file below a folder, for places that may contain bytes of others. Follows no link below the
    /// folder, and refuses a FIFO or a device at once instead of waiting for it.
    ///
    /// - Parameters:
    ///   - name: a relative path without dots.
    /// - folder: where trust begins: links on the way to it are the user's choice.
    package static func openRegular(
        _ name: String, below folder: String, for use: Use = .reading
    ) throws(SystemError) -> Descriptor {
        try openRegular(Paths.join(folder, name), use) { csystem_open_below(folder, name, $0, 0o600) }
    }

    /// The same, below an open folder.
    package func openRegular(_ path: String) throws(SystemError) -> Descriptor {
        try Descriptor.openRegular(Paths.join(name, path), .reading) { csystem_open_in(raw, path, $0, 0o600) }
    }

    private static func openRegular(
        _ path: String, _ use: Use, _ open: (CInt) -> CInt
    ) throws(SystemError) -> Descriptor {
        let (flags, operation) =
            switch use {
            case .reading: (O_RDONLY, "open")
            case .appending: (O_WRONLY | O_CREAT | O_APPEND, "open")
            case .updating: (O_RDWR | O_CREAT, "open")
            }
        // Without waiting for the peer of a FIFO; this does not affect a regular file.
        let raw = open(flags | O_NONBLOCK | O_NOCTTY)
        if raw < 0 {
            if errno == ELOOP { throw .link(operation, path) }
            throw .last(operation, path)
        }
        let opened = Descriptor(raw: raw, closing: true, name: path)
        // A file that is not regular is examined again: `isRegularFile` does not distinguish another kind from a failed
        // examination.
        let isRegular = opened.isRegularFile ? true : try opened.status().kind == .regular
        guard isRegular else {
            throw SystemError(
                code: EINVAL, operation: operation, object: path,
                refusal: "it is not a regular file, and only regular files are read here")
        }
        return opened
    }

    /// Both ends of a new pipe.
    package static func pipe(name: String = "pipe") throws(SystemError) -> Pipe {
        var ends: (CInt, CInt) = (-1, -1)
        let result = withUnsafeMutableBytes(of: &ends) {
            csystem_pipe($0.assumingMemoryBound(to: CInt.self).baseAddress)
        }
        if result != 0 { throw .last("create", name) }
        return Pipe(
            reading: Descriptor(raw: ends.0, closing: true, name: name),
            writing: Descriptor(raw: ends.1, closing: true, name: name))
    }

    /// Frozen, because only then may other modules consume the two ends one by one.
    @frozen @usableFromInline
    package struct Pipe: ~Copyable {
        package var reading: Descriptor
        package var writing: Descriptor
    }

    private static func open(
        _ path: String, _ flags: CInt, mode: UInt32 = 0, operation: String
    ) throws(SystemError) -> Descriptor {
        while true {
            let raw = csystem_open(path, flags | O_CLOEXEC, mode)
            if raw >= 0 { return Descriptor(raw: raw, closing: true, name: path) }
            // Opening a FIFO waits for its peer, and may be interrupted meanwhile.
            if errno == EINTR && !StopSignal.requested { continue }
            throw .last(operation, path)
        }
    }

    /// A second descriptor of the same open file, closed on its own.
    package func duplicate() throws(SystemError) -> Descriptor {
        let copy = csystem_duplicate(raw)
        if copy < 0 { throw .last("duplicate", name) }
        return Descriptor(raw: copy, closing: true, name: name)
    }

    // MARK: Reading and writing

    /// Reads the available bytes, up to the size of the buffer; 0 is the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            if !isRegularFile && !waitsThroughStop { try wait(for: Int16(POLLIN), "read") }
            let count = Glibc.read(raw, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            // A parent may have made the descriptor non-blocking for everyone who shares it.
            case EAGAIN: try waitThrough(Int16(POLLIN), "read")
            default: throw .last("read", name)
            }
        }
    }

    /// Whether a read would not have to wait, which includes the end.
    package var isReadable: Bool { isRegularFile || csystem_wait(raw, Int16(POLLIN), -1, 0) == 1 }

    /// Writes everything, in as many calls as it takes. A request to stop does not end it: half a line is of no use.
    package func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(raw, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try waitThrough(Int16(POLLOUT), "write")
            default: throw .last("write", name)
            }
        }
    }

    package func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try writeAll(bytes) }
    }

    package func writeAll(_ text: String) throws(SystemError) {
        try text.utf8.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try writeAll(bytes) }
    }

    /// Asks the system to start writing to the disk, without waiting: a later `synchronize` then has less left to do.
    /// Best effort.
    package func beginSynchronizing() { csystem_begin_writing_back(raw) }

    /// Returns when the bytes are on the disk. Does nothing where there is no disk (pipes, terminals).
    package func synchronize() throws(SystemError) {
        while fsync(raw) != 0 {
            switch errno {
            case EINTR: continue
            case EINVAL, EROFS, ENOTSUP: return
            default: throw .last("synchronize", name)
            }
        }
    }

    /// Closes the descriptor and reports what `deinit` cannot: a failure of the last write (network file systems report
    /// it here).
    package consuming func close() throws(SystemError) {
        guard closing else { return }
        closing = false
        // Linux releases the descriptor even when close is interrupted, so a second call could close another file's.
        if Glibc.close(raw) != 0 && errno != EINTR { throw .last("close", name) }
    }

    // MARK: Properties

    package var isTerminal: Bool { isatty(raw) == 1 }

    /// The width of the terminal, if it is one and reports its width.
    package var terminalColumns: Int? {
        let columns = csystem_terminal_columns(raw)
        return columns > 0 ? Int(columns) : nil
    }

    /// Its height, likewise.
    package var terminalRows: Int? {
        let rows = csystem_terminal_rows(raw)
        return rows > 0 ? Int(rows) : nil
    }

    /// Asks for a pipe that holds a whole block; the default of 64 KiB costs a context switch each. Best effort.
    package func enlargePipe(to bytes: Int = 1 << 20) {
        if isPipe { _ = csystem_set_pipe_size(raw, CInt(clamping: bytes)) }
    }

    package func status() throws(SystemError) -> FileStatus {
        var status = Glibc.stat()
        if fstat(raw, &status) != 0 { throw .last("examine", name) }
        return FileStatus(status)
    }

    /// Moves to an absolute position.
    package func seek(to position: Int64) throws(SystemError) {
        if lseek(raw, off_t(position), SEEK_SET) < 0 { throw .last("seek in", name) }
    }

    /// Truncates the file to a length.
    package func truncate(to length: Int64) throws(SystemError) {
        while ftruncate(raw, off_t(length)) != 0 {
            if errno != EINTR { throw .last("truncate", name) }
        }
    }

    // MARK: Waiting

    private func wait(for events: Int16, _ operation: String) throws(SystemError) {
        let stop = csystem_stop_descriptor()
        guard stop >= 0 else { return }
        switch csystem_wait(raw, events, stop, -1) {
        case 0: throw SystemError(code: EINTR, operation: operation, object: name)
        case 1: return
        default: throw .last(operation, name)
        }
    }

    private func waitThrough(_ events: Int16, _ operation: String) throws(SystemError) {
        if csystem_wait(raw, events, -1, -1) < 0 { throw .last(operation, name) }
    }
}
