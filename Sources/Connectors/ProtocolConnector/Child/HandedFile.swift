import JSONText
import SystemIO

/// A document for a program that reads it from a file: there while this object lives, readable only by its owner.
final class HandedFile {
    let path: String

    /// - Parameter name: what the file is, such as "state"; part of its name.
    init(_ name: String, _ document: JSONValue) throws {
        var random = FastRandom()
        let folder = Environment.get("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        path = Paths.join(folder, "dlt-\(name)-\(String(random.next(), radix: 36)).json")
        try Files.atomicWrite(path, document.serializedBytes(), mode: 0o600, isLasting: false)
    }

    deinit { try? Files.remove(path) }
}
