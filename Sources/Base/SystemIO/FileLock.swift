import CSystem
import Glibc

/// An advisory lock on a file or a folder, by flock(2): it ends with its process, however that ends.
package struct FileLock: ~Copyable, Sendable {
    package enum Mode: Sendable { case exclusive, shared }
    package enum Wait: Sendable, Equatable {
        case forever
        case seconds(Double)
        static let no = Wait.seconds(0)
    }

    package let path: String
    private let descriptor: Descriptor

    private init(path: String, descriptor: consuming Descriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Waits for the lock on a file, which is created if absent.
    ///
    /// - Parameter whenHeld: called once when another program has held the lock for two seconds.
    ///
    /// Throws a `SystemError` with `EWOULDBLOCK` when the time is over, and with `EINTR` after a request to stop.
    package static func acquire(
        _ path: String, _ mode: Mode, wait: Wait = .forever, whenHeld: (() -> Void)? = nil
    ) throws(SystemError) -> FileLock {
        try acquire(path, mode, wait, whenHeld, open: openFile)
    }

    /// Waits for the lock on a folder. Throws `ENOENT` when there is none, or when it has been moved away.
    package static func acquire(
        folder path: String, _ mode: Mode, wait: Wait = .forever
    ) throws(SystemError) -> FileLock {
        try acquire(path, mode, wait, nil, open: Descriptor.openDirectory)
    }

    /// The same where a file system may not offer such locks: NFS grants exclusive locks only on files that are open
    /// for writing, which a folder never is. nil there.
    package static func acquire(
        folder path: String, ifThereAreSuch mode: Mode, wait: Wait = .forever
    ) throws(SystemError) -> FileLock? {
        do throws(SystemError) { return try acquire(folder: path, mode, wait: wait) } catch {
            guard error.operation == "lock", [EBADF, EINVAL, ENOLCK, EOPNOTSUPP].contains(error.code) else {
                throw error
            }
            return nil
        }
    }

    private static func acquire(
        _ path: String, _ mode: Mode, _ wait: Wait, _ whenHeld: (() -> Void)?,
        open: (String) throws(SystemError) -> Descriptor
    ) throws(SystemError) -> FileLock {
        let start = Clock.monotonicNanoseconds()
        let deadline: Int64? =
            switch wait {
            case .forever: nil
            case .seconds(let seconds): start + Int64(seconds * 1e9)
            }
        var whenHeld = whenHeld
        var pause = 1
        while true {
            let descriptor = try open(path)
            while flock(descriptor.raw, (mode == .exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
                if errno == EINTR { continue }
                guard errno == EWOULDBLOCK else { throw .last("lock", path) }
                let now = Clock.monotonicNanoseconds()
                if let deadline, now >= deadline {
                    throw SystemError(code: EWOULDBLOCK, operation: "lock", object: path)
                }
                if now - start >= silentNanoseconds {
                    whenHeld?()
                    whenHeld = nil
                }
                // Asking repeatedly, instead of waiting inside flock, keeps both a deadline and a stop simple.
                if !StopSignal.sleep(milliseconds: pause) {
                    throw SystemError(code: EINTR, operation: "lock", object: path)
                }
                pause = min(pause * 2, 50)
            }
            // During the wait the file may have been moved or replaced; then the lock is on something else.
            if let now = try? Files.stat(path), try descriptor.status().isSameFile(as: now) {
                return FileLock(path: path, descriptor: descriptor)
            }
        }
    }

    /// Opens a regular file below a folder that is locked; see `Descriptor.openRegular`.
    package func openRegular(_ name: String) throws(SystemError) -> Descriptor { try descriptor.openRegular(name) }

    /// Removes the file of a lock that is no longer needed. A program that waits for it finds it gone and creates it
    /// again.
    package func removeFile() { _ = unlink(path) }

    /// How long a wait lasts before it is reported.
    private static let silentNanoseconds: Int64 = 2_000_000_000

    private static func openFile(_ path: String) throws(SystemError) -> Descriptor {
        let (folder, name) = (Paths.parent(path), Paths.lastComponent(path))
        // For writing, because NFS grants exclusive locks to writers only.
        do throws(SystemError) { return try Descriptor.openRegular(name, below: folder, for: .updating) } catch {
            guard error.code == EACCES || error.code == EROFS else { throw error }
            return try Descriptor.openRegular(name, below: folder)
        }
    }
}
