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
            // Ids are short, except for one from a record: then the rest of a chunk may be too small for it.
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
