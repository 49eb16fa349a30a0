import CZlib

/// Reads gzip or zlib data; gzip members may follow one another, as in `cat a.gz b.gz`. <https://zlib.net/manual.html>
package final class Inflater {
    package enum Format: Sendable { case gzip, zlib }

    private let stream: UnsafeMutablePointer<z_stream>
    private let format: Format
    private var state = State.atStart

    private enum State { case atStart, insideMember, betweenMembers }

    package init(_ format: Format = .gzip) throws(ZlibError) {
        self.format = format
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The library's encoding: a window of 15 bits, plus 16 for gzip's format.
        let result = dlt_inflate_init(stream, format == .gzip ? 15 + 16 : 15)
        if result != Z_OK { throw ZlibError(code: result, message: stream.pointee.msg) }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Reads what it can and writes what fits. `frameEnded` reports the end of a member.
    package func decompress(
        input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer
    ) throws(ZlibError) -> (consumed: Int, produced: Int, frameEnded: Bool) {
        if state == .betweenMembers {
            // Tapes and some tools pad with zeros; gzip itself ignores them too.
            let zeros = input.prefix { $0 == 0 }.count
            if zeros > 0 || input.isEmpty { return (zeros, 0, false) }
            if format == .zlib { throw ZlibError(kind: .corrupt, message: "there is data after the compressed data") }
            inflateReset(stream)
        }
        if input.isEmpty && state == .atStart { return (0, 0, false) }
        // The library counts in 32 bits.
        let offered = min(input.count, 1 << 30)
        let room = min(output.count, 1 << 30)
        stream.pointee.next_in = UnsafeMutableRawPointer(mutating: input.baseAddress)?.assumingMemoryBound(
            to: UInt8.self)
        stream.pointee.avail_in = UInt32(offered)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        let result = inflate(stream, Z_NO_FLUSH)
        let consumed = offered - Int(stream.pointee.avail_in)
        let produced = room - Int(stream.pointee.avail_out)
        switch result {
        case Z_STREAM_END: state = .betweenMembers
        // A buffer error only means that there was nothing to do.
        case Z_OK, Z_BUF_ERROR: state = .insideMember
        default: throw ZlibError(code: result, message: stream.pointee.msg)
        }
        return (consumed, produced, result == Z_STREAM_END)
    }

    /// Must be called at the end of the input: throws if it is incomplete. Empty input is complete gzip.
    package func finish() throws(ZlibError) {
        if state == .insideMember || (state == .atStart && format == .zlib) { throw .truncated }
    }
}
