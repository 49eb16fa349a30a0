/// The source of a reader's bytes: a descriptor, or a decompressor in front of one.
///
/// The reader pulls. A read returns the number of bytes that it put at the start of the buffer, and never 0 before the
/// end (except for an empty buffer). Every read after the end returns 0 again. Input that ends too early is an error of
/// the source.
package protocol ByteSource {
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

    /// False when a read would have to wait for another program.
    var isReady: Bool { get }
}

extension ByteSource {
    package var isReady: Bool { true }
}

/// A source that can skip bytes without reading them.
package protocol SeekableSource: ByteSource {
    /// False when the source cannot skip; it is unchanged then.
    func advance(by count: Int64) throws -> Bool
}

/// A descriptor as a source; the source owns the descriptor.
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
