import JSONText
package import SystemIO

/// The file `chain.jsonl`: what is known of a pipeline's packages without opening them, and without listing those that were loaded.
///
/// It is a cache. Each line has a checksum. What is missing, wrong or out of date is found out without it: waiting packages are opened,
/// and the other folders listed. So nobody waits for the disk when it is written, and nothing fails because it cannot be written.
///
/// The first line sums up what lines before it told. A line is added for each package that is published, and for those that are
/// moved or trimmed together. When most of the file is about packages that wait no more, it is written anew.
struct PackageChain {
    private enum Key {
        static let (format, latest, whole, live) = ("format", "latest", "whole", "live")
        static let (package, moved, place, trimmed) = ("package", "moved", "to", "trimmed")
    }

    private static let format = 1
    /// Fewer bytes are not worth writing anew.
    private static let least = 16 << 10

    private static let packagePrefix = Array("{\"\(Key.package)\":\"".utf8)

    /// Where the lines of packages are; they are parsed when somebody asks.
    private var lines: [LoadID: Range<Int>] = [:]
    private var bytes: [UInt8] = []
    /// The greatest id that any line has.
    private(set) var latest: LoadID?
    /// Packages in `loaded/` of which more than the manifest was left.
    private(set) var whole: Set<LoadID> = []
    /// Every line was as it was written, and the first one is there.
    private(set) var isComplete = false
    /// Bytes that the file had when it was written anew.
    private var live = 0

    init() {}

    /// What has been read of the file, which may be absent.
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

    /// What a line tells of a package; nil when none does.
    func package(_ id: LoadID) -> WaitingPackage? {
        guard let range = lines[id], let document = try? JSONValue(parsing: Array(bytes[range])) else { return nil }
        return WaitingPackage(id, document)
    }

    /// Most lines are of packages that wait no more.
    var isMostlyOver: Bool { bytes.count > PackageChain.least + 2 * live }

    // MARK: Writing

    static func line(of package: WaitingPackage) -> [UInt8] { DocumentSeal.sealed(package.document(Key.package)) }

    static func line(moved ids: [LoadID], to place: String) -> [UInt8] {
        DocumentSeal.sealed([Key.moved: .strings(ids.map(\.text)), Key.place: .string(place)])
    }

    static func line(trimmed ids: [LoadID]) -> [UInt8] { DocumentSeal.sealed([Key.trimmed: .strings(ids.map(\.text))]) }

    /// Adds a line, behind one that somebody could not finish.
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

    /// The file with what counts: these packages, in this order.
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

    /// What is known of one of them; nil when it is gone. Throws where that cannot be found out.
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

    // MARK: What happened. The caller holds the pipeline's lock.

    func notePublished(_ package: WaitingPackage) { note(PackageChain.line(of: package)) }

    func noteTrimmed(_ ids: [LoadID]) { note(PackageChain.line(trimmed: ids)) }

    /// To be called before packages move: one that was moved, and noted by nobody, would never be trimmed.
    ///
    /// - Parameter place: nil for packages that are removed.
    /// - Returns: whether the file tells of it. `noteEndOfMove` comes after the move.
    func noteMove(_ ids: [LoadID], to place: Place?) -> Bool {
        note(PackageChain.line(moved: ids, to: place?.rawValue ?? "nowhere"))
    }

    /// Makes the file newer than the folders again, since it tells all that happened in them. Without the note it stays the older one, and
    /// the folders are listed.
    func noteEndOfMove(_ isNoted: Bool) {
        if isNoted { Files.touch(Paths.join(path, PackageLayout.chainFile)) }
    }

    /// False where the line could not be written: the file then has a line that is broken, or none, and is not believed.
    @discardableResult
    private func note(_ line: [UInt8]) -> Bool {
        do throws(SystemError) {
            try PackageChain.append(line, in: self)
            return true
        } catch { return false }
    }

    /// The greatest load id of the pipeline: of packages in any of the folders, finished or not, and of those that were seen at the
    /// destination.
    func latest() throws -> LoadID? {
        let names = Files.exists(folder(.waiting)) ? try Files.list(folder(.waiting)) : []
        let waiting = names.compactMap { LoadID($0) ?? PackageLayout.loadID(ofPartial: $0) }
        let known = try trustedChain().latest
        return (waiting + [known, try home().latestLoad].compactMap { $0 }).max()
    }

    /// The chain, written anew where it does not tell all.
    func trustedChain() throws -> PackageChain {
        let chain = try PackageChain(self)
        if chain.isComplete, try isChainNewest() { return chain }
        try rewrite(chain, isTrusted: false)
        return try PackageChain(self)
    }

    /// Whether the file was written after the last package came to, or left, the folders that nobody lists.
    private func isChainNewest() throws(SystemError) -> Bool {
        let written = try Files.stat(Paths.join(path, PackageLayout.chainFile)).modified
        for place in [Place.loaded, .failed] where Files.exists(folder(place)) {
            if try Files.stat(folder(place)).modified > written { return false }
        }
        return true
    }

    /// Writes the file with what counts alone.
    ///
    /// - Parameter isTrusted: the chain tells all; otherwise the folders are listed.
    func rewrite(_ chain: PackageChain, isTrusted: Bool) throws {
        let waiting = try packages(.waiting)
        var latest = chain.latest
        var whole = chain.whole
        if !isTrusted {
            let loaded = try packages(.loaded)
            latest = try (loaded + packages(.failed) + [chain.latest].compactMap { $0 }).max()
            whole = try wholePackages(loaded)
        }
        // One that cannot be read has no line: whoever needs it opens it, and says what is wrong.
        let added = waiting.filter { chain.package($0) == nil }
            .compactMap { id in (try? open(id, in: .waiting)).map { WaitingPackage($0) } }
        let bytes = chain.rewritten(waiting, latest: latest, whole: whole, adding: added)
        try Files.atomicWrite(Paths.join(path, PackageLayout.chainFile), bytes, mode: 0o600, isLasting: false)
    }
}
