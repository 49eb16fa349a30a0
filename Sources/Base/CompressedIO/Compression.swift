/// How bytes are compressed.
package enum Compression: Sendable {
    case none, gzip, zstd, bzip2, xz, lz4

    /// Detected by the first bytes of a file, never by its name: four, and ten where a text could begin with the same four.
    init(magic bytes: [UInt8]) {
        if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else if Compression.mayBeBzip2(bytes) {
            // The beginning of a block, or of the end: digits of π, or of its root.
            let isBlock = bytes.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
            let isEnd = bytes.dropFirst(4).starts(with: [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
            self = isBlock || isEnd ? .bzip2 : .none
        } else if bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58]) {
            self = .xz
        } else if bytes.starts(with: [0x04, 0x22, 0x4D, 0x18]) {
            self = .lz4
        } else if bytes.count == 4, bytes[0] & 0xF0 == 0x50, bytes[1...] == [0x2A, 0x4D, 0x18] {
            // A skippable frame, which zstd's parallel tools write first.
            self = .zstd
        } else {
            self = .none
        }
    }

    static func mayBeBzip2(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: "BZh".utf8) && bytes.count > 3 && (0x31...0x39).contains(bytes[3])
    }
}
