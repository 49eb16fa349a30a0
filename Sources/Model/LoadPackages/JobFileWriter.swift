import Digests
import JSONText
import SystemIO

/// Writes one table's rows into its job files. Each flush is a frame of its own, so that compressors are shared by all
/// tables, and no file stays open between flushes: a thousand tables cost a thousand buffers, nothing else.
final class JobFileWriter {
    let table: String
    private let folder: String
    private let frames: FrameQueue
    private let rotation: RotationLimits
    /// Rows and bytes at which the buffer is full.
    private let bufferItems: Int
    private let bufferBytes: Int

    /// Where a row is put together, behind those that wait; `endRow` counts it.
    private(set) var buffer = ByteBuffer(capacity: 4096)
    /// Rows that are in `buffer`.
    private var bufferedRows = 0
    private(set) var jobs: [Manifest.Job] = []
    /// Uncompressed bytes of the file that is being written, buffered ones included.
    private(set) var fileBytes: Int64 = 0
    /// The current file has got a frame, or will when it is compressed.
    private var hasFrames = false

    // Of the file that a frame went to last.
    private var hashedJob = -1
    private var hasher = XXH64()

    init(table: String, folder: String, frames: FrameQueue, rotation: RotationLimits, items: Int, bytes: Int) {
        self.table = table
        self.folder = folder
        self.frames = frames
        self.rotation = rotation
        bufferItems = items
        bufferBytes = bytes
    }

    var rows: Int { jobs.reduce(0) { $0 + $1.rows } }

    /// Counts the row of so many bytes that was put at the end of `buffer`.
    func endRow(bytes: Int) throws {
        if jobs.isEmpty || isFull {
            // The row belongs to the next file, so it must not go out with what stands before it.
            let row = Array(buffer.bytes(from: buffer.count - bytes))
            buffer.truncate(to: buffer.count - bytes)
            try flush()
            begin()
            buffer.append(row)
        }
        bufferedRows += 1
        fileBytes += Int64(bytes)
        jobs[jobs.count - 1].rows += 1
        if buffer.count >= bufferBytes || bufferedRows >= bufferItems { try flush() }
    }

    /// Appends rows, each of so many bytes as `lengths` says. Files and frames are cut at rows, and at the same rows however many
    /// come at once.
    func append(_ rows: UnsafeBufferPointer<UInt8>, _ lengths: UnsafeBufferPointer<UInt32>) throws {
        // What was gone through but is not yet in the buffer.
        var start = 0
        var end = 0
        var count = 0
        for length in lengths {
            if jobs.isEmpty || isFull {
                take(rows, start..<end, count)
                (start, count) = (end, 0)
                try flush()
                begin()
            }
            end += Int(length)
            count += 1
            fileBytes += Int64(length)
            jobs[jobs.count - 1].rows += 1
            if buffer.count + end - start >= bufferBytes || bufferedRows + count >= bufferItems {
                take(rows, start..<end, count)
                (start, count) = (end, 0)
                try flush()
            }
        }
        take(rows, start..<end, count)
    }

    private func take(_ rows: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ count: Int) {
        buffer.append(UnsafeBufferPointer(rebasing: rows[range]))
        bufferedRows += count
    }

    /// The current file has reached a limit: the next row opens another.
    private var isFull: Bool {
        guard let job = jobs.last else { return false }
        return job.rows >= rotation.items || fileBytes >= rotation.bytes
    }

    /// Opens the next file.
    func begin() {
        jobs.append(
            Manifest.Job(
                table: table, file: PackageLayout.jobFile(table: table, number: jobs.count), rows: 0, bytes: 0,
                checksum: ""))
        fileBytes = 0
        hasFrames = false
    }

    /// Has the buffered rows compressed and written to the current file.
    func flush() throws {
        guard let current = jobs.indices.last, !buffer.isEmpty || !hasFrames else { return }
        hasFrames = true
        bufferedRows = 0
        try frames.append(&buffer) { [unowned self] frame in try write(frame, to: current) }
        // A table of few rows has no use for the memory that one of many has filled.
        if buffer.footprint > 4 * bufferBytes { buffer = ByteBuffer(capacity: min(bufferBytes, 4096)) }
    }

    private func write(_ frame: UnsafeRawBufferPointer, to job: Int) throws {
        if job != hashedJob {
            hasher = XXH64()
            hashedJob = job
        }
        let file = try Descriptor.openRegular(jobs[job].file, below: folder, for: .appending)
        try file.writeAll(frame)
        // So that the disk works while rows are made, and little is left to wait for at the end.
        file.beginSynchronizing()
        hasher.update(frame)
        jobs[job].bytes += Int64(frame.count)
        jobs[job].checksum = hasher.hexDigest()
    }

    func synchronize() throws(SystemError) {
        for job in jobs {
            let file = try Descriptor.openRegular(job.file, below: folder)
            try file.synchronize()
        }
    }

    /// Cuts back to the first `rows` rows, `bytes` uncompressed bytes, of file number `file`; later files go.
    func cut(file: Int, rows: Int, bytes: Int64) throws {
        try flush()
        try frames.drain()
        while jobs.count > file + 1 {
            try Files.remove(Paths.join(folder, jobs.removeLast().file))
            hashedJob = -1
        }
        fileBytes = bytes
        hasFrames = true
        guard let last = jobs.indices.last, jobs[last].rows > rows else { return }
        hashedJob = -1
        let path = Paths.join(folder, jobs[last].file)
        let source = try JobSource(jobs[last].file, below: folder)
        try Files.rename(path, to: path + ".cut")
        jobs.removeLast()
        begin()
        jobs[jobs.count - 1].rows = rows
        fileBytes = bytes
        var left = bytes
        let portion = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { portion.deallocate() }
        while left > 0 {
            let count = try source.read(
                into: UnsafeMutableRawBufferPointer(rebasing: portion[..<Int(min(left, Int64(portion.count)))]))
            guard count > 0 else { throw PackageDamage("job file \(jobs[last].file) is shorter than was written") }
            left -= Int64(count)
            buffer.append(UnsafeRawBufferPointer(rebasing: portion[..<count]).assumingMemoryBound(to: UInt8.self))
            try flush()
        }
        try flush()
        try frames.drain()
        try Files.remove(path + ".cut")
    }
}
