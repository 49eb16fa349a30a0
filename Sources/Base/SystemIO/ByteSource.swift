/// Where a reader's bytes come from: a descriptor, or a decompressor in front of one.
///
/// Pulled by the reader. Returns how many bytes it put at the start of the buffer, never 0 before the end (for an
/// empty buffer it may). Every read after the end returns 0 again. What ends too early is an error of the source.
package protocol ByteSource {
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

    /// False when a read would have to wait for someone.
    var isReady: Bool { get }
}

extension ByteSource {
    package var isReady: Bool { true }
}

/// A source that can leave out bytes without reading them.
package protocol SeekableSource: ByteSource {
    /// False when it cannot; nothing has changed then.
    func advance(by count: Int64) throws -> Bool
}

/// A descriptor as a source; owns it.
package final class DescriptorSource: ByteSource {
    private let descriptor: Descriptor

    package init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try descriptor.read(into: buffer)
    }

    package var isReady: Bool { descriptor.isReadable }
}
