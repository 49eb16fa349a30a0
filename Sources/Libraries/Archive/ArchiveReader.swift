import CArchive

/// The entries of an archive, or the one text of a compressed stream, as they come.
/// <https://github.com/libarchive/libarchive/wiki/LibarchiveIO>
package final class ArchiveReader {
    package enum Kind: Sendable {
        /// A stream of bzip2, xz or lz4; it has one entry without a name.
        case stream
        /// zip or tar.
        case archive
    }

    package struct Entry: Sendable, Equatable {
        package let name: String
        /// Not a folder, a link or a device.
        package let isFile: Bool
        /// To another entry, or to any path.
        package let isLink: Bool
        package let isEncrypted: Bool
    }

    /// The bytes of the archive; throws what `next` and `read` then throw.
    package typealias Pull = (UnsafeMutableRawBufferPointer) throws -> Int

    private let handle: OpaquePointer
    private let pull: Pull
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private var failure: (any Error)?

    /// Why the library cannot be used on this machine; nil when it can.
    package static var absence: String? { carchive_load().map { String(cString: $0) } }

    package init(_ kind: Kind, pull: @escaping Pull) throws {
        if let absence = Self.absence { throw ArchiveError(absence) }
        guard let handle = kind == .stream ? carchive_new_stream() : carchive_new_archive() else {
            throw ArchiveError("no memory")
        }
        self.handle = handle
        self.pull = pull
        let context = Unmanaged.passUnretained(self).toOpaque()
        let code = carchive_open(
            handle, context,
            { _, context, bytes in
                guard let context, let bytes else { return -1 }
                let reader = Unmanaged<ArchiveReader>.fromOpaque(context).takeUnretainedValue()
                return reader.fill(bytes)
            }, nil)
        try check(code)
    }

    deinit {
        carchive_free(handle)
        buffer.deallocate()
    }

    private func fill(_ bytes: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        do {
            let count = try pull(buffer)
            bytes.pointee = UnsafeRawPointer(buffer.baseAddress)
            return count
        } catch {
            failure = error
            return -1
        }
    }

    private func check(_ code: Int32) throws {
        if let failure { throw failure }
        if code == CARCHIVE_OK || code == CARCHIVE_WARN || code == CARCHIVE_EOF { return }
        throw reason
    }

    private var reason: any Error {
        failure ?? ArchiveError(carchive_failure(handle).map { String(cString: $0) } ?? "it is damaged")
    }

    /// The next entry, whose bytes `read` gives; nil at the end.
    package func next() throws -> Entry? {
        var entry: OpaquePointer?
        let code = carchive_next(handle, &entry)
        try check(code)
        guard code != CARCHIVE_EOF, let entry else { return nil }
        // Without a name, nothing shows whether it is wanted.
        guard let name = carchive_entry_name(entry) else { throw ArchiveError("the name of a file in it is not UTF-8") }
        let type = carchive_entry_type(entry)
        return Entry(
            name: String(cString: name), isFile: type == UInt32(CARCHIVE_REGULAR),
            isLink: [UInt32(CARCHIVE_SYMBOLIC_LINK), UInt32(CARCHIVE_HARD_LINK)].contains(type),
            isEncrypted: carchive_entry_is_encrypted(entry) != 0)
    }

    /// Bytes of the current entry; 0 at its end.
    package func read(into output: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = carchive_read(handle, output.baseAddress, output.count)
        if count < 0 { throw reason }
        return count
    }

    /// The bytes of the archive that were read so far.
    package var consumed: Int64 { carchive_consumed(handle) }
}
