/// Feeds a decompressor in portions; returns what came out.
package func decode(
    _ bytes: [UInt8], portion: Int, room: Int = 7,
    with step: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws -> (Int, Int, Bool)
) throws -> (output: [UInt8], frames: Int) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
    defer { buffer.deallocate() }
    var output: [UInt8] = []
    var (start, frames) = (0, 0)
    while true {
        let end = min(start + portion, bytes.count)
        let (consumed, produced, ended) = try bytes.withUnsafeBytes {
            try step(UnsafeRawBufferPointer(rebasing: $0[start..<end]), buffer)
        }
        start += consumed
        output += buffer[0..<produced]
        frames += ended ? 1 : 0
        if consumed == 0 && produced == 0 { return (output, frames) }
    }
}
