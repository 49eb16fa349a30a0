import JSONText
import SystemIO

/// Writes the origins of a table's rows, into a file for each of its job files.
final class OriginWriter {
    let files: JobFileWriter
    // The row before, in its file.
    private var number = 0
    private var line = 0
    /// Whether the file has no row yet, so that its source is unknown to a reader.
    private var isFresh = true

    /// A row takes a byte or two, so that this is some ten thousand rows.
    private static let bufferBytes = 32 << 10

    init(table: String, folder: String, frames: FrameQueue) {
        files = JobFileWriter(
            table: table, folder: folder, name: PackageLayout.originFile, frames: frames, rotation: RotationLimits(),
            items: .max, bytes: OriginWriter.bufferBytes)
    }

    /// - Parameters:
    ///   - source: the source, if it is another than that of the row before; asked with `true` where it is needed.
    ///   - jobs: the files of the rows, with this row.
    func add(
        number: Int, line: Int, source: (_ isNeeded: Bool) -> JSONObject?, rowsOfJobs jobs: [Manifest.Job]
    ) throws {
        // The next job begins where the last one has all its origins.
        while files.jobs.isEmpty
            || files.jobs.count < jobs.count && files.jobs[files.jobs.count - 1].rows == jobs[files.jobs.count - 1].rows
        {
            try files.flush()
            files.begin()
            isFresh = true
        }
        let start = files.buffer.count
        if let source = source(isFresh) {
            let text = JSONValue.object(source).serializedBytes()
            files.buffer.append(OriginCode.source)
            OriginCode.append(UInt64(text.count), to: files.buffer)
            files.buffer.append(text)
            (self.number, self.line, isFresh) = (0, 0, false)
        }
        let (step, lines) = (number - self.number, line - self.line)
        let code = 1 + OriginCode.folded(step - 1) << 1
        if step == lines {
            OriginCode.append(code, to: files.buffer)
        } else {
            OriginCode.append(code + 1, to: files.buffer)
            OriginCode.append(OriginCode.folded(lines), to: files.buffer)
        }
        (self.number, self.line) = (number, line)
        try files.endRow(bytes: files.buffer.count - start)
    }

    func flush() throws { try files.flush() }

    func cut(file: Int, rows: Int, bytes: Int64) throws {
        try files.cut(file: file, rows: rows, bytes: bytes)
        isFresh = true
    }
}
