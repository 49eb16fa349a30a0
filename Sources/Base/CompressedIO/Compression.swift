/// How bytes are compressed.
package enum Compression: Sendable {
    case none, gzip, zstd

    /// Detected by the first four bytes of a file, never by its name.
    init(magic bytes: [UInt8]) {
        if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else if bytes.count == 4, bytes[0] & 0xF0 == 0x50, bytes[1...] == [0x2A, 0x4D, 0x18] {
            // A skippable frame, which zstd's parallel tools write first.
            self = .zstd
        } else {
            self = .none
        }
    }
}
