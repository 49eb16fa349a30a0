import Digests
import Encodings
import JSONText
import SystemIO

/// A file to which runs append their events, with the number of bytes reported before.
struct EventsFile {
    private let path: String
    private let memory: String
    private let status: FileStatus
    /// The offset of the first event that was not reported.
    let start: Int64

    /// nil unless it is a regular file: events from a pipe are reported as they arrive.
    init?(_ name: String, dataDirectory: String, all: Bool) throws {
        let status = try Files.stat(name)
        guard status.kind == .regular else { return nil }
        self.status = status
        path = try Files.realPath(name)
        let digest = Hexadecimal.text(SHA3.digest256(path).prefix(16))
        memory = Paths.join(dataDirectory, "alerted", "\(digest).json")
        guard !all, let bytes = try? Files.readAll(memory), let known = try? JSONValue(parsing: bytes),
            known["inode"]?.stringValue == String(status.inode), let told = known["told"]?.intValue,
            told <= status.size
        else {
            // Another file of that name, or a shorter one, is read from its start.
            start = 0
            return
        }
        start = Int64(told)
    }

    /// - Parameter end: the end of the last reported event.
    func remember(_ end: Int64) throws {
        try Files.makeDirectory(Paths.parent(memory), mode: 0o700, intermediates: true)
        let document: JSONValue = [
            "path": .string(path), "inode": .string(String(status.inode)), "told": .integer(Int(end)),
        ]
        try Files.atomicWrite(memory, document.serializedBytes())
    }
}
