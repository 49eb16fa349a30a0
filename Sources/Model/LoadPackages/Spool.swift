import Failures
import Glibc
import JSONText
package import PipelineStates
package import Schemas
package import SystemIO

/// One pipeline's folder in the spool: `$DLT_DATA_DIR/spool/<pipeline>`.
///
/// Its `lock` is held for moments only: to reserve, publish, move, or read a base. Longer work is done under the locks
/// of `SpoolLocks.swift`.
package struct Spool: Sendable {
    package let pipeline: String
    package let path: String
    /// Called with a sentence when the pipeline's lock is not free.
    var isWaiting: (@Sendable (String) -> Void)?

    /// Refuses a name that could lead out of the spool.
    package init?(dataDirectory: String, pipeline: String) {
        guard !pipeline.isEmpty, !pipeline.hasPrefix("."), !pipeline.utf8.contains(UInt8(ascii: "/")),
            !pipeline.utf8.contains(0)
        else { return nil }
        self.pipeline = pipeline
        path = Paths.join(PackageLayout.spool(dataDirectory: dataDirectory), pipeline)
    }

    /// The pipelines that have a folder, sorted by name.
    package static func pipelines(dataDirectory: String) throws(SystemError) -> [String] {
        let spool = PackageLayout.spool(dataDirectory: dataDirectory)
        let names: [String]
        do throws(SystemError) { names = try Files.list(spool) } catch {
            // A folder that cannot be read is another case.
            if error.code == ENOENT { return [] }
            throw error
        }
        return names.filter { Spool(dataDirectory: dataDirectory, pipeline: $0)?.exists ?? false }
    }

    /// The same, and names under which something was only tried: their folders have runs, and nothing else.
    package static func pipelinesWithRuns(dataDirectory: String) throws(SystemError) -> [String] {
        let spool = PackageLayout.spool(dataDirectory: dataDirectory)
        do throws(SystemError) {
            return try Files.list(spool).filter { !$0.hasPrefix(".") && Files.isDirectory(Paths.join(spool, $0)) }
        } catch {
            if error.code == ENOENT { return [] }
            throw error
        }
    }

    package enum Place: String, Sendable, CaseIterable {
        case waiting = "packages"
        case loaded
        case failed
    }

    func folder(_ place: Place) -> String { Paths.join(path, place.rawValue) }

    package func path(of id: LoadID, in place: Place) -> String { Paths.join(folder(place), id.text) }

    /// Whether there is a folder with more than the journals of runs: a failed extract alone makes no pipeline.
    package var exists: Bool {
        guard Files.isDirectory(path) else { return false }
        if Files.exists(folder(.waiting)) || !Files.exists(Paths.join(path, PackageLayout.runs)) { return true }
        return (try? Files.list(path))?.contains { $0 != PackageLayout.runs } ?? true
    }

    /// The spool's own folders must be real ones. A link in their place would move, remove and write files elsewhere;
    /// any path may lead to the data directory itself.
    package func refuseLinks() throws(SystemError) {
        let folders =
            Place.allCases.map { folder($0) }
            + [
                PackageLayout.schemas, PackageLayout.locks, PackageLayout.runKeys, PackageLayout.aside,
                PackageLayout.runs,
            ].map { Paths.join(path, $0) }
        for folder in [path] + folders { try Files.refuseLink(folder) }
    }

    /// Creates missing folders.
    package func prepare() throws(SystemError) {
        try refuseLinks()
        // A spool with packages but without run keys is older than those: `prepareRunKeys` finds them.
        let isNew = !Files.exists(folder(.waiting))
        for name in [PackageLayout.locks, PackageLayout.schemas] + (isNew ? [PackageLayout.runKeys] : []) {
            try Files.makeDirectory(Paths.join(path, name), mode: 0o700, intermediates: true)
        }
        try Files.makeDirectory(folder(.waiting), mode: 0o700, intermediates: true)
    }

    /// The same spool, reporting waits for its lock: a suspended load holds it until it is resumed.
    package func reportingWaits(to report: @escaping @Sendable (String) -> Void) -> Spool {
        var spool = self
        spool.isWaiting = report
        return spool
    }

    package func lock(_ mode: FileLock.Mode = .exclusive, wait: FileLock.Wait = .forever) throws(SystemError)
        -> FileLock
    {
        try refuseLinks()
        let lock = Paths.join(path, PackageLayout.lock)
        return try FileLock.acquire(lock, mode, wait: wait) { [isWaiting, pipeline] in
            isWaiting?("waiting for another program that loads pipeline \(pipeline); `fuser \(lock)` names it")
        }
    }

    // MARK: Packages

    /// Load ids of the complete packages in a place, oldest first.
    package func packages(_ place: Place) throws(SystemError) -> [LoadID] {
        guard Files.exists(folder(place)) else { return [] }
        try refuseLinks()
        return try Files.list(folder(place)).compactMap { LoadID($0) }.sorted()
    }

    /// Moves packages to another place. The caller holds the pipeline's lock, and theirs.
    package func move(_ ids: [LoadID], from: Place, to: Place) throws(SystemError) {
        if ids.isEmpty { return }
        try Files.makeDirectory(folder(to), mode: 0o700, intermediates: true)
        let isNoted = noteMove(ids, to: to)
        for id in ids {
            let old = path(of: id, in: from)
            // The only lock that earlier versions of the toolkit know.
            let lock = try FileLock.acquire(folder: old, ifThereAreSuch: .exclusive)
            do throws(SystemError) { try Files.rename(old, to: path(of: id, in: to)) } catch {
                guard Files.exists(path(of: id, in: to)) else { throw error }
                // A copy has restored a package that was there before.
                try Files.removeTree(path(of: id, in: to))
                try Files.rename(old, to: path(of: id, in: to))
            }
            _ = consume lock
        }
        try Files.fsyncDirectory(folder(to))
        try Files.fsyncDirectory(folder(from))
        noteEndOfMove(isNoted)
    }

    /// Removes a package with its contents. The caller holds the pipeline's lock, and the package's.
    package func remove(_ id: LoadID, from place: Place) throws(SystemError) {
        let package = path(of: id, in: place)
        let lock = try FileLock.acquire(folder: package, ifThereAreSuch: .exclusive, wait: .seconds(1))
        let isNoted = noteMove([id], to: nil)
        try Files.removeTree(package)
        _ = consume lock
        noteEndOfMove(isNoted)
    }

    /// Removes leftovers of killed programs: partial folders whose writer's lock is free, and unfinished replacements
    /// of files. The caller holds the pipeline's lock, so that no program is writing such a file.
    package func sweep() throws(SystemError) {
        for folder in [path, Paths.join(path, PackageLayout.schemas)] where Files.exists(folder) {
            for name in try Files.list(folder) where Files.isReplacement(name) {
                try Files.remove(Paths.join(folder, name))
            }
        }
        guard Files.exists(folder(.waiting)) else { return }
        var kept: Set<LoadID> = []
        for name in try Files.list(folder(.waiting)) {
            guard let id = PackageLayout.loadID(ofPartial: name) else {
                if let id = LoadID(name) { kept.insert(id) }
                continue
            }
            let partial = Paths.join(folder(.waiting), name)
            kept.insert(id)
            guard let lock = try? lock(id, .exclusive, wait: .seconds(0)) else { continue }
            let old: FileLock?
            // A folder that cannot be locked is in use, or is not ours.
            do throws(SystemError) {
                old = try FileLock.acquire(folder: partial, ifThereAreSuch: .exclusive, wait: .seconds(0))
            } catch { continue }
            try Files.removeTree(partial)
            _ = consume old
            withExtendedLifetime(lock) {}
        }
        try sweepLocks(waiting: kept)
    }

    /// A package in one of the pipeline's folders.
    ///
    /// - Parameters:
    ///   - loadingRows: hold it, so that no program moves it.
    ///   - other: an open package, which may have the same schema.
    package func open(
        _ id: LoadID, in place: Place, loadingRows: Bool = false, after other: PackageReader? = nil
    ) throws -> PackageReader {
        let package: PackageReader
        do { package = try PackageReader(path(of: id, in: place), loadingRows: loadingRows, after: other) } catch let
            damage as PackageDamage where damage.hint == PackageDamage.dropping
        {
            throw PackageDamage(
                damage.reason,
                hint:
                    "drop it: dlt-state packages drop --pipeline \(ShellWord.quoted(pipeline)) \(id); then run the whole pipe "
                    + "again")
        }
        guard package.manifest.pipeline == pipeline else {
            throw PackageDamage(
                "\(package.path) is of pipeline \(package.manifest.pipeline)",
                hint: "move it back to that pipeline's folder, or load it by its path from a folder outside the spool")
        }
        return package
    }

    /// The place of a package and its manifest, while others may move it; nil when it is gone.
    package func find(_ id: LoadID) throws -> (path: String, manifest: Manifest)? {
        // In the order in which packages move.
        for place in [Place.waiting, .loaded, .failed] {
            do { return (path(of: id, in: place), try manifest(of: id, in: place)) } catch let error as SystemError {
                guard error.isAbsence else { throw error }
            }
        }
        return nil
    }

    /// The manifest of a package. Only that may be left of a loaded one, so nothing else is read.
    package func manifest(of id: LoadID, in place: Place) throws -> Manifest {
        try PackageReader.manifest(path(of: id, in: place))
    }

    // MARK: Committed files

    /// The state as of the last load into the home, or a new one.
    package func committedState() throws -> PipelineState {
        guard let document = try read(PackageLayout.stateFile) else {
            return PipelineState(pipeline: pipeline)
        }
        return PipelineState(document: document)
    }

    package func commit(_ state: PipelineState) throws(SystemError) {
        try write(state.document, to: PackageLayout.stateFile)
    }

    package func committedSchemaNames() throws(SystemError) -> [String] {
        let folder = Paths.join(path, PackageLayout.schemas)
        guard Files.exists(folder) else { return [] }
        return try Files.list(folder).filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.map {
            String($0.dropLast(5))
        }
    }

    /// Identifies the committed state and these schemas, to detect a later replacement.
    package func committedMark(_ schemas: [String]) -> [FileStatus?] {
        let names = schemas.compactMap { PackageLayout.schemaFile($0) }.map { Paths.join(PackageLayout.schemas, $0) }
        return ([PackageLayout.stateFile] + names).map { try? Files.stat(Paths.join(path, $0)) }
    }

    package func committedSchema(_ name: String) throws -> Schema? {
        guard let name = PackageLayout.schemaFile(name) else { return nil }
        let file = Paths.join(PackageLayout.schemas, name)
        guard let document = try read(file) else { return nil }
        do { return try Schema(document: .object(document)) } catch {
            throw PackageDamage(
                "\(Paths.join(path, file)) is not a schema: \(error)", hint: PackageDamage.pulling)
        }
    }

    package func commit(_ schema: Schema) throws {
        guard let file = PackageLayout.schemaFile(schema.name) else {
            throw PackageDamage(
                "the schema's name \(JSONValue.string(schema.name).serialized()) cannot be a file's name")
        }
        try Files.makeDirectory(Paths.join(path, PackageLayout.schemas), mode: 0o700, intermediates: true)
        try write(schema.document().objectValue ?? [:], to: Paths.join(PackageLayout.schemas, file))
    }

    package func home() throws -> PipelineHome {
        PipelineHome(document: .object(try read(PackageLayout.pipelineFile) ?? [:]))
    }

    package func commit(_ home: PipelineHome) throws(SystemError) {
        var document: JSONObject = ["name": .string(pipeline)]
        document.merge(home.document)
        try write(document, to: PackageLayout.pipelineFile)
    }

    /// nil when there is no such file. A file without a checksum was written by hand, or by an older version.
    private func read(_ name: String) throws -> JSONObject? {
        let file = Paths.join(path, name)
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.readAll(Paths.join(pipeline, name), below: Paths.parent(path))
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
        do { return try DocumentSeal.open(bytes, of: file).document } catch {
            throw PackageDamage(
                error.reason,
                hint: PackageDamage.pulling + "; if you changed it on purpose, remove its last member, checksum")
        }
    }

    private func write(_ document: JSONObject, to name: String) throws(SystemError) {
        try Files.atomicWrite(Paths.join(path, name), DocumentSeal.sealed(document, .pretty), mode: 0o600)
    }
}

