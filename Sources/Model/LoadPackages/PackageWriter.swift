package import JSONText
package import PipelineStates
package import Schemas
import SystemIO

/// When a job file is full. Counted in rows and uncompressed bytes, so that the same input is always cut in the same
/// way.
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
    /// Bytes of all tables together, for up to some thousands of tables.
    package var totalBytes: Int

    package init(items: Int = 5000, tableBytes: Int = 1 << 20, totalBytes: Int = 32 << 20) {
        self.items = items
        self.tableBytes = tableBytes
        self.totalBytes = totalBytes
    }

    /// Bytes of the table with the number `index`.
    ///
    /// The first tables may fill half of the memory, and the share of each later one shrinks so that all others
    /// together stay within the other half. So the end of a frame depends only on the rows of its own table.
    func bytes(ofTable index: Int) -> Int {
        let first = max(totalBytes / 2 / max(tableBytes, 1), 1)
        guard index >= first else { return tableBytes }
        let share = Double(first) / Double(index + 1)
        return min(tableBytes, max(Int(Double(tableBytes) * share * share), BufferLimits.leastBytes))
    }

    private static let leastBytes = 4096
}

/// Writes one package: reserved as a `.partial` folder, filled, then published by a rename, or abandoned.
package final class PackageWriter {
    package let spool: Spool
    package let loadID: LoadID
    private let partial: String
    private let jobFolder: String
    private let rotation: RotationLimits
    private let buffering: BufferLimits
    private let frames: FrameQueue
    private var writers: [JobFileWriter] = []
    /// Those of the root tables, by their handles; empty unless origins are kept.
    private var origins: [Int: OriginWriter] = [:]
    private let originFolder: String
    /// Files beside the jobs.
    private var documents: [String] = []
    /// Shows other processes that the folder's writer is alive.
    private var lock: SpoolLock?
    /// The same, for earlier versions of the toolkit.
    private var folderLock: FileLock?

    /// Reserves a load id greater than every other of the pipeline and than `base`.
    ///
    /// - Parameters:
    ///   - identity: the digits for a run key; random without one.
    ///   - frames: compresses the rows; several packages may share it.
    package init(
        spool: Spool, after base: LoadID?, identity: String? = nil, rotation: RotationLimits = RotationLimits(),
        buffering: BufferLimits = BufferLimits(), frames: FrameQueue = FrameQueue()
    ) throws {
        self.spool = spool
        self.rotation = rotation
        self.buffering = buffering
        self.frames = frames
        try spool.prepare()
        let spoolLock = try spool.lock()
        try spool.sweep()
        try spool.prepareRunKeys()
        let latest = [try spool.latest(), base].compactMap { $0 }.max()
        loadID = LoadID.next(after: latest, identity: identity ?? LoadID.randomIdentity())
        partial = Paths.join(spool.folder(.waiting), PackageLayout.partial(loadID))
        jobFolder = Paths.join(partial, PackageLayout.jobs)
        originFolder = Paths.join(partial, PackageLayout.origins)
        lock = try spool.lock(loadID, .exclusive, wait: .seconds(0))
        try Files.makeDirectory(jobFolder, mode: 0o700, intermediates: true)
        folderLock = try FileLock.acquire(folder: partial, ifThereAreSuch: .exclusive)
        _ = consume spoolLock
    }

    /// The handle for appending rows to a table. A table has no job until its first row.
    package func table(_ name: String) -> Int {
        writers.append(
            JobFileWriter(
                table: name, folder: jobFolder, name: PackageLayout.jobFile, frames: frames, rotation: rotation,
                items: buffering.items, bytes: buffering.bytes(ofTable: writers.count)))
        return writers.count - 1
    }

    /// The memory for the next row of a table, a JSON object and its newline, before `endRow`.
    package func buffer(of table: Int) -> ByteBuffer { writers[table].buffer }

    /// Counts the last `bytes` bytes of the table's buffer as a row.
    package func endRow(of table: Int, bytes: Int) throws { try writers[table].endRow(bytes: bytes) }

    /// Appends one row: a JSON object and its newline.
    package func append(_ row: UnsafeBufferPointer<UInt8>, to table: Int) throws {
        var length = UInt32(row.count)
        try withUnsafePointer(to: &length) {
            try append(row, lengths: UnsafeBufferPointer(start: $0, count: 1), to: table)
        }
    }

    /// Appends consecutive rows with the lengths `lengths`.
    package func append(
        _ rows: UnsafeBufferPointer<UInt8>, lengths: UnsafeBufferPointer<UInt32>, to table: Int
    ) throws {
        try writers[table].append(rows, lengths)
    }

    /// Gives a table a job even without rows: replacing it by nothing empties it.
    package func ensureJob(of table: Int) { if writers[table].jobs.isEmpty { writers[table].begin() } }

    package func rows(of table: Int) -> Int { writers[table].rows }

    private func flushAll() throws {
        for writer in writers { try writer.flush() }
        for (_, writer) in origins { try writer.flush() }
        try frames.drain()
    }

    // MARK: Origins

    /// Keeps the origins of a table's rows from its first row on.
    package func keepOrigins(of table: Int) throws {
        guard origins[table] == nil else { return }
        if origins.isEmpty { try Files.makeDirectory(originFolder, mode: 0o700, intermediates: false) }
        origins[table] = OriginWriter(table: writers[table].table, folder: originFolder, frames: frames)
    }

    /// Adds the origin of the table's next row that has none yet.
    ///
    /// - Parameter source: what the numbers are of; nil if that is neither needed nor another than before.
    package func addOrigin(
        of table: Int, number: Int, line: Int, source: (_ isNeeded: Bool) -> JSONObject?
    ) throws {
        try origins[table]?.add(number: number, line: line, source: source, rowsOfJobs: writers[table].jobs)
    }

    // MARK: Cutting back

    /// A point of the input to which the package can be truncated.
    package struct Mark: Sendable {
        fileprivate typealias Place = (file: Int, rows: Int, bytes: Int64)
        fileprivate static var beginning: Place { (file: -1, rows: 0, bytes: 0) }

        fileprivate var files: [Place]
        fileprivate var origins: [Int: Place] = [:]

        /// Before the first row.
        package static var start: Mark { Mark(files: []) }
    }

    package func mark() -> Mark {
        func place(_ writer: JobFileWriter) -> Mark.Place {
            (file: writer.jobs.count - 1, rows: writer.jobs.last?.rows ?? 0, bytes: writer.fileBytes)
        }
        return Mark(files: writers.map(place), origins: origins.mapValues { place($0.files) })
    }

    /// Removes every row appended after `mark`.
    package func cut(to mark: Mark) throws {
        for (index, writer) in writers.enumerated() {
            let place = index < mark.files.count ? mark.files[index] : Mark.beginning
            try writer.cut(file: place.file, rows: place.rows, bytes: place.bytes)
        }
        for (table, writer) in origins {
            let place = mark.origins[table] ?? Mark.beginning
            try writer.cut(file: place.file, rows: place.rows, bytes: place.bytes)
        }
    }

    // MARK: The end

    /// The totals of the rows, after the last one.
    package func finish() throws -> [Manifest.Job] {
        try flushAll()
        return writers.flatMap(\.jobs)
    }

    /// Completes the package: first makes everything durable, then visible. Returns its path.
    package func publish(_ manifest: Manifest, schema: Schema, state: StateTree?) throws -> String {
        var manifest = manifest
        let origins = origins.sorted { $0.key < $1.key }.map(\.value.files)
        manifest.origins = origins.flatMap(\.jobs)
        manifest.files = [try write(schema.document(), to: PackageLayout.schemaFile)]
        if let state {
            manifest.files.append(try write(["sources": .object(state.sources)], to: PackageLayout.stateFile))
        }
        try write(DocumentSeal.sealed(manifest.document), to: PackageLayout.manifestFile)
        // Only after everything is written: the first call makes a journal commit that the others then need not wait
        // for.
        for name in documents { try Descriptor.openForReading(Paths.join(partial, name)).synchronize() }
        for writer in writers { try writer.synchronize() }
        try Files.fsyncDirectory(jobFolder)
        for writer in origins { try writer.synchronize() }
        if !origins.isEmpty { try Files.fsyncDirectory(originFolder) }
        try Files.fsyncDirectory(partial)
        let spoolLock = try spool.lock()
        let final = spool.path(of: loadID, in: .waiting)
        // Before the package exists: a name without a package is ignored.
        if manifest.runKey != nil { try spool.noteRunKey(of: loadID) }
        try Files.rename(partial, to: final)
        try Files.fsyncDirectory(spool.folder(.waiting))
        spool.notePublished(WaitingPackage(manifest, schema, state ?? StateTree()))
        _ = consume spoolLock
        lock?.keepFile()
        release()
        return final
    }

    private func write(_ document: JSONValue, to name: String) throws(SystemError) -> Manifest.File {
        let bytes = document.serializedBytes() + [0x0A]
        try write(bytes, to: name)
        return Manifest.File(name: name, bytes: Int64(bytes.count), checksum: DocumentSeal.digest(bytes[...]))
    }

    /// Writes a file of the folder, which is not visible yet.
    private func write(_ bytes: [UInt8], to name: String) throws(SystemError) {
        let file = try Descriptor.create(Paths.join(partial, name), mode: 0o600, exclusive: true)
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try file.writeAll(bytes) }
        file.beginSynchronizing()
        try file.close()
        documents.append(name)
    }

    /// Removes everything that was written.
    package func abandon() {
        release()
        // A failure here cannot be handled; the next writer removes the rest.
        try? Files.removeTree(partial)
    }

    private func release() {
        folderLock = nil
        lock = nil
    }
}
