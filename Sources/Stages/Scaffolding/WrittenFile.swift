import SystemIO

/// A file that a person named for a result.
enum WrittenFile {
    /// Whether there is something that writing would replace: devices and pipes are only written to.
    static func isTaken(_ path: String) -> Bool {
        guard path != "-", let status = try? Files.stat(path) else { return false }
        return status.kind != .other
    }

    /// Writes a file as a whole; `-` is standard output.
    static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws(SystemError) {
        if path == "-" { return try Descriptor.standardOutput.writeAll(text) }
        let status = try? Files.stat(path)
        if status?.kind == .other {
            let file = try Descriptor.create(path)
            try file.writeAll(text)
            return
        }
        // A link stays one, and leads to the new text.
        let target = status == nil ? path : try Files.realPath(path)
        try Files.atomicWrite(target, Array(text.utf8), mode: status.map { $0.mode & 0o777 } ?? mode)
    }
}