/// `pipeline.json`: the pipeline's home, the limit of its names, and the last load seen there.
package struct PipelineHome: Sendable, Equatable {
    /// URL of the destination without credentials; nil before the first load.
    package var destination: String?
    package var dataset: String?
    package var identifierLimit: Int?
    /// The greatest load id there when its state was last adopted.
    package var latestLoad: LoadID?

    package init(
        destination: String? = nil, dataset: String? = nil, identifierLimit: Int? = nil, latestLoad: LoadID? = nil
    ) {
        self.destination = destination
        self.dataset = dataset
        self.identifierLimit = identifierLimit
        self.latestLoad = latestLoad
    }

    init(document: JSONValue) {
        self.init(
            destination: document["destination"]?.stringValue, dataset: document["dataset"]?.stringValue,
            identifierLimit: document["identifier_limit"]?.intValue,
            latestLoad: document["latest_load"]?.stringValue.flatMap { LoadID($0) })
    }

    var document: JSONObject {
        var object = JSONObject()
        object["destination"] = destination.map { .string($0) }
        object["dataset"] = dataset.map { .string($0) }
        object["identifier_limit"] = identifierLimit.map { .integer($0) }
        object["latest_load"] = latestLoad.map { .string($0.text) }
        return object
    }
}

extension Spool {
    /// Removes the committed schema of that name, if the destination has none.
    package func forgetSchema(_ name: String) throws(SystemError) {
        guard let file = PackageLayout.schemaFile(name) else { return }
        try Files.remove(Paths.join(path, PackageLayout.schemas, file))
    }
}
