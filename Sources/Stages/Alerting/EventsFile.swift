import Digests
import Encodings
import JSONText
import SystemIO

/// A file to which runs append their events, and how much of it was told before.
struct EventsFile {
    private let path: String
    private let memory: String
    private let status: FileStatus
    /// Where the events begin that nobody was told of.
    let start: Int64

    /// nil for what is no regular file: what comes through a pipe is told as it comes.
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
            // Another file of that name, or a shorter one, begins anew.
            start = 0
            return
        }
        start = Int64(told)
    }

    /// - Parameter end: of the last event that was told.
    func remember(_ end: Int64) throws {
        try Files.makeDirectory(Paths.parent(memory), mode: 0o700, intermediates: true)
        let document: JSONValue = [
            "path": .string(path), "inode": .string(String(status.inode)), "told": .integer(Int(end)),
        ]
        try Files.atomicWrite(memory, document.serializedBytes())
    }
}
