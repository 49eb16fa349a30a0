import Glibc
import JSONText
package import SystemIO

/// Lines that belong to a package and go to a file of the user's: collected beside the package while it is written, and
/// appended to the file after it is published.
///
/// Whatever kills the program in between, nothing is lost and nothing is written twice: before the package exists, the
/// next run removes the lines; from then on, the next run appends those that are not in the file yet.
package final class PendingLines {
    private let spool: Spool
    private let loadID: LoadID
    private let path: String
    /// The target of the lines.
    private let target: String
    /// Open and locked from the first line on; the lock shows other runs that a program is at work.
    private var file: BufferedWriter?
    private var lock: FileLock?
    private var headBytes: Int64 = 0
    private var bytes: Int64 = 0

    /// - Parameters:
    ///   - kind: distinguishes several files of one package.
    ///   - target: an absolute path.
    package init(_ spool: Spool, _ loadID: LoadID, kind: String, to target: String) {
        self.spool = spool
        self.loadID = loadID
        self.target = target
        path = Paths.join(spool.asideFolder, "\(loadID.text).\(kind).jsonl")
    }

    /// - Parameter line: including its newline.
    package func append(_ line: [UInt8]) throws(SystemError) {
        if file == nil { try open() }
        try file?.append(line)
        bytes += Int64(line.count)
    }

    private func open() throws(SystemError) {
        try Files.makeDirectory(spool.asideFolder, mode: 0o700, intermediates: true)
        lock = try FileLock.acquire(path, .exclusive)
        let file = BufferedWriter(try Descriptor.create(path))
        let head = JSONValue.object(["to": .string(target)]).serializedBytes() + [0x0A]
        try file.append(head)
        headBytes = Int64(head.count)
        self.file = file
    }

    // MARK: Cutting back

    package func mark() -> Int64 { bytes }

    package func cut(to mark: Int64) throws(SystemError) {
        guard let file, mark < bytes else { return }
        try file.flush()
        let written = try Descriptor.openForAppending(path)
        try written.truncate(to: headBytes + mark)
        try written.seek(to: headBytes + mark)
        self.file = BufferedWriter(written)
        bytes = mark
    }

    // MARK: The end

    /// Makes the lines durable. Must be called before the package is published.
    package func settle() throws(SystemError) {
        guard let file else { return }
        try file.close(synchronizing: true)
        try Files.fsyncDirectory(spool.asideFolder)
    }

    package func settleAndDeliver() throws(SystemError) {
        try settle()
        try deliver()
    }

    /// Appends the lines to their target. Must be called after the package is published.
    package func deliver() throws(SystemError) {
        guard file != nil else { return }
        if bytes > 0 { try SharedLines.append(from: path, at: headBytes, to: target, isRepeated: false) }
        abandon()
    }

    /// Discards the lines.
    package func abandon() {
        guard file != nil else { return }
        file = nil
        try? Files.remove(path)
        lock = nil
    }
}

extension Spool {
    var asideFolder: String { Paths.join(path, PackageLayout.aside) }

    /// Appends the lines that killed runs have left for published packages, and removes those for others.
    package func deliverPendingLines() throws {
        guard Files.isDirectory(asideFolder) else { return }
        for name in try Files.list(asideFolder) where name.hasSuffix(".jsonl") {
            // An id contains a point.
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 4, let id = LoadID("\(parts[0]).\(parts[1])") else { continue }
            try deliverPendingLines(name, of: id)
        }
    }

    private func deliverPendingLines(_ name: String, of id: LoadID) throws {
        let path = Paths.join(asideFolder, name)
        // The writer holds the file's lock until all its lines are in the target.
        guard let lock = try? FileLock.acquire(path, .exclusive, wait: .seconds(0)) else { return }
        if try find(id) != nil {
            // The head contains a path, and many lines may follow it.
            let head = try head(of: path)
            if let end = head.firstIndex(of: 0x0A),
                let target = try? JSONValue(parsing: Array(head[..<end]))["to"]?.stringValue,
                // A file that another process has open is left alone.
                !target.hasPrefix("/dev/")
            {
                try SharedLines.append(from: path, at: Int64(end + 1), to: target, isRepeated: true)
            }
        }
        try Files.remove(path)
        withExtendedLifetime(lock) {}
    }

    private func head(of path: String) throws -> ArraySlice<UInt8> {
        let file = try Descriptor.openForReading(path)
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = try block.withUnsafeMutableBytes { try file.read(into: $0) }
        return block[..<count]
    }

    // MARK: Rows that chunks have left out

    private var leftOutPath: String { Paths.join(asideFolder, PackageLayout.leftOutFile) }

    /// Rows and values that earlier chunks of a run have left out, without an exit status that reports them.
    package func leftOutBefore() -> Int {
        guard let bytes = try? Files.readAll(leftOutPath), let document = try? JSONValue(parsing: bytes) else {
            return 0
        }
        return document["count"]?.intValue ?? 0
    }

    package func noteLeftOut(_ count: Int) throws(SystemError) {
        try Files.makeDirectory(asideFolder, mode: 0o700, intermediates: true)
        let document: JSONValue = ["count": .integer(leftOutBefore() + count)]
        try Files.atomicWrite(leftOutPath, document.serializedBytes())
    }

    package func forgetLeftOut() { try? Files.remove(leftOutPath) }
}
