import SystemIO
import Threading

/// Handles loaded packages: keeps their manifests, and the rows of the newest for readers.
extension Spool {
    /// The loaded packages of which more than the manifest is left.
    func wholePackages(_ loaded: [LoadID]) throws(SystemError) -> Set<LoadID> {
        var whole: Set<LoadID> = []
        var trimmed = 0
        for id in loaded.reversed() {
            // The older ones were trimmed when they were loaded; a few more are checked for an interrupted trim.
            if trimmed > 8 { break }
            if try rest(of: id).isEmpty {
                trimmed += 1
            } else {
                whole.insert(id)
                trimmed = 0
            }
        }
        return whole
    }

    /// Names in a loaded package's folder beside the manifest; none in anything but a package folder.
    private func rest(of id: LoadID) throws(SystemError) -> [String] {
        let package = path(of: id, in: .loaded)
        do throws(SystemError) {
            guard try Files.stat(package, followingLinks: false).kind == .directory else { return [] }
            return try Files.list(package).filter { $0 != PackageLayout.manifestFile }
        } catch {
            if error.isAbsence { return [] }
            throw error
        }
    }

    /// Trims all loaded packages but the newest `count` to their manifest. The caller holds the pipeline's lock.
    ///
    /// - Parameter held: packages whose locks the caller holds. Others that a program is reading stay whole until the
    /// next time.
    package func trimLoaded(keeping count: Int, holding held: [LoadID]) throws {
        let chain = try trustedChain()
        let held = Set(held)
        var trimmed: [LoadID] = []
        var locks: [SpoolLock] = []
        for id in chain.whole.sorted().dropLast(count) {
            if !held.contains(id) {
                guard let lock = try? lock(id, .exclusive, wait: .seconds(0)) else { continue }
                locks.append(lock)
            }
            trimmed.append(id)
        }
        try trim(trimmed)
        withExtendedLifetime(locks) {}
        if !trimmed.isEmpty { noteTrimmed(trimmed) }
        if chain.isMostlyOver { try? rewrite(PackageChain(self), isTrusted: true) }
    }

    private func trim(_ id: LoadID) throws(SystemError) {
        let package = path(of: id, in: .loaded)
        let rest = try rest(of: id)
        // A package without its schema counts as trimmed. The schema is removed first: an interruption must not leave a
        // package that looks whole and has no rows.
        if !rest.isEmpty { try Files.remove(Paths.join(package, PackageLayout.schemaFile)) }
        for name in rest where name != PackageLayout.schemaFile { try Files.removeTree(Paths.join(package, name)) }
    }

    /// Many at once, since most of the time is spent waiting for the disk.
    private func trim(_ ids: [LoadID]) throws(SystemError) {
        guard ids.count >= 32 else {
            for id in ids { try trim(id) }
            return
        }
        let workers = 4
        let pool = WorkerPool(workers: workers)
        defer { pool.end() }
        let tasks = (0..<workers).map { first in
            let task = Trimming()
            let mine = stride(from: first, to: ids.count, by: workers).map { ids[$0] }
            let running = pool.submit(.urgent) { _ in
                do throws(SystemError) { for id in mine { try trim(id) } } catch { task.failure = error }
            }
            return (task, running)
        }
        for (_, running) in tasks { pool.wait(for: running) }
        if let failure = tasks.lazy.compactMap({ $0.0.failure }).first { throw failure }
    }

    private final class Trimming: @unchecked Sendable {
        // Sendable: belongs to the task until it is done.
        var failure: SystemError?
    }
}
