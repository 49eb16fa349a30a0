import CSystem
import Glibc

/// What the file system knows about one file.
package struct FileStatus: Sendable, Equatable {
    package enum Kind: Sendable { case regular, directory, symbolicLink, other }

    package let kind: Kind
    package let size: Int64
    /// Since 1970, in nanoseconds.
    package let modified: Int64
    package let inode: UInt64
    package let device: UInt64
    /// Permission bits.
    package let mode: UInt32
    package let owner: UInt32

    init(_ status: Glibc.stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        inode = UInt64(status.st_ino)
        device = UInt64(status.st_dev)
        mode = UInt32(status.st_mode & 0o7777)
        owner = status.st_uid
    }

    /// Whether both describe the same file, under any name.
    package func isSameFile(as other: FileStatus) -> Bool { inode == other.inode && device == other.device }
}

/// Operations on names in the file system.
package enum Files {
    // MARK: Looking

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Whether permissions, or a read-only file system, keep this process from writing to the file, or from creating
    /// files in the folder.
    package static func deniesWriting(_ path: String) -> Bool {
        access(path, W_OK) != 0 && [EACCES, EPERM, EROFS].contains(errno)
    }

    /// Whether the file or folder is on a read-only file system, whatever its permissions.
    package static func isOnReadOnlySystem(_ path: String) -> Bool { access(path, W_OK) != 0 && errno == EROFS }

    /// Throws when the path leads to a link, even a dangling one; does nothing when the path does not exist.
    package static func refuseLink(_ path: String) throws(SystemError) {
        if (try? stat(path, followingLinks: false))?.kind == .symbolicLink { throw .link("use", path) }
    }

    package static func isDirectory(_ path: String) -> Bool { (try? stat(path))?.kind == .directory }

    package static func stat(_ path: String, followingLinks: Bool = true) throws(SystemError) -> FileStatus {
        var status = Glibc.stat()
        if fstatat(AT_FDCWD, path, &status, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW) != 0 {
            throw .last("examine", path)
        }
        return FileStatus(status)
    }

    /// The names in a folder, sorted, without `.` and `..`.
    package static func list(_ directory: String) throws(SystemError) -> [String] {
        guard let stream = opendir(directory) else { throw .last("read folder", directory) }
        defer { closedir(stream) }
        return try names(stream, directory).sorted()
    }

    package static func realPath(_ path: String) throws(SystemError) -> String {
        guard let resolved = realpath(path, nil) else { throw .last("resolve", path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The existing paths that match a shell pattern, sorted; an empty list if there are none.
    package static func glob(_ pattern: String) throws(SystemError) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        switch Glibc.glob(pattern, GLOB_BRACE | GLOB_TILDE, nil, &found) {
        case 0: break
        case GLOB_NOMATCH: return []
        case GLOB_NOSPACE: throw SystemError(code: ENOMEM, operation: "expand", object: pattern)
        default: throw SystemError(code: EIO, operation: "expand", object: pattern)
        }
        guard let paths = found.gl_pathv else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { index in paths[index].map { String(cString: $0) } }
    }

    // MARK: Folders

    /// Creates a folder; an existing one is fine when intermediate folders are asked for too.
    package static func makeDirectory(
        _ path: String, mode: UInt32 = 0o700, intermediates: Bool = false
    ) throws(SystemError) {
        if mkdir(path, mode) == 0 { return }
        let code = errno
        if intermediates && code == EEXIST && isDirectory(path) { return }
        if intermediates && code == ENOENT {
            let parent = Paths.parent(path)
            if parent != path {
                try makeDirectory(parent, mode: mode, intermediates: true)
                // Another process may have created it in the meantime, which is just as good.
                if mkdir(path, mode) == 0 || (errno == EEXIST && isDirectory(path)) { return }
                throw .last("create folder", path)
            }
        }
        throw SystemError(code: code, operation: "create folder", object: path)
    }

    /// Returns when the names in the folder (files created, renamed, removed) are on the disk.
    package static func fsyncDirectory(_ path: String) throws(SystemError) {
        let folder = try Descriptor.openDirectory(path)
        try folder.synchronize()
    }

    // MARK: Names

    /// Removes a file or a link; an absent one is fine.
    package static func remove(_ path: String) throws(SystemError) {
        if unlink(path) != 0 && errno != ENOENT { throw .last("remove", path) }
    }

    /// Renames; an existing file of the new name is replaced atomically.
    package static func rename(_ path: String, to newPath: String) throws(SystemError) {
        if Glibc.rename(path, newPath) != 0 { throw .last("rename", "\(path) to \(newPath)") }
    }

    /// Gives a file the current time of modification; does nothing where it cannot.
    package static func touch(_ path: String) { _ = utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW) }

    /// Gives a file a second name; does nothing if the name exists or the file system has no links.
    package static func link(_ path: String, to newPath: String) throws(SystemError) {
        if Glibc.link(path, newPath) == 0 || [EEXIST, EPERM, EOPNOTSUPP, ENOSYS].contains(errno) { return }
        throw .last("link", "\(path) to \(newPath)")
    }

    /// Removes a folder and everything in it, or a file; an absent one is fine. Links are removed, never followed.
    package static func removeTree(_ path: String) throws(SystemError) {
        try removeTree(AT_FDCWD, path, path)
    }

    private static func removeTree(_ parent: CInt, _ name: String, _ path: String) throws(SystemError) {
        if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
        // Linux reports EISDIR for a folder, POSIX allows EPERM.
        guard errno == EISDIR || errno == EPERM else { throw .last("remove", path) }
        let raw = csystem_openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
        if raw < 0 { throw .last("remove", path) }
        guard let stream = fdopendir(raw) else {
            let error = SystemError.last("remove", path)
            _ = Glibc.close(raw)
            throw error
        }
        defer { closedir(stream) }
        // All names first: listing a folder while it changes may skip some.
        for entry in try names(stream, path) { try removeTree(raw, entry, Paths.join(path, entry)) }
        if unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT { throw .last("remove", path) }
    }

    private static func names(_ stream: OpaquePointer, _ path: String) throws(SystemError) -> [String] {
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw .last("read folder", path) }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    // MARK: Whole contents

    package static func readAll(_ path: String) throws(SystemError) -> [UInt8] {
        try readAll(Descriptor.openForReading(path))
    }

    /// The beginning, of 4 KiB, of a file that the system makes when it is read, as those in `/proc` are. They report a size of 0, so
    /// that `readAll` would take several reads, each with room for a large file.
    package static func readMade(_ path: String) throws(SystemError) -> [UInt8] {
        let file = try Descriptor.openForReading(path)
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, filled in
            do throws(SystemError) {
                filled = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// The contents of a regular file below a folder, reached without a link; see `Descriptor.openRegular`.
    package static func readAll(_ name: String, below folder: String) throws(SystemError) -> [UInt8] {
        try readAll(Descriptor.openRegular(name, below: folder))
    }

    /// Reads to the end, of standard input for example.
    package static func readAll(_ descriptor: borrowing Descriptor) throws(SystemError) -> [UInt8] {
        // One byte more than the size, so that a file that did not grow ends without another allocation.
        let expected = descriptor.isRegularFile ? Int(try descriptor.status().size) + 1 : 64 << 10
        var bytes: [UInt8] = []
        var portion = expected
        while true {
            var failure: SystemError?
            let next = [UInt8](unsafeUninitializedCapacity: portion) { buffer, filled in
                do throws(SystemError) {
                    filled = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
                } catch { failure = error }
            }
            if let failure { throw failure }
            if next.isEmpty { return bytes }
            if bytes.isEmpty { bytes = next } else { bytes += next }
            portion = 64 << 10
        }
    }

    /// Why a folder does not accept new files or writes at this moment, found out by trying; nil when it does. The
    /// object of the error is the folder.
    package static func obstacleToWriting(in folder: String) -> SystemError? {
        let path = replacementName(of: Paths.join(folder, "probe"))
        do throws(SystemError) {
            let file = try Descriptor.create(path, exclusive: true)
            defer { _ = unlink(path) }
            // More than fits into the last free block of the disk.
            let zeros = [UInt8](repeating: 0, count: 64 << 10)
            try zeros.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try file.writeAll(bytes) }
            try file.synchronize()
            return nil
        } catch { return SystemError(code: error.code, operation: "write to", object: folder) }
    }

    private static let replacementEnding = ".tmp"

    /// An unused name beside `path`.
    package static func replacementName(of path: String) -> String {
        var random = FastRandom()
        let number = String(random.next(), radix: 36)
        return Paths.join(Paths.parent(path), ".\(Paths.lastComponent(path)).\(number)\(replacementEnding)")
    }

    /// Whether a file of this name is an unfinished one of `atomicWrite`.
    package static func isReplacement(_ name: String) -> Bool {
        name.hasPrefix(".") && name.hasSuffix(replacementEnding)
    }

    /// Whether output to the path goes into what is there, and not into a file that takes its place: a device, a pipe, or what a process
    /// has open already, as `/dev/stdout` is. A file instead of `/dev/null` would be missed by every program of the machine.
    package static func isWrittenThrough(_ path: String) -> Bool {
        ["/dev/std", "/dev/fd/", "/proc/"].contains { path.hasPrefix($0) } || (try? stat(path))?.kind == .other
    }

    /// Replaces a file as a whole: readers see the old or the new contents, even after a power cut. A device or a pipe gets the bytes.
    ///
    /// - Parameter isLasting: false for contents that can be made again: a power cut may then leave something else, and
    /// the call does not wait for the disk.
    package static func atomicWrite(
        _ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600, isLasting: Bool = true
    ) throws(SystemError) {
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in
            try atomicWrite(path, bytes, mode: mode, isLasting: isLasting)
        }
    }

    package static func atomicWrite(
        _ path: String, _ bytes: UnsafeRawBufferPointer, mode: UInt32 = 0o600, isLasting: Bool = true
    ) throws(SystemError) {
        if isWrittenThrough(path) {
            let file = try Descriptor.openForWriting(through: path)
            try file.writeAll(bytes)
            return try file.close()
        }
        let folder = Paths.parent(path)
        let temporary = replacementName(of: path)
        let file = try Descriptor.create(temporary, mode: mode, exclusive: true)
        do throws(SystemError) {
            try file.writeAll(bytes)
            if isLasting { try file.synchronize() }
            try file.close()
            try rename(temporary, to: path)
        } catch {
            _ = unlink(temporary)
            // The temporary name would only puzzle readers of the message.
            throw SystemError(code: error.code, operation: "write", object: path)
        }
        if isLasting { try fsyncDirectory(folder) }
    }
}
