import JSONText
package import PipelineStates
package import Schemas
import SystemIO
import Zstd

/// When a job file is full. Counted in rows and uncompressed bytes, so that the same input is always cut the same way.
package struct RotationLimits: Sendable {
    package var items: Int
    package var bytes: Int64

    package init(items: Int = .max, bytes: Int64 = .max) {
        self.items = items
        self.bytes = bytes
    }
}

/// How much a writer may hold in memory before it writes.
package struct BufferLimits: Sendable {
    /// Rows of one table.
    package var items: Int
    /// Bytes of one table.
    package var tableBytes: Int
    /// Bytes of all tables together.
    package var totalBytes: Int

    package init(items: Int = 5000, tableBytes: Int = 1 << 20, totalBytes: Int = 32 << 20) {
        self.items = items
        self.tableBytes = tableBytes
        self.totalBytes = totalBytes
    }
}

/// Writes one package: reserved as a `.partial` folder, filled, then published by a rename, or abandoned.
package final class PackageWriter {
    package let spool: Spool
    package let loadID: LoadID
    private let partial: String
    private let jobFolder: String
    private let rotation: RotationLimits
    private let buffering: BufferLimits
    private let compressor: Compressor
    private var writers: [JobFileWriter] = []
    private var buffered = 0
    /// Tells other processes that the folder's writer is alive.
    private var lock: FileLock?

    /// Reserves a load id greater than every other of the pipeline and than `base`.
    ///
    /// - Parameter identity: the digits a run key stands for; random without one.
    package init(
        spool: Spool, after base: LoadID?, identity: String? = nil, rotation: RotationLimits = RotationLimits(),
        buffering: BufferLimits = BufferLimits()
    ) throws {
        self.spool = spool
        self.rotation = rotation
        self.buffering = buffering
        compressor = try Compressor(level: 1, checksum: true, workers: 0)
        try spool.prepare()
        let spoolLock = try spool.lock()
        try spool.sweep()
        let latest = [try spool.latest(), base].compactMap { $0 }.max()
        loadID = LoadID.next(after: latest, identity: identity ?? LoadID.randomIdentity())
        partial = Paths.join(spool.folder(.waiting), PackageLayout.partial(loadID))
        jobFolder = Paths.join(partial, PackageLayout.jobs)
        try Files.makeDirectory(jobFolder, mode: 0o700, intermediates: true)
        lock = try FileLock.acquire(folder: partial, .exclusive)
        _ = consume spoolLock
    }

    /// The handle under which rows of a table are appended. A table has no job until its first row.
    package func table(_ name: String) -> Int {
        writers.append(JobFileWriter(table: name, folder: jobFolder))
        return writers.count - 1
    }

    /// Appends one row: a JSON object and its newline.
    package func append(_ row: UnsafeBufferPointer<UInt8>, to table: Int) throws {
        let writer = writers[table]
        if writer.isFull(rotation) { try flush(writer) }
        writer.append(row, rotation)
        buffered += row.count
        if writer.buffer.count >= buffering.tableBytes || writer.bufferedRows >= buffering.items {
            try flush(writer)
        } else if buffered >= buffering.totalBytes {
            try flushAll()
        }
    }

    /// Gives a table a job even if no row comes: a replace by nothing empties it.
    package func ensureJob(of table: Int) { if writers[table].jobs.isEmpty { writers[table].begin() } }

    package func rows(of table: Int) -> Int { writers[table].rows }

    private func flush(_ writer: JobFileWriter) throws {
        buffered -= writer.buffer.count
        try writer.flush(compressor)
    }

    private func flushAll() throws { for writer in writers { try flush(writer) } }

    // MARK: Cutting back

    /// A point of the input to which the package can be cut back.
    package struct Mark: Sendable {
        fileprivate var files: [(file: Int, rows: Int, bytes: Int64)]

        /// Before the first row.
        package static var start: Mark { Mark(files: []) }
    }

    package func mark() -> Mark {
        Mark(files: writers.map { (file: $0.jobs.count - 1, rows: $0.jobs.last?.rows ?? 0, bytes: $0.fileBytes) })
    }

    /// Removes every row appended after `mark`.
    package func cut(to mark: Mark) throws {
        for (index, writer) in writers.enumerated() {
            let place = index < mark.files.count ? mark.files[index] : (file: -1, rows: 0, bytes: 0)
            try writer.cut(file: place.file, rows: place.rows, bytes: place.bytes, compressor)
        }
        buffered = 0
    }

    // MARK: The end

    /// What the rows amount to, once no more will come.
    package func finish() throws -> [Manifest.Job] {
        try flushAll()
        return writers.flatMap(\.jobs)
    }

    /// Makes the package complete: everything durable first, visible last. Returns its path.
    package func publish(_ manifest: Manifest, schema: Schema, state: StateTree?) throws -> String {
        for writer in writers { try writer.synchronize() }
        try Files.fsyncDirectory(jobFolder)
        try write(schema.document(), to: PackageLayout.schemaFile)
        if let state { try write(["sources": .object(state.sources)], to: PackageLayout.stateFile) }
        try write(manifest.document, to: PackageLayout.manifestFile)
        try Files.fsyncDirectory(partial)
        let spoolLock = try spool.lock()
        let final = spool.path(of: loadID, in: .waiting)
        try Files.rename(partial, to: final)
        try Files.fsyncDirectory(spool.folder(.waiting))
        _ = consume spoolLock
        lock = nil
        return final
    }

    private func write(_ document: JSONValue, to name: String) throws(SystemError) {
        try Files.atomicWrite(Paths.join(partial, name), document.serializedBytes() + [0x0A], mode: 0o600)
    }

    /// Leaves nothing behind.
    package func abandon() {
        lock = nil
        // Nothing can be done about a failure here; the next writer sweeps what is left.
        try? Files.removeTree(partial)
    }
}
