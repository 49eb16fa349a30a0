import Digests
import Glibc
import JSONText
package import PipelineStates
package import Schemas
package import SystemIO
import Zstd

/// A complete package, opened for reading. While it exists no other program moves the folder.
package final class PackageReader {
    package let path: String
    package let manifest: Manifest
    package var schema: Schema { schemaFile.schema }
    private let schemaFile: SchemaFile
    /// The subtrees of state that the package changes, as they will be.
    package let state: StateTree
    /// The subtrees of state that it removes.
    package let removedState: [StateTree.Subtree]
    private let lock: FileLock?

    /// - Parameters:
    ///   - loadingRows: hold the folder by a shared lock; not needed to read its documents.
    ///   - other: an open package. If it has the same schema, that is read only once.
    package init(_ path: String, loadingRows: Bool = true, after other: PackageReader? = nil) throws {
        // A package unpacked from an archive may contain links anywhere.
        if Files.exists(path), try Files.stat(path, followingLinks: false).kind != .directory {
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
            throw PackageDamage("\(path) is not package \(id): it contains package \(manifest.loadID)")
        }
        // The manifests show that both files have the same bytes.
        if let other, manifest.file(PackageLayout.schemaFile) != nil,
            manifest.file(PackageLayout.schemaFile) == other.manifest.file(PackageLayout.schemaFile)
        {
            schemaFile = other.schemaFile
        } else {
            guard let bytes = try PackageReader.content(PackageLayout.schemaFile, of: manifest, in: path) else {
                throw PackageDamage("\(path) has no \(PackageLayout.schemaFile)")
            }
            schemaFile = try SchemaFile(bytes, path: Paths.join(path, PackageLayout.schemaFile))
        }
        let state =
            try PackageReader.document(PackageLayout.stateFile, of: manifest, in: path)
            .map { StateTree(sources: $0["sources"]?.objectValue ?? [:]) } ?? StateTree()
        self.state = state
        removedState = manifest.removedState(state)
    }

    /// The manifest alone, which outlives the package's other files.
    package static func manifest(_ path: String) throws -> Manifest {
        let file = Paths.join(path, PackageLayout.manifestFile)
        return try Manifest(parsing: bytes(PackageLayout.manifestFile, in: path), path: file)
    }

    /// Whether only the manifest is left, because the package was loaded.
    package static func isTrimmed(_ path: String) -> Bool {
        Files.exists(Paths.join(path, PackageLayout.manifestFile))
            && !Files.exists(Paths.join(path, PackageLayout.schemaFile))
    }

    /// `schema.json`, which many packages of a pipeline share.
    private final class SchemaFile {
        let bytes: [UInt8]
        let schema: Schema
        private(set) lazy var contentHash = schema.contentHash()

        init(_ bytes: [UInt8], path: String) throws {
            self.bytes = bytes
            let document = try PackageReader.parsed(bytes, path)
            do { schema = try Schema(document: document) } catch {
                throw PackageDamage("\(path) is not a schema: \(error)")
            }
            guard PackageLayout.schemaFile(schema.name) != nil else {
                throw PackageDamage(
                    "the schema's name \(JSONValue.string(schema.name).serialized()) cannot be a file's name")
            }
        }
    }

    private static func document(_ name: String, of manifest: Manifest, in folder: String) throws -> JSONValue? {
        try content(name, of: manifest, in: folder).map { try parsed($0, Paths.join(folder, name)) }
    }

    private static func parsed(_ bytes: [UInt8], _ file: String) throws(PackageDamage) -> JSONValue {
        do { return try JSONValue(parsing: bytes) } catch { throw PackageDamage("\(file) is not JSON: \(error)") }
    }

    /// A file that the manifest names; nil when it names none.
    private static func content(_ name: String, of manifest: Manifest, in folder: String) throws -> [UInt8]? {
        let file = Paths.join(folder, name)
        let known = manifest.file(name)
        // A dangling link does not count as absence.
        let isThere: Bool
        do throws(SystemError) {
            _ = try Files.stat(file, followingLinks: false)
            isThere = true
        } catch {
            // Rows without a state that could be checked would be loaded twice.
            guard error.isAbsence else { throw error }
            isThere = false
        }
        if manifest.format == 1 ? !isThere : known == nil { return nil }
        guard isThere else { throw PackageDamage("\(file) is missing") }
        let bytes = try PackageReader.bytes(name, in: folder)
        if let known, known.bytes != Int64(bytes.count) {
            throw PackageDamage("\(file) has \(bytes.count) bytes instead of \(known.bytes)")
        }
        if let known, known.checksum != DocumentSeal.digest(bytes[...]) {
            throw PackageDamage("\(file) does not match its checksum")
        }
        return bytes
    }

    private static func bytes(_ name: String, in folder: String) throws -> [UInt8] {
        do throws(SystemError) { return try Files.readAll(name, below: folder) } catch {
            guard error.refusal != nil || error.code == EISDIR else { throw error }
            throw PackageDamage(error.description)
        }
    }

    /// For messages; opened files have names relative to the package.
    package func path(of job: Manifest.Job) -> String { Paths.join(path, PackageReader.name(of: job)) }

    /// The path of the job's file, relative to the package.
    private static func name(of job: Manifest.Job) -> String { Paths.join(PackageLayout.jobs, job.file) }

    /// - Parameter name: relative to the package.
    func open(_ name: String) throws(SystemError) -> Descriptor {
        if let descriptor = try lock?.openRegular(name) { return descriptor }
        return try Descriptor.openRegular(name, below: path)
    }

    /// Compares the size and checksum of every job file with the manifest.
    package func verify() throws {
        guard schemaFile.contentHash == manifest.schemaHash else {
            throw PackageDamage(
                "\(Paths.join(path, PackageLayout.schemaFile)) is not the schema that the manifest was written for")
        }
        for job in manifest.jobs { try verify(job) }
        for file in manifest.origins { try verify(origins: file) }
    }

    package func verify(_ job: Manifest.Job) throws { try verify(job, named: PackageReader.name(of: job)) }

    /// - Parameter name: relative to the package.
    func verify(_ job: Manifest.Job, named name: String) throws {
        let file = Paths.join(path, name)
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try open(name)
        } catch {
            if error.isAbsence { throw PackageDamage("\(file) is missing") }
            guard let refusal = error.refusal else { throw error }
            throw PackageDamage("\(file): \(refusal)")
        }
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
            throw PackageDamage("\(file) does not match its checksum")
        }
    }

    /// The rows of a job, one JSON object on each line. Damage appears as an error while reading.
    package func rows(of job: Manifest.Job) throws -> LineReader { LineReader(blocks: try blocks(of: job)) }

    /// No database accepts a larger value, and without a bound a few kilobytes of a hostile package could fill the
    /// memory.
    private var longestRow: Int { 1 << 30 }

    /// The same as blocks of whole lines, which are small enough for a processor's cache.
    package func blocks(of job: Manifest.Job) throws -> BlockReader {
        BlockReader(
            source: try JobSource(open(PackageReader.name(of: job))), blockBytes: 256 << 10,
            maximumLineBytes: longestRow,
            skipsByteOrderMark: false)
    }
}
