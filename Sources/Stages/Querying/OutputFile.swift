import JSONText
import ProgramSupport
import SystemIO

/// Where rows go: standard output, a file that appears when all of them are in it, or what the prompt has chosen.
struct OutputFile {
    private enum Place {
        case standardOutput
        case file(String)
        /// A pager gets rows that do not fit on the screen.
        case screen(Pager)
        /// A file that several statements write to, one after the other.
        case shared(OutputWriter)
    }

    private let place: Place

    init(_ path: String?) {
        if let path, path != "-" { place = .file(path) } else { place = .standardOutput }
    }

    init(_ pager: Pager) { place = .screen(pager) }

    init(appendingTo writer: OutputWriter) { place = .shared(writer) }

    /// Whether people see the rows at once, if standard output is a terminal.
    var isStandardOutput: Bool {
        switch place {
        case .standardOutput, .screen: true
        case .file, .shared: false
        }
    }

    func write(_ body: (OutputWriter) throws -> Void) throws {
        switch place {
        case .standardOutput: try write(to: .standardOutput, body)
        case .screen(let pager): try pager.write(body)
        case .shared(let writer):
            try body(writer)
            try writer.flush()
        case .file(let path): try write(path, body)
        }
    }

    private func write(_ path: String, _ body: (OutputWriter) throws -> Void) throws {
        if Files.isWrittenThrough(path) { return try write(to: .openForWriting(through: path), body) }
        // A link stays one: what it leads to gets the rows.
        var path = path
        if (try? Files.stat(path, followingLinks: false))?.kind == .symbolicLink {
            guard let file = try? Files.realPath(path) else { return try write(to: Descriptor.create(path), body) }
            path = file
        }
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
    private var descriptor: BufferedWriter?
    /// Decides where bytes go when the first ones are written.
    private let choose: ((UnsafeBufferPointer<UInt8>) throws(SystemError) -> BufferedWriter)?
    private static let portion = 256 << 10

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = OutputWriter.unbuffered(descriptor)
        choose = nil
    }

    /// - Parameter choose: gets the first bytes; all of them where there are few.
    init(choosing choose: @escaping (UnsafeBufferPointer<UInt8>) throws(SystemError) -> BufferedWriter) {
        self.choose = choose
    }

    /// A writer without room of its own: this type collects.
    static func unbuffered(_ descriptor: consuming Descriptor) -> BufferedWriter {
        BufferedWriter(descriptor, bufferBytes: 16)
    }

    /// To be called between rows.
    func flushIfFull() throws(SystemError) {
        if buffer.count >= OutputWriter.portion { try flush() }
    }

    func flush() throws(SystemError) {
        guard !buffer.isEmpty else { return }
        if descriptor == nil { descriptor = try choose?(buffer.bytes) }
        try descriptor?.append(buffer.bytes)
        buffer.removeAll(keeping: 1 << 20)
    }

    func append(_ text: String) throws(SystemError) {
        buffer.append(text)
        try flushIfFull()
    }

    func close(synchronizing: Bool) throws(SystemError) {
        try flush()
        try descriptor?.close(synchronizing: synchronizing)
    }

    /// Closes without writing what is left.
    func abandon() { descriptor = nil }
}
