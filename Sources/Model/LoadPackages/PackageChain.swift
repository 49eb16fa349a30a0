import JSONText
package import SystemIO

/// The file `chain.jsonl`: what is known about a pipeline's packages without opening them, and without listing the
/// loaded ones.
///
/// It is a cache, and each line has a checksum. Missing, wrong or outdated information is found without it: waiting
/// packages are opened, and the other folders listed. So the file is written without synchronizing, and nothing fails
/// if it cannot be written.
///
/// The first line summarizes earlier lines. Each published package adds a line, and so does each group of packages that
/// are moved or trimmed together. When most of the file concerns packages that no longer wait, it is rewritten.
struct PackageChain {
    private enum Key {
        static let (format, latest, whole, live) = ("format", "latest", "whole", "live")
        static let (package, moved, place, trimmed) = ("package", "moved", "to", "trimmed")
    }

    private static let format = 1
    /// A smaller file is not worth rewriting.
    private static let least = 16 << 10

    private static let packagePrefix = Array("{\"\(Key.package)\":\"".utf8)

    /// The offsets of packages' lines, which are parsed on request.
    private var lines: [LoadID: Range<Int>] = [:]
    private var bytes: [UInt8] = []
    /// The greatest id that any line has.
    private(set) var latest: LoadID?
    /// Packages in `loaded/` with more than the manifest.
    private(set) var whole: Set<LoadID> = []
    /// Whether every line was intact, including the first one.
    private(set) var isComplete = false
    /// The size of the file after it was rewritten.
    private var live = 0

    init() {}

    /// What was read from the file, which may be absent.
    init(_ spool: Spool) throws(SystemError) {
        do throws(SystemError) { bytes = try Files.readAll(PackageLayout.chainFile, below: spool.path) } catch {
            guard error.isAbsence else { throw error }
            return
        }
        isComplete = true
        var isFirst = true
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            read(start..<min(end + 1, bytes.count), isFirst)
            isFirst = false
            start = end + 1
        }
        if isFirst { isComplete = false }
    }

    private mutating func read(_ range: Range<Int>, _ isFirst: Bool) {
        let line = bytes[range]
        guard DocumentSeal.examine(line) == .intact else {
            isComplete = false
            return
        }
        if line.starts(with: PackageChain.packagePrefix) {
            let text = line.dropFirst(PackageChain.packagePrefix.count).prefix { $0 != UInt8(ascii: "\"") }
            if let id = LoadID(String(decoding: text, as: UTF8.self)) {
                lines[id] = range
                see([id])
            }
        } else if let document = try? JSONValue(parsing: Array(line)) {
            read(document)
            if isFirst {
                if document[Key.format]?.intValue != PackageChain.format { isComplete = false }
                live = range.count + (document[Key.live]?.intValue ?? 0)
            }
        }
    }

    private mutating func read(_ document: JSONValue) {
        func ids(_ key: String) -> [LoadID] {
            (document[key]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap { LoadID($0) } }
        }
        see(ids(Key.moved) + [document[Key.latest]?.stringValue.flatMap { LoadID($0) }].compactMap { $0 })
        whole.formUnion(ids(Key.whole))
        for id in ids(Key.moved) {
            if document[Key.place]?.stringValue == Spool.Place.loaded.rawValue {
                whole.insert(id)
            } else {
                whole.remove(id)
            }
        }
        whole.subtract(ids(Key.trimmed))
    }

    private mutating func see(_ ids: [LoadID]) { latest = ([latest].compactMap { $0 } + ids).max() }

    /// A line about a package; nil if there is none.
    func package(_ id: LoadID) -> WaitingPackage? {
        guard let range = lines[id], let document = try? JSONValue(parsing: Array(bytes[range])) else { return nil }
        return WaitingPackage(id, document)
    }

    /// Whether most lines concern packages that no longer wait.
    var isMostlyOver: Bool { bytes.count > PackageChain.least + 2 * live }

    // MARK: Writing

    static func line(of package: WaitingPackage) -> [UInt8] { DocumentSeal.sealed(package.document(Key.package)) }

    static func line(moved ids: [LoadID], to place: String) -> [UInt8] {
        DocumentSeal.sealed([Key.moved: .strings(ids.map(\.text)), Key.place: .string(place)])
    }

    static func line(trimmed ids: [LoadID]) -> [UInt8] { DocumentSeal.sealed([Key.trimmed: .strings(ids.map(\.text))]) }

    /// Adds a line, after an unfinished one if necessary.
    static func append(_ line: [UInt8], in spool: Spool) throws(SystemError) {
        let file = try Descriptor.openRegular(PackageLayout.chainFile, below: spool.path, for: .appending)
        let line = (try endsInLine(spool) ? [] : [UInt8(ascii: "\n")]) + line
        try line.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try file.writeAll(bytes) }
        try file.close()
    }

    private static func endsInLine(_ spool: Spool) throws(SystemError) -> Bool {
        let file = try Descriptor.openRegular(PackageLayout.chainFile, below: spool.path)
        let size = try file.status().size
        guard size > 0 else { return true }
        try file.seek(to: size - 1)
        var last = UInt8(ascii: "\n")
        let count = try withUnsafeMutableBytes(of: &last) { (byte) throws(SystemError) in try file.read(into: byte) }
        return count == 0 || last == UInt8(ascii: "\n")
    }

    /// The file with only the current information: these packages, in this order.
    func rewritten(_ waiting: [LoadID], latest: LoadID?, whole: Set<LoadID>, adding added: [WaitingPackage]) -> [UInt8]
    {
        var body: [UInt8] = []
        var added = Dictionary(added.map { ($0.id, $0) }) { $1 }
        for id in waiting {
            if let range = lines[id] {
                body += bytes[range]
            } else if let package = added.removeValue(forKey: id) {
                body += PackageChain.line(of: package)
            }
        }
        var first: JSONObject = [Key.format: .integer(PackageChain.format)]
        first[Key.latest] = latest.map { .string($0.text) }
        if !whole.isEmpty { first[Key.whole] = .strings(whole.sorted().map(\.text)) }
        first[Key.live] = .integer(body.count)
        return DocumentSeal.sealed(first) + body
    }
}

