import JSONText
import RunJournals
import SystemIO

/// A file in which `dlt-normalize --rejects` has set rows aside, as the journal of a run names it.
struct RejectsFile {
    let path: String
    /// The newest lines of the pipeline, newest first.
    private(set) var lines: [Line] = []
    /// Whether the file has more than was read.
    private(set) var isCut = false

    struct Line {
        let reason: String
        let place: String
        let table: String?
        let path: String?
        let time: String
        /// Not only a value of it was left out.
        let isWholeRow: Bool
        /// What was refused, as JSON; nil where it is not known.
        let value: String?
        /// The record as JSON, or the text of a line that is not JSON.
        let record: String
    }

    /// A file grows for years: its end is enough.
    private static let readBytes: Int64 = 256 << 10
    private static let mostLines = 20

    /// The file that the arguments of a program name; nil if they name none.
    static func path(of start: RunStart) -> String? {
        var name: String?
        for (index, argument) in start.arguments.enumerated() {
            if argument == "--rejects" { name = start.arguments.dropFirst(index + 1).first }
            if argument.hasPrefix("--rejects=") { name = String(argument.dropFirst("--rejects=".count)) }
        }
        guard let name, !name.hasPrefix("fd:") else { return nil }
        if Paths.isAbsolute(name) { return name }
        return start.folder.map { Paths.join($0, name) }
    }

    /// nil when it is gone, cannot be read, or is not such a file.
    init?(_ path: String, pipeline: String) {
        self.path = path
        guard let status = try? Files.stat(path), status.kind == .regular,
            let bytes = try? RejectsFile.end(of: path, status.size)
        else { return nil }
        isCut = status.size > RejectsFile.readBytes
        for line in bytes.split(separator: 0x0A).reversed() {
            guard lines.count < RejectsFile.mostLines else {
                isCut = true
                break
            }
            // Other pipelines may use the file; and whatever else the file may be, only rejects are shown.
            guard let object = try? JSONValue(parsing: Array(line)).objectValue,
                object["pipeline"]?.stringValue == pipeline, let reason = object["reason"]?.stringValue,
                let time = object["time"]?.stringValue
            else { continue }
            lines.append(
                Line(
                    reason: reason, place: object["place"]?.stringValue ?? "", table: object["table"]?.stringValue,
                    path: object["path"]?.stringValue, time: time,
                    isWholeRow: object["mode"] == "discard_row", value: object["value"]?.serialized(),
                    record: object["record"]?.serialized() ?? object["text"]?.stringValue ?? ""))
        }
        if lines.isEmpty { return nil }
    }

    private static func end(of path: String, _ size: Int64) throws -> [UInt8] {
        let file = try Descriptor.openForReading(path)
        let start = max(0, size - readBytes)
        if start > 0 { try file.seek(to: start) }
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while bytes.count < readBytes {
            let count = try file.read(into: buffer)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        // The first line is not whole.
        return start > 0 ? Array(bytes.drop { $0 != 0x0A }) : bytes
    }
}
