import Digests
import JSONText
import SystemIO

/// Writes one table's rows into its job files. Each flush is a separate frame, so that all tables share compressors and
/// no file stays open between flushes: a thousand tables cost a thousand buffers, nothing else.
final class JobFileWriter {
    let table: String
    private let folder: String
    /// The name of a file of the table.
    private let name: (_ table: String, _ number: Int) -> String
    private let frames: FrameQueue
    private let rotation: RotationLimits
    /// Rows and bytes at which the buffer is full.
    private let bufferItems: Int
    private let bufferBytes: Int

    /// The memory for the next row, after the waiting ones; `endRow` counts it.
    private(set) var buffer = ByteBuffer(capacity: 4096)
    /// The number of rows in `buffer`.
    private var bufferedRows = 0
    private(set) var jobs: [Manifest.Job] = []
    /// Uncompressed bytes of the current file, including buffered ones.
    private(set) var fileBytes: Int64 = 0
    /// Whether the current file has a frame, or will have one after compression.
    private var hasFrames = false

    // The file that the last frame went to.
    private var hashedJob = -1
    private var hasher = XXH64()

    init(
        table: String, folder: String, name: @escaping (_ table: String, _ number: Int) -> String, frames: FrameQueue,
        rotation: RotationLimits, items: Int, bytes: Int
    ) {
        self.table = table
        self.folder = folder
        self.name = name
        self.frames = frames
        self.rotation = rotation
        bufferItems = items
        bufferBytes = bytes
    }

    var rows: Int { jobs.reduce(0) { $0 + $1.rows } }

    /// Counts the row of `bytes` bytes that was written at the end of `buffer`.
    func endRow(bytes: Int) throws {
        if jobs.isEmpty || isFull {
            // The row belongs to the next file, so it must not be written with the rows before it.
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

    /// Appends rows with the lengths `lengths`. Files and frames end at rows, and always at the same rows however many
    /// arrive at once.
    func append(_ rows: UnsafeBufferPointer<UInt8>, _ lengths: UnsafeBufferPointer<UInt32>) throws {
        // The part that has been checked but is not in the buffer yet.
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

    /// Whether the current file has reached a limit: the next row opens another.
    private var isFull: Bool {
        guard let job = jobs.last else { return false }
        return job.rows >= rotation.items || fileBytes >= rotation.bytes
    }

    /// Opens the next file.
    func begin() {
        jobs.append(
            Manifest.Job(
                table: table, file: name(table, jobs.count), rows: 0, bytes: 0, checksum: ""))
        fileBytes = 0
        hasFrames = false
    }

    /// Has the buffered rows compressed and written to the current file.
    func flush() throws {
        guard let current = jobs.indices.last, !buffer.isEmpty || !hasFrames else { return }
        hasFrames = true
        bufferedRows = 0
        try frames.append(&buffer) { [unowned self] frame in try write(frame, to: current) }
        // A table of few rows does not need the memory that one of many has filled.
        if buffer.footprint > 4 * bufferBytes { buffer = ByteBuffer(capacity: min(bufferBytes, 4096)) }
    }

    private func write(_ frame: UnsafeRawBufferPointer, to job: Int) throws {
        if job != hashedJob {
            hasher = XXH64()
            hashedJob = job
        }
        let file = try Descriptor.openRegular(jobs[job].file, below: folder, for: .appending)
        try file.writeAll(frame)
        // So that the disk works while rows are made, and the wait at the end is short.
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

    /// Truncates to the first `rows` rows, `bytes` uncompressed bytes, of file number `file`; later files are removed.
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
            guard count > 0 else { throw PackageDamage("job file \(jobs[last].file) is shorter than what was written") }
            left -= Int64(count)
            buffer.append(UnsafeRawBufferPointer(rebasing: portion[..<count]).assumingMemoryBound(to: UInt8.self))
            try flush()
        }
        try flush()
        try frames.drain()
        try Files.remove(path + ".cut")
    }
}