/// The packages of a pipeline that waited at one moment, oldest first.
package struct WaitingPackages {
    package let ids: [LoadID]
    private let spool: Spool
    private let chain: PackageChain

    /// The caller holds the pipeline's lock.
    package init(_ spool: Spool) throws(SystemError) {
        self.spool = spool
        ids = try spool.packages(.waiting)
        chain = try ids.isEmpty ? PackageChain() : PackageChain(spool)
    }

    /// What is known about one of them; nil when it is gone. Throws when that cannot be determined.
    package func package(_ id: LoadID) throws -> WaitingPackage? {
        if let known = chain.package(id) { return known }
        do { return WaitingPackage(try spool.open(id, in: .waiting)) } catch {
            if Files.exists(spool.path(of: id, in: .waiting)) { throw error }
            return nil
        }
    }
}

extension Spool {
    /// Reads which packages wait, under the pipeline's lock.
    package func waitingPackages(lockedFor wait: FileLock.Wait = .forever) throws(SystemError) -> WaitingPackages {
        let lock = try lock(.shared, wait: wait)
        let packages = try WaitingPackages(self)
        _ = consume lock
        return packages
    }

    // MARK: Events. The caller holds the pipeline's lock.

    func notePublished(_ package: WaitingPackage) { note(PackageChain.line(of: package)) }

    func noteTrimmed(_ ids: [LoadID]) { note(PackageChain.line(trimmed: ids)) }

    /// Must be called before packages move: a package that moved without a note would never be trimmed.
    ///
    /// - Parameter place: nil for packages that are removed.
    /// - Returns: whether the file has the note. `noteEndOfMove` comes after the move.
    func noteMove(_ ids: [LoadID], to place: Place?) -> Bool {
        note(PackageChain.line(moved: ids, to: place?.rawValue ?? "nowhere"))
    }

    /// Makes the file newer than the folders again, since it reports everything that happened in them. Without the note
    /// it stays the older one, and the folders are listed.
    func noteEndOfMove(_ isNoted: Bool) {
        if isNoted { Files.touch(Paths.join(path, PackageLayout.chainFile)) }
    }

    /// False if the line could not be written: the file then has a broken line, or none, and is not trusted.
    @discardableResult
    private func note(_ line: [UInt8]) -> Bool {
        do throws(SystemError) {
            try PackageChain.append(line, in: self)
            return true
        } catch { return false }
    }

    /// The greatest load id of the pipeline: of packages in any folder, finished or not, and of those seen at the
    /// destination.
    func latest() throws -> LoadID? {
        let names = Files.exists(folder(.waiting)) ? try Files.list(folder(.waiting)) : []
        let waiting = names.compactMap { LoadID($0) ?? PackageLayout.loadID(ofPartial: $0) }
        let known = try trustedChain().latest
        return (waiting + [known, try home().latestLoad].compactMap { $0 }).max()
    }

    /// The chain, rewritten if it is incomplete.
    func trustedChain() throws -> PackageChain {
        let chain = try PackageChain(self)
        if chain.isComplete, try isChainNewest() { return chain }
        try rewrite(chain, isTrusted: false)
        return try PackageChain(self)
    }

    /// Whether the file is newer than the last move into or out of the folders that are not listed.
    private func isChainNewest() throws(SystemError) -> Bool {
        let written = try Files.stat(Paths.join(path, PackageLayout.chainFile)).modified
        for place in [Place.loaded, .failed] where Files.exists(folder(place)) {
            if try Files.stat(folder(place)).modified > written { return false }
        }
        return true
    }

    /// Rewrites the file with only the current information.
    ///
    /// - Parameter isTrusted: the chain is complete; otherwise the folders are listed.
    func rewrite(_ chain: PackageChain, isTrusted: Bool) throws {
        let waiting = try packages(.waiting)
        var latest = chain.latest
        var whole = chain.whole
        if !isTrusted {
            let loaded = try packages(.loaded)
            latest = try (loaded + packages(.failed) + [chain.latest].compactMap { $0 }).max()
            whole = try wholePackages(loaded)
        }
        // A package that cannot be read gets no line: code that needs it opens it, and reports the error.
        let added = waiting.filter { chain.package($0) == nil }
            .compactMap { id in (try? open(id, in: .waiting)).map { WaitingPackage($0) } }
        let bytes = chain.rewritten(waiting, latest: latest, whole: whole, adding: added)
        try Files.atomicWrite(Paths.join(path, PackageLayout.chainFile), bytes, mode: 0o600, isLasting: false)
    }
}
