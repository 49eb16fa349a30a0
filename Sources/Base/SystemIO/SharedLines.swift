import CSystem
import Glibc

/// Appends lines to a file that other programs append to as well, one batch at a time under flock(2), so that the lines
/// of one run stay together and no line is split by another.
///
/// Writes directly to anything but a regular file, such as a pipe or a terminal.
package enum SharedLines {
    /// How long to wait for other programs.
    private static let patience = 60.0

    /// Checks before the work whether lines can be appended after it. Creates the file if absent.
    package static func check(_ path: String) throws(SystemError) { try Descriptor.openForAppending(path).close() }

    /// Appends the whole lines after `offset` in the file `source`.
    ///
    /// - Parameter isRepeated: an earlier program that died while appending may have written a part: a line that is
    /// already there is left out as often as it is there.
    package static func append(
        from source: String, at offset: Int64, to path: String, isRepeated: Bool
    ) throws(SystemError) {
        let target = try openLocked(path)
        try append(from: source, at: offset, to: target, isRepeated: isRepeated)
        try target.synchronize()
        try target.close()
    }

    private static func append(
        from source: String, at offset: Int64, to target: borrowing Descriptor, isRepeated: Bool
    ) throws(SystemError) {
        let lines = try Descriptor.openForReading(source)
        try lines.seek(to: offset)
        guard target.isRegularFile else { return try copy(lines, to: target) }
        if !isRepeated {
            try endLine(target)
            return try copy(lines, to: target)
        }
        var batch = try Files.readAll(lines).split(separator: 0x0A).map { Array($0) }
        try removeTorn(of: batch, target)
        try endLine(target)
        var known = try count(batch, in: target)
        batch.removeAll { line in
            guard let times = known[line], times > 0 else { return false }
            known[line] = times - 1
            return true
        }
        try target.writeAll(batch.flatMap { $0 + [0x0A] })
    }

    private static func copy(_ lines: borrowing Descriptor, to target: borrowing Descriptor) throws(SystemError) {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { block.deallocate() }
        while true {
            let count = try lines.read(into: block)
            if count == 0 { return }
            try target.writeAll(UnsafeRawBufferPointer(rebasing: block[..<count]))
        }
    }

    // MARK: Existing lines

    /// Ends a line that its writer could not end, so that the next one begins on a line of its own.
    private static func endLine(_ target: borrowing Descriptor) throws(SystemError) {
        let size = try target.status().size
        guard size > 0 else { return }
        try target.seek(to: size - 1)
        if try Files.readAll(target) != [0x0A] { try target.writeAll("\n") }
    }

    /// Removes an incomplete line of this batch from the end of the file.
    private static func removeTorn(of batch: [[UInt8]], _ target: borrowing Descriptor) throws(SystemError) {
        let size = try target.status().size
        let longest = Int64(batch.map(\.count).max() ?? 0)
        let start = max(0, size - longest - 1)
        try target.seek(to: start)
        let tail = try Files.readAll(target)
        let end = tail.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        if start > 0 && end == 0 { return }
        let torn = tail[end...]
        if !torn.isEmpty, batch.contains(where: { $0.starts(with: torn) }) {
            try target.truncate(to: start + Int64(end))
        }
    }

    /// How often the file contains each line of a batch.
    private static func count(
        _ batch: [[UInt8]], in target: borrowing Descriptor
    ) throws(SystemError) -> [[UInt8]: Int] {
        var counts: [[UInt8]: Int] = [:]
        for line in batch { counts[line] = 0 }
        try target.seek(to: 0)
        var rest: [UInt8] = []
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { block.deallocate() }
        while true {
            let count = try target.read(into: block)
            if count == 0 { return counts }
            rest.append(contentsOf: block[..<count])
            guard let end = rest.lastIndex(of: 0x0A) else { continue }
            for line in rest[..<end].split(separator: 0x0A) {
                if let known = counts[Array(line)] { counts[Array(line)] = known + 1 }
            }
            rest.removeFirst(end + 1)
        }
    }

    // MARK: The lock

    private static func openLocked(_ path: String) throws(SystemError) -> Descriptor {
        let deadline = Clock.monotonicNanoseconds() + Clock.nanoseconds(patience)
        while true {
            let target = try Descriptor.openForAppending(path)
            guard target.isRegularFile, try lock(target, until: deadline) else { return target }
            // Another file may have replaced it during the wait.
            if let now = try? Files.stat(path), try target.status().isSameFile(as: now) { return target }
        }
    }

    /// False where the file system does not offer such locks.
    private static func lock(_ target: borrowing Descriptor, until deadline: Int64) throws(SystemError) -> Bool {
        while flock(target.raw, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK else { return false }
            if Clock.monotonicNanoseconds() >= deadline {
                throw SystemError(code: EWOULDBLOCK, operation: "lock", object: target.name)
            }
            usleep(5000)
        }
        return true
    }
}
