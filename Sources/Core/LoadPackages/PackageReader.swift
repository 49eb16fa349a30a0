import Digests
import JSONText
package import PipelineStates
package import Schemas
package import SystemIO
import Zstd

/// A complete package, opened for reading. While it lives nobody moves the folder away.
package final class PackageReader {
    package let path: String
    package let manifest: Manifest
    package let schema: Schema
    /// The subtrees of state that the package changes, as they will be.
    package let state: StateTree
    /// Those that it removes.
    package let removedState: [StateTree.Subtree]
    private let lock: FileLock?

    /// - Parameter loadingRows: hold the folder by a shared lock; not needed for a look at its documents.
    package init(_ path: String, loadingRows: Bool = true) throws {
        guard !Files.exists(path) || Files.isDirectory(path) else {
            throw PackageDamage("\(path) is not a load package: it is not a folder")
        }
        self.path = path
        lock = loadingRows ? try FileLock.acquire(folder: path, .shared) : nil
        let manifest: Manifest
        do { manifest = try PackageReader.manifest(path) } catch let error as SystemError where error.isAbsence {
            throw PackageDamage("\(path) is not a load package: it has no \(PackageLayout.manifestFile)")
        }
        self.manifest = manifest
        if let id = LoadID(Paths.lastComponent(path)), id != manifest.loadID {
            throw PackageDamage("\(path) is not package \(id) but \(manifest.loadID), under another name")
        }
        guard let schema = try PackageReader.document(PackageLayout.schemaFile, of: manifest, in: path) else {
            throw PackageDamage("\(path) has no \(PackageLayout.schemaFile)")
        }
        do { self.schema = try Schema(document: schema) } catch {
            throw PackageDamage("\(Paths.join(path, PackageLayout.schemaFile)) is not a schema: \(error)")
        }
        let state =
            try PackageReader.document(PackageLayout.stateFile, of: manifest, in: path)
            .map { StateTree(sources: $0["sources"]?.objectValue ?? [:]) } ?? StateTree()
        self.state = state
        removedState = manifest.base.subtrees.keys.compactMap { StateTree.Subtree(key: $0) }.filter { state[$0] == nil }
    }

    /// The package changes what sources remember, so its order among others matters.
    package var changesState: Bool { !state.subtrees.isEmpty || !removedState.isEmpty }

    /// The manifest alone, which outlives the package's other files.
    package static func manifest(_ path: String) throws -> Manifest {
        let file = Paths.join(path, PackageLayout.manifestFile)
        return try Manifest(parsing: Files.readAll(file), path: file)
    }

    /// Whether only the manifest is left, because the package was loaded.
    package static func isTrimmed(_ path: String) -> Bool {
        Files.exists(Paths.join(path, PackageLayout.manifestFile))
            && !Files.exists(Paths.join(path, PackageLayout.schemaFile))
    }

    /// A file that the manifest names; nil when it names none.
    private static func document(_ name: String, of manifest: Manifest, in folder: String) throws -> JSONValue? {
        let file = Paths.join(folder, name)
        let known = manifest.files.first { $0.name == name }
        if manifest.format == 1 ? !Files.exists(file) : known == nil { return nil }
        guard Files.exists(file) else { throw PackageDamage("\(file) is missing") }
        let bytes = try Files.readAll(file)
        if let known, known.bytes != Int64(bytes.count) {
            throw PackageDamage("\(file) has \(bytes.count) bytes instead of \(known.bytes)")
        }
        if let known, known.checksum != DocumentSeal.digest(bytes[...]) {
            throw PackageDamage("\(file) does not have the checksum that it was written with")
        }
        do { return try JSONValue(parsing: bytes) } catch { throw PackageDamage("\(file) is not JSON: \(error)") }
    }

    package func path(of job: Manifest.Job) -> String {
        Paths.join(Paths.join(path, PackageLayout.jobs), job.file)
    }

    /// Compares every job file with its size and checksum in the manifest.
    package func verify() throws {
        guard schema.contentHash() == manifest.schemaHash else {
            throw PackageDamage(
                "\(Paths.join(path, PackageLayout.schemaFile)) is not the one that the manifest was written for")
        }
        for job in manifest.jobs { try verify(job) }
    }

    package func verify(_ job: Manifest.Job) throws {
        let file = path(of: job)
        guard Files.exists(file) else { throw PackageDamage("\(file) is missing") }
        let descriptor = try Descriptor.openForReading(file)
        var hasher = XXH64()
        var size: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = try descriptor.read(into: buffer)
            if count == 0 { break }
            size += Int64(count)
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard size == job.bytes else {
            throw PackageDamage("\(file) has \(size) bytes instead of \(job.bytes)")
        }
        guard hasher.hexDigest() == job.checksum else {
            throw PackageDamage("\(file) does not have the checksum that it was written with")
        }
    }

    /// The rows of a job, one JSON object a line. Damage shows as an error while reading.
    package func rows(of job: Manifest.Job) throws -> LineReader { LineReader(blocks: try blocks(of: job)) }

    /// The same as blocks of whole lines, which are small enough to stay in a processor's cache while they are worked on.
    package func blocks(of job: Manifest.Job) throws -> BlockReader {
        BlockReader(
            source: try JobSource(path(of: job)), blockBytes: 256 << 10, maximumLineBytes: .max >> 1,
            skipsByteOrderMark: false)
    }
}
