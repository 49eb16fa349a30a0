package import SystemIO
import Zlib
import Zstd

/// An open file or standard input, decompressed.
package enum CompressedInput {
    static let blockBytes = 1 << 20

    /// - Parameter compression: the known compression; without it the first bytes decide.
    package static func open(_ file: consuming Descriptor, as compression: Compression? = nil) throws -> any ByteSource
    {
        file.enlargePipe(to: blockBytes)
        let name = file.name
        return try open(FileInput(file), name: name, as: compression)
    }

    /// - Parameter name: of the source, in messages.
    package static func open(
        _ source: any ByteSource, name: String, as compression: Compression? = nil
    ) throws -> any ByteSource {
        var source = source
        var magic: [UInt8] = []
        while compression == nil && magic.count < (Compression.mayBeBzip2(magic) ? 10 : 4) {
            let wanted = (magic.count < 4 ? 4 : 10) - magic.count
            let more = try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                count = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if more.isEmpty { break }
            magic += more
        }
        let plain = PlainSource(source, peeked: magic)
        switch compression ?? Compression(magic: magic) {
        case .none: return plain
        case .gzip: return try gzip(plain, name)
        case .zstd: return try zstd(plain, name)
        case .bzip2, .xz, .lz4: return UnpackedStream(plain, name: name)
        }
    }

    private static func gzip(_ packed: PlainSource, _ name: String) throws -> DecodedSource {
        let inflater = try Inflater(.gzip)
        return DecodedSource(packed) { input, output in
            do throws(ZlibError) {
                let step = try inflater.decompress(input: input, output: output)
                return (step.consumed, step.produced)
            } catch { throw damaged(name, error.message, truncated: error.kind == .truncated) }
        } finish: {
            do throws(ZlibError) { try inflater.finish() } catch {
                throw damaged(name, error.message, truncated: error.kind == .truncated)
            }
        }
    }

    /// A frame takes the memory that its header asks for, as far as it is used, and no more than the machine has.
    private static func zstd(_ packed: PlainSource, _ name: String) throws -> DecodedSource {
        let decompressor = try Decompressor(windowLimit: ProcessLimits.memory)
        return DecodedSource(packed) { input, output in
            do throws(ZstdError) {
                let step = try decompressor.decompress(input: input, output: output)
                return (step.consumed, step.produced)
            } catch { throw failure(error, name) }
        } finish: {
            do throws(ZstdError) { try decompressor.finish() } catch { throw failure(error, name) }
        }
    }

    private static func failure(_ error: ZstdError, _ name: String) -> CompressedInputError {
        guard error.kind == .windowTooLarge else {
            return damaged(name, error.message, truncated: error.kind == .truncated)
        }
        return CompressedInputError(
            message: "unable to read \(name): it was compressed with a window that needs more memory than there is",
            hint: "zstd itself may read it: `zstd -dc --long=31 \(name) | dlt-extract files - --resource NAME`")
    }

    private static func damaged(_ name: String, _ reason: String, truncated: Bool) -> CompressedInputError {
        CompressedInputError(
            message: "unable to read \(name): \(reason)",
            hint: truncated
                ? "the file is incomplete: fetch or write it again"
                : "check it with `gzip -t` or `zstd -t`, and fetch or write it again")
    }
}

/// A descriptor that skips where it is a file; it was opened at its beginning.
private final class FileInput: SeekableSource {
    private let file: Descriptor
    private var position: Int64 = 0

    init(_ file: consuming Descriptor) { self.file = file }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try file.read(into: buffer)
        position += Int64(count)
        return count
    }

    var isReady: Bool { file.isReadable }

    func advance(by count: Int64) throws -> Bool {
        guard file.isRegularFile else { return false }
        try file.seek(to: position + count)
        position += count
        return true
    }
}

/// A source whose first bytes have been read.
private final class PlainSource: SeekableSource {
    private var source: any ByteSource
    private var peeked: [UInt8]

    init(_ source: any ByteSource, peeked: [UInt8]) {
        self.source = source
        self.peeked = peeked
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if peeked.isEmpty || buffer.isEmpty { return try source.read(into: buffer) }
        let count = min(peeked.count, buffer.count)
        buffer.copyBytes(from: peeked[..<count])
        peeked.removeFirst(count)
        return count
    }

    var isReady: Bool { !peeked.isEmpty || source.isReady }

    func advance(by count: Int64) throws -> Bool {
        guard peeked.isEmpty, let seekable = source as? any SeekableSource else { return false }
        return try seekable.advance(by: count)
    }
}
