package import SystemIO

/// A lock that is held while packages are loaded, on a separate file in the folder `locks`: a network file system does
/// not lock folders, and a sealed package is not written to. It ends with the object, or with its process.
///
/// They are taken in this order: packages by their ids, then the home, then the destination's lock, then for moments the
/// pipeline's.
package final class SpoolLock {
    private let lock: FileLock
    private var removesFile: Bool

    fileprivate init(_ lock: consuming FileLock, removesFile: Bool) {
        self.lock = lock
        self.removesFile = removesFile
    }

    /// Leaves the file to the next holder: creating one is a large part of a lock's cost.
    func keepFile() { removesFile = false }

    deinit { if removesFile { lock.removeFile() } }
}

extension Spool {
    private func lockFile(_ name: String) -> String { Paths.join(path, PackageLayout.locks, name) }

    /// Holds a package: exclusively to load it into the home, to move or to remove it; shared to only read its rows.
    package func lock(
        _ id: LoadID, _ mode: FileLock.Mode, wait: FileLock.Wait
    ) throws(SystemError) -> SpoolLock {
        let what = "loads package \(id) of pipeline \(pipeline)"
        // Shared holders of one file must go on sharing it, so none of them removes it.
        return SpoolLock(try lock(id.text, mode, wait, whoElse: what), removesFile: mode == .exclusive)
    }

    /// Holds the home: shared to load into it; exclusively for the first load, which chooses it, and to change it, the
    /// state or a schema by hand.
    package func lockHome(_ mode: FileLock.Mode = .exclusive, wait: FileLock.Wait = .forever) throws(SystemError)
        -> SpoolLock
    {
        SpoolLock(try lock("home", mode, wait, whoElse: "loads pipeline \(pipeline)"), removesFile: false)
    }

    /// Held by commands that change state by hand, so that comparing and setting is atomic.
    package func lockChanges() throws(SystemError) -> SpoolLock {
        SpoolLock(
            try lock("changes", .exclusive, .forever, whoElse: "changes the state of pipeline \(pipeline)"),
            removesFile: false)
    }

    private func lock(
        _ name: String, _ mode: FileLock.Mode, _ wait: FileLock.Wait, whoElse: String
    ) throws(SystemError) -> FileLock {
        let folder = Paths.join(path, PackageLayout.locks)
        let file = lockFile(name)
        func acquire() throws(SystemError) -> FileLock {
            try Files.refuseLink(folder)
            return try FileLock.acquire(file, mode, wait: wait) { [isWaiting] in
                isWaiting?("waiting for another program that \(whoElse); `fuser \(file)` names it")
            }
        }
        do throws(SystemError) { return try acquire() } catch {
            guard error.isAbsence else { throw error }
            try refuseLinks()
            try Files.makeDirectory(folder, mode: 0o700, intermediates: true)
            return try acquire()
        }
    }

    /// Holds every package that waits or is being written, so that no other program works on one.
    package func lockPackages() throws(SystemError) -> [SpoolLock] {
        guard Files.exists(folder(.waiting)) else { return [] }
        var locks: [SpoolLock] = []
        for name in try Files.list(folder(.waiting)) {
            guard let id = LoadID(name) ?? PackageLayout.loadID(ofPartial: name) else { continue }
            locks.append(try lock(id, .exclusive, wait: .seconds(0)))
        }
        return locks
    }

    /// Removes free lock files of packages that do not wait.
    func sweepLocks(waiting: Set<LoadID>) throws(SystemError) {
        let folder = Paths.join(path, PackageLayout.locks)
        guard Files.exists(folder) else { return }
        for name in try Files.list(folder) {
            guard let id = LoadID(name), !waiting.contains(id) else { continue }
            _ = try? lock(id, .exclusive, wait: .seconds(0))
        }
    }
}
