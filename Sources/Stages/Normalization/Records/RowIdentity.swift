import Coercion
import Digests
import JSONText
import SystemIO

/// How the rows of a root table get their `_dlt_id`.
enum RootIdentity: Equatable {
    case random
    /// Digest of the primary key's values: for merge strategies that find rows again by id.
    case keyHash
    /// Digest of the whole item: for scd2, where another content is another row.
    case rowHash
}

/// Makes row ids: 10 bytes, 14 characters of unpadded Base64.
struct RowIDs {
    static let characters = 14
    private static let bytes = 10

    private var random = FastRandom()
    private let input = ByteBuffer()

    mutating func random(into output: ByteBuffer) {
        var bytes = (random.next(), random.next())
        withUnsafeBytes(of: &bytes) { RowIDs.encode(UnsafeRawBufferPointer(rebasing: $0[..<RowIDs.bytes]), output) }
    }

    /// Digest of `{parent id}_{table}_{index}`.
    func child(of parent: UnsafeBufferPointer<UInt8>, table: String, index: Int, into output: ByteBuffer) {
        input.removeAll()
        input.append(parent)
        input.append(UInt8(ascii: "_"))
        input.append(table)
        input.append(UInt8(ascii: "_"))
        input.append(number: index)
        digest(input.bytes, into: output)
    }

    func digest(_ bytes: UnsafeBufferPointer<UInt8>, into output: ByteBuffer) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: RowIDs.bytes) { digest in
            guard let start = digest.baseAddress else { return }
            SHAKE128.digest(UnsafeRawBufferPointer(bytes), count: RowIDs.bytes, into: start)
            RowIDs.encode(UnsafeRawBufferPointer(digest), output)
        }
    }

    private static func encode(_ bytes: UnsafeRawBufferPointer, _ output: ByteBuffer) {
        output.append(atMost: 16) { Base64.encode(bytes, padding: false, into: $0) }
    }
}

/// Memory for ids that live as long as the record being normalized. It never moves while it fills.
struct IDArena {
    private static let chunkBytes = 64 << 10
    private var chunks: [UnsafeMutablePointer<UInt8>] = [.allocate(capacity: IDArena.chunkBytes)]
    private var chunk = 0
    private var used = 0

    mutating func removeAll() {
        chunk = 0
        used = 0
    }

    mutating func store(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        if bytes.count > IDArena.chunkBytes - used {
            // Ids are short, except for one that a record supplies: then the rest of a chunk may be too small for it.
            guard bytes.count <= IDArena.chunkBytes else { return storeLarge(bytes) }
            chunk += 1
            used = 0
            if chunk == chunks.count { chunks.append(.allocate(capacity: IDArena.chunkBytes)) }
        }
        let place = chunks[chunk] + used
        if let source = bytes.baseAddress { place.update(from: source, count: bytes.count) }
        used += bytes.count
        return UnsafeBufferPointer(start: place, count: bytes.count)
    }

    private mutating func storeLarge(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let place = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
        if let source = bytes.baseAddress { place.update(from: source, count: bytes.count) }
        chunks.insert(place, at: 0)
        chunk += 1
        return UnsafeBufferPointer(start: place, count: bytes.count)
    }

    func release() { for chunk in chunks { chunk.deallocate() } }
}
