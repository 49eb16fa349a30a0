import Digests

/// Identifies a record at the last value: 9 bytes of digest, as dlt 1.31 keeps them. Older releases kept 15, which
/// begin with these.
struct BoundaryHash: Hashable, Sendable {
    private static let byteCount = 9

    private var high: UInt64
    private var low: UInt8

    init(of content: UnsafeBufferPointer<UInt8>) {
        self = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: BoundaryHash.byteCount) { digest in
            if let output = digest.baseAddress {
                SHAKE128.digest(UnsafeRawBufferPointer(content), count: BoundaryHash.byteCount, into: output)
            }
            return BoundaryHash(digest)
        }
    }

    /// Nil when the text is not such a hash.
    init?(_ text: String) {
        guard let bytes = Base64.decode(text), bytes.count >= BoundaryHash.byteCount else { return nil }
        self = bytes.withUnsafeBufferPointer { BoundaryHash($0) }
    }

    private init(_ bytes: some Collection<UInt8>) {
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.dropFirst(8).first ?? 0
    }

    var text: String {
        Base64.encode((0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) } + [low], padding: false)
    }
}
