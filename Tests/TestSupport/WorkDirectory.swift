import SystemIO

/// A folder of one test, removed with this object.
package final class WorkDirectory: Sendable {
    package let path: String

    package init() throws {
        let parent = Environment.get("TMPDIR") ?? "/tmp"
        var random = FastRandom()
        path = Paths.join(try Files.realPath(parent), "dlt-test-" + String(random.next(), radix: 36))
        try Files.makeDirectory(path)
    }

    deinit {
        // Kept for a look when asked for.
        if Environment.get("DLT_KEEP_TEST_FILES") == nil { try? Files.removeTree(path) }
    }

    /// The path of a name inside.
    package func path(_ name: String) -> String { Paths.join(path, name) }

    /// Writes a file, with its folders; returns its path.
    @discardableResult
    package func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    @discardableResult
    package func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = path(name)
        try Files.makeDirectory(Paths.parent(path), intermediates: true)
        let file = try Descriptor.create(path)
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try file.writeAll(bytes) }
        try file.close()
        return path
    }

    package func bytes(_ name: String) throws -> [UInt8] { try Files.readAll(path(name)) }

    package func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    /// The names in a folder inside, sorted.
    package func list(_ name: String = "") throws -> [String] { try Files.list(path(name)) }
}
