import JSONText
import ProgramSupport
import SystemIO

/// Where rows go: standard output, or a file that appears when all of them are in it.
struct OutputFile {
    private let path: String?

    init(_ path: String?) { self.path = path == "-" ? nil : path }

    func write(_ body: (OutputWriter) throws -> Void) throws {
        guard let path else { return try write(to: .standardOutput, body) }
        // A device or a named pipe is written to; another file in its place would be none.
        if (try? Files.stat(path))?.kind == .other { return try write(to: Descriptor.create(path), body) }
        let temporary = Files.replacementName(of: path)
        let file: Descriptor
        do throws(SystemError) { file = try Descriptor.create(temporary, mode: 0o666, exclusive: true) } catch {
            throw SystemError(code: error.code, operation: "create", object: path)
        }
        let writer = OutputWriter(file)
        do {
            try body(writer)
            try writer.close(synchronizing: true)
            try Files.rename(temporary, to: path)
        } catch {
            try? Files.remove(temporary)
            throw error
        }
    }

    private func write(to descriptor: consuming Descriptor, _ body: (OutputWriter) throws -> Void) throws {
        let writer = OutputWriter(descriptor)
        try body(writer)
        try writer.close(synchronizing: false)
    }
}

/// Bytes that are put together, and written in large pieces.
final class OutputWriter {
    let buffer = ByteBuffer(capacity: 320 << 10)
    private let descriptor: BufferedWriter
    private static let portion = 256 << 10

    init(_ descriptor: consuming Descriptor) { self.descriptor = BufferedWriter(descriptor, bufferBytes: 16) }

    /// To be called between rows.
    func flushIfFull() throws(SystemError) {
        if buffer.count >= OutputWriter.portion { try flush() }
    }

    func flush() throws(SystemError) {
        guard !buffer.isEmpty else { return }
        try descriptor.append(buffer.bytes)
        buffer.removeAll(keeping: 1 << 20)
    }

    func append(_ text: String) throws(SystemError) {
        buffer.append(text)
        try flushIfFull()
    }

    func close(synchronizing: Bool) throws(SystemError) {
        try flush()
        try descriptor.close(synchronizing: synchronizing)
    }
}
