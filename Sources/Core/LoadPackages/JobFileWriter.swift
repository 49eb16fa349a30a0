import Digests
import JSONText
import SystemIO
import Zstd

/// Writes one table's rows into its job files. Each flush is a frame of its own, so that the compressor is shared by all
/// tables, and no file stays open between flushes: a thousand tables cost a thousand buffers, nothing else.
final class JobFileWriter {
    let table: String
    private let folder: String
    private(set) var buffer = ByteBuffer(capacity: 4096)
    /// Rows that are in `buffer`.
    private(set) var bufferedRows = 0
    private(set) var jobs: [Manifest.Job] = []
    /// Uncompressed bytes of the file that is being written, buffered ones included.
    private(set) var fileBytes: Int64 = 0
    private var hasher = XXH64()

    init(table: String, folder: String) {
        self.table = table
        self.folder = folder
    }

    var rows: Int { jobs.reduce(0) { $0 + $1.rows } }

    func append(_ row: UnsafeBufferPointer<UInt8>, _ limits: RotationLimits) {
        if jobs.isEmpty || isFull(limits) { begin() }
        buffer.append(row)
        bufferedRows += 1
        fileBytes += Int64(row.count)
        jobs[jobs.count - 1].rows += 1
    }

    /// The current file has reached a limit: the next row opens another.
    func isFull(_ limits: RotationLimits) -> Bool {
        guard let job = jobs.last else { return false }
        return job.rows >= limits.items || fileBytes >= limits.bytes
    }

    /// Opens the next file.
    func begin() {
        jobs.append(
            Manifest.Job(
                table: table, file: PackageLayout.jobFile(table: table, number: jobs.count), rows: 0, bytes: 0,
                checksum: ""))
        fileBytes = 0
        hasher = XXH64()
    }

    /// Compresses the buffered rows into the current file.
    func flush(_ compressor: Compressor) throws {
        guard let current = jobs.indices.last, !buffer.isEmpty || jobs[current].bytes == 0 else { return }
        let file = try Descriptor.openForAppending(Paths.join(folder, jobs[current].file), mode: 0o600)
        let write = { (bytes: UnsafeRawBufferPointer) throws in
            try file.writeAll(bytes)
            self.hasher.update(bytes)
            self.jobs[current].bytes += Int64(bytes.count)
        }
        try compressor.compress(UnsafeRawBufferPointer(buffer.bytes), into: write)
        try compressor.endFrame(into: write)
        jobs[current].checksum = hasher.hexDigest()
        buffer.removeAll(keeping: 512 << 10)
        bufferedRows = 0
    }

    func synchronize() throws(SystemError) {
        for job in jobs {
            let file = try Descriptor.openForReading(Paths.join(folder, job.file))
            try file.synchronize()
        }
    }

    /// Cuts back to the first `rows` rows, `bytes` uncompressed bytes, of file number `file`; later files go.
    func cut(file: Int, rows: Int, bytes: Int64, _ compressor: Compressor) throws {
        try flush(compressor)
        while jobs.count > file + 1 { try Files.remove(Paths.join(folder, jobs.removeLast().file)) }
        guard let last = jobs.indices.last, jobs[last].rows > rows else { return }
        let path = Paths.join(folder, jobs[last].file)
        let source = try JobSource(path)
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
            try flush(compressor)
        }
        try flush(compressor)
        try Files.remove(path + ".cut")
    }
}
