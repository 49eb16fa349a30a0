import ProgramSupport
import RecordSources
import SystemIO
import Zlib
import Zstd

/// What a file's bytes are packed in, told by its first bytes and never by its name.
enum Compression {
    case none, gzip, zstd

    init(magic bytes: [UInt8]) {
        if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else if bytes.count == 4, bytes[0] & 0xF0 == 0x50, bytes[1...] == [0x2A, 0x4D, 0x18] {
            // A skippable frame, which zstd's parallel tools put in front.
            self = .zstd
        } else {
            self = .none
        }
    }
}

/// An open file or standard input, decompressed.
enum FileInput {
    static let blockBytes = 1 << 20

    static func open(_ file: consuming Descriptor) throws -> any ByteSource {
        file.enlargePipe(to: blockBytes)
        let name = file.name
        var magic: [UInt8] = []
        while magic.count < 4 {
            let more = try [UInt8](unsafeUninitializedCapacity: 4 - magic.count) { buffer, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if more.isEmpty { break }
            magic += more
        }
        let plain = PlainSource(file, peeked: magic)
        switch Compression(magic: magic) {
        case .none: return plain
        case .gzip: return UnpackingSource(plain, name: name, try GzipUnpacker())
        case .zstd: return UnpackingSource(plain, name: name, try ZstdUnpacker())
        }
    }
}

/// A descriptor whose first bytes were already looked at.
private final class PlainSource: SeekableSource {
    private let file: Descriptor
    private var peeked: [UInt8]
    /// Where reading stands, in a file that was opened at its beginning.
    private var position: Int64

    init(_ file: consuming Descriptor, peeked: [UInt8]) {
        self.file = file
        self.peeked = peeked
        position = Int64(peeked.count)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if peeked.isEmpty || buffer.isEmpty {
            let count = try file.read(into: buffer)
            position += Int64(count)
            return count
        }
        let count = min(peeked.count, buffer.count)
        buffer.copyBytes(from: peeked[..<count])
        peeked.removeFirst(count)
        return count
    }

    func advance(by count: Int64) throws -> Bool {
        guard file.isRegularFile, peeked.isEmpty else { return false }
        try file.seek(to: position + count)
        position += count
        return true
    }
}

/// One decompressor, as its library has it.
private protocol Unpacker {
    func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws
        -> (consumed: Int, produced: Int)
    func finish() throws
}

private struct GzipUnpacker: Unpacker {
    private let inflater: Inflater

    init() throws { inflater = try Inflater(.gzip) }

    func unpack(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws -> (consumed: Int, produced: Int) {
        let step = try inflater.decompress(input: input, output: output)
        return (step.consumed, step.produced)
    }

    func finish() throws { try inflater.finish() }
}

private struct ZstdUnpacker: Unpacker {
    private let decompressor: Decompressor

    init() throws { decompressor = try Decompressor() }

    func unpack(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws -> (consumed: Int, produced: Int) {
        let step = try decompressor.decompress(input: input, output: output)
        return (step.consumed, step.produced)
    }

    func finish() throws { try decompressor.finish() }
}

private final class UnpackingSource: ByteSource {
    private let packed: PlainSource
    private let name: String
    private let unpacker: any Unpacker
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    /// Bytes of `buffer` that are not yet unpacked: `start..<end`.
    private var start = 0
    private var end = 0
    private var isAtEnd = false
    /// The last call filled its output, so there may be more without more input.
    private var mayHoldMore = false

    init(_ packed: PlainSource, name: String, _ unpacker: any Unpacker) {
        self.packed = packed
        self.name = name
        self.unpacker = unpacker
    }

    deinit { buffer.deallocate() }

    func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            if start == end && !mayHoldMore && !isAtEnd {
                start = 0
                end = try packed.read(into: buffer)
                isAtEnd = end == 0
            }
            let step: (consumed: Int, produced: Int)
            do {
                step = try unpacker.unpack(UnsafeRawBufferPointer(rebasing: buffer[start..<end]), into: output)
                mayHoldMore = step.produced == output.count
                start += step.consumed
                if step.produced > 0 { return step.produced }
                if step.consumed == 0 && isAtEnd {
                    try unpacker.finish()
                    return 0
                }
            } catch let error as ZlibError {
                throw damaged(error.message, truncated: error.kind == .truncated)
            } catch let error as ZstdError {
                throw damaged(error.message, truncated: error.kind == .truncated)
            }
        }
    }

    private func damaged(_ reason: String, truncated: Bool) -> ProgramError {
        ProgramError(
            .data, "unable to read \(name): \(reason)",
            hint: truncated
                ? "the file is incomplete: fetch or write it again"
                : "check it with `gzip -t` or `zstd -t`, and fetch or write it again")
    }
}
