import SystemIO

/// A source whose first bytes are looked at before it is read.
final class BeginningSource: SeekableSource {
    private var source: any ByteSource
    let beginning: [UInt8]
    private var position = 0

    init(_ source: any ByteSource, count: Int) throws {
        var source = source
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try [UInt8](unsafeUninitializedCapacity: count - bytes.count) { buffer, filled in
                filled = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if more.isEmpty { break }
            bytes += more
        }
        beginning = bytes
        self.source = source
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if position == beginning.count || buffer.isEmpty { return try source.read(into: buffer) }
        let count = min(beginning.count - position, buffer.count)
        buffer.copyBytes(from: beginning[position..<(position + count)])
        position += count
        return count
    }

    var isReady: Bool { position < beginning.count || source.isReady }

    func advance(by count: Int64) throws -> Bool {
        guard position == beginning.count, let seekable = source as? any SeekableSource else { return false }
        return try seekable.advance(by: count)
    }
}
