import Archive
import SystemIO

/// A stream of bzip2, xz or lz4, unpacked by libarchive.
final class UnpackedStream: ByteSource {
    private var source: any ByteSource
    private let name: String
    private var reader: ArchiveReader?

    init(_ source: any ByteSource, name: String) {
        self.source = source
        self.name = name
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        do {
            if let reader { return try reader.read(into: buffer) }
            // The reader lives no longer than this object.
            let new = try ArchiveReader(.stream) { [unowned self] in try source.read(into: $0) }
            reader = new
            return try new.next() == nil ? 0 : new.read(into: buffer)
        } catch let error as ArchiveError {
            throw ArchiveReader.absence == nil
                ? CompressedInputError(
                    message: "unable to read \(name): \(error)",
                    hint: "the file is damaged or incomplete: fetch or write it again")
                : CompressedInputError(
                    message: "unable to read \(name): \(error)",
                    hint:
                        "libarchive unpacks bzip2, xz and lz4: install libarchive13, or use bzip2 -dc, xz -dc or lz4 -dc"
                )
        }
    }
}
