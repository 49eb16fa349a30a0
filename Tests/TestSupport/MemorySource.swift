import SystemIO

/// Bytes in memory as a source.
package struct MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0
    private let portion: Int

    /// - Parameter portion: at most so many bytes a read, so that tests can cut input anywhere.
    package init(_ bytes: [UInt8], portion: Int = .max) {
        self.bytes = bytes
        self.portion = portion
    }

    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(portion, buffer.count, bytes.count - position)
        bytes[position..<position + count].withUnsafeBytes { buffer.copyMemory(from: $0) }
        position += count
        return count
    }
}
