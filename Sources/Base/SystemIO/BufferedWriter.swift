import Glibc

/// Collects small writes and makes large ones of them.
///
/// Appended bytes are not written before `flush` or `close`; `deinit` does not flush, because it could not report a
/// failure. A reader that has closed its end causes a `SystemError` with code `EPIPE`.
package final class BufferedWriter {
    private var descriptor: Descriptor?
    private let name: String
    @usableFromInline let buffer: UnsafeMutableRawBufferPointer
    /// Bytes in the buffer that are not yet written.
    // Unchecked, because the check costs more than appending a byte, and no method exposes the property to another.
    @exclusivity(unchecked)
    @usableFromInline var pending = 0

    package init(_ descriptor: consuming Descriptor, bufferBytes: Int = 256 << 10) {
        self.name = descriptor.name
        self.descriptor = consume descriptor
        self.buffer = .allocate(byteCount: max(bufferBytes, 16), alignment: 64)
    }

    deinit { buffer.deallocate() }

    @inlinable @inline(__always)
    package func append(_ byte: UInt8) throws(SystemError) {
        if pending == buffer.count { try flush() }
        buffer[pending] = byte
        pending += 1
    }

    package func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        if bytes.count > buffer.count - pending {
            try flush()
            if bytes.count >= buffer.count {
                try write(bytes)
                return
            }
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer[pending...]).copyMemory(from: bytes)
        pending += bytes.count
    }

    package func append(_ bytes: UnsafeBufferPointer<UInt8>) throws(SystemError) {
        try append(UnsafeRawBufferPointer(bytes))
    }

    package func append(_ bytes: [UInt8]) throws(SystemError) {
        try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try append(bytes) }
    }

    package func append(_ text: StaticString) throws(SystemError) {
        precondition(text.hasPointerRepresentation, "a single scalar has no bytes to point at")
        try append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package func append(_ text: String) throws(SystemError) {
        try text.utf8.span.bytes.withUnsafeBytes { (bytes) throws(SystemError) in try append(bytes) }
    }

    /// Appends the digits of a non-negative number.
    package func append(decimal number: Int) throws(SystemError) {
        var divisor = 1
        while number / divisor > 9 { divisor *= 10 }
        while divisor > 0 {
            try append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    /// Writes the pending bytes.
    @usableFromInline
    package func flush() throws(SystemError) {
        guard pending > 0 else { return }
        let count = pending
        // Reset first: after a failure the bytes are lost either way, and must not be written twice.
        pending = 0
        try write(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
    }

    /// Flushes, synchronizes the bytes to the disk if asked, and closes the descriptor.
    package func close(synchronizing: Bool = false) throws(SystemError) {
        try flush()
        guard let descriptor = descriptor.take() else { return }
        if synchronizing { try descriptor.synchronize() }
        try descriptor.close()
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        guard descriptor != nil else { throw SystemError(code: EBADF, operation: "write", object: name) }
        try descriptor?.writeAll(bytes)
    }
}
