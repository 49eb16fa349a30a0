import Digests
import Glibc
import JSONText
package import PipelineStates
package import Schemas
package import SystemIO
import Threading
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
        // Unpacked from somebody's archive, a package may have links anywhere in it.
        guard (try? Files.stat(path, followingLinks: false))?.kind == .directory,
            Files.exists(Paths.join(path, PackageLayout.manifestFile))
        else { throw PackageDamage("\(path) is not a load package: it has no \(PackageLayout.manifestFile)") }
        self.path = path
        lock = loadingRows ? try FileLock.acquire(folder: path, .shared) : nil
        manifest = try Manifest(document: PackageReader.document(path, PackageLayout.manifestFile))
        do { schema = try Schema(document: PackageReader.document(path, PackageLayout.schemaFile)) } catch let error
            as SchemaDocumentError
        { throw PackageDamage("\(Paths.join(path, PackageLayout.schemaFile)): \(error)") }
        guard PackageLayout.schemaFile(schema.name) != nil else {
            throw PackageDamage(
                "the schema's name \(JSONValue.string(schema.name).serialized()) cannot be that of a file")
        }
        let stateFile = Paths.join(path, PackageLayout.stateFile)
        let state =
            (try? Files.stat(stateFile, followingLinks: false)) != nil
            ? StateTree(
                sources: try PackageReader.document(path, PackageLayout.stateFile)["sources"]?.objectValue ?? [:])
            : StateTree()
        self.state = state
        removedState = manifest.base.subtrees.keys.compactMap { StateTree.Subtree(key: $0) }.filter { state[$0] == nil }
    }

    /// The package changes what sources remember, so its order among others matters.
    package var changesState: Bool { !state.subtrees.isEmpty || !removedState.isEmpty }

    /// The manifest alone, which outlives the package's other files.
    package static func manifest(_ path: String) throws -> Manifest {
        try Manifest(document: document(path, PackageLayout.manifestFile))
    }

    /// Whether only the manifest is left, because the package was loaded.
    package static func isTrimmed(_ path: String) -> Bool {
        Files.exists(Paths.join(path, PackageLayout.manifestFile))
            && !Files.exists(Paths.join(path, PackageLayout.schemaFile))
    }

    private static func document(_ folder: String, _ name: String) throws -> JSONValue {
        let file = Paths.join(folder, name)
        do { return try JSONValue(parsing: Files.readAll(name, below: folder)) } catch let error as JSONSyntaxError {
            throw PackageDamage("\(file) is not JSON: \(error)")
        } catch let error as SystemError where error.refusal != nil { throw PackageDamage(error.description) }
    }

    /// Of the job's file, relative to the package.
    private static func name(of job: Manifest.Job) -> String { Paths.join(PackageLayout.jobs, job.file) }

    /// Compares every job file with its size and checksum in the manifest.
    package func verify() throws {
        guard schema.contentHash() == manifest.schemaHash else {
            throw PackageDamage("schema.json is not the one the manifest was written for")
        }
        for job in manifest.jobs { try verify(job) }
    }

    package func verify(_ job: Manifest.Job) throws {
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try Descriptor.openRegular(PackageReader.name(of: job), below: path)
        } catch {
            if error.code == ENOENT { throw PackageDamage("job file \(job.file) is missing") }
            guard let refusal = error.refusal else { throw error }
            throw PackageDamage("job file \(job.file): \(refusal)")
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
            throw PackageDamage("job file \(job.file) has \(size) bytes instead of \(job.bytes)")
        }
        guard hasher.hexDigest() == job.checksum else {
            throw PackageDamage("job file \(job.file) does not have the checksum it was written with")
        }
    }

    /// The rows of a job, one JSON object a line. Damage shows as an error while reading.
    package func rows(of job: Manifest.Job) throws -> LineReader { LineReader(blocks: try blocks(of: job)) }

    /// No database takes a larger value, and without a bound a few kilobytes of somebody's package could fill the memory.
    private var longestRow: Int { 1 << 30 }

    /// The same as blocks of whole lines.
    package func blocks(of job: Manifest.Job) throws -> BlockReader {
        let rows = try JobSource(PackageReader.name(of: job), below: path)
        // A thread takes longer to start than it takes to decompress a little.
        let isLarge = job.bytes > 128 << 10
        return BlockReader(
            source: isLarge ? ReadAheadSource(rows) : rows, blockBytes: 1 << 20, maximumLineBytes: longestRow,
            skipsByteOrderMark: false)
    }
}
