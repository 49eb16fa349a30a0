import Synchronization
package import SystemIO

/// A temporary file without a name for the body of an answer.
package final class BodyFile: Sendable {
    private let descriptor: Descriptor
    private let length = Mutex<Int64>(0)

    package init() throws(SystemError) { descriptor = try .temporary() }

    package var count: Int64 { length.withLock { $0 } }

    /// Bytes from an offset on, fewer at the end.
    package func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        try descriptor.seek(to: offset)
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try [UInt8](unsafeUninitializedCapacity: count - bytes.count) {
                (buffer, filled) throws(SystemError) in
                filled = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    /// Returns why it failed.
    func clear() -> String? {
        do throws(SystemError) {
            try descriptor.truncate(to: 0)
            try descriptor.seek(to: 0)
            length.withLock { $0 = 0 }
            return nil
        } catch { return error.description }
    }

    func append(_ bytes: UnsafeRawBufferPointer) -> String? {
        do throws(SystemError) {
            try descriptor.writeAll(bytes)
            length.withLock { $0 += Int64(bytes.count) }
            return nil
        } catch { return error.description }
    }
}
