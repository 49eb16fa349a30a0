/// Bytes under construction: a growing block of memory without an array's checks on every byte.
///
/// Public, with small members inlinable, because the compiler inlines `package` members only within their own module,
/// and these are called for every value.
public final class ByteBuffer {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var filled = 0
    @usableFromInline var capacity: Int

    public init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    @inlinable
    public var count: Int { filled }

    @inlinable
    public var isEmpty: Bool { filled == 0 }

    /// Memory held, in bytes.
    package var footprint: Int { capacity }

    /// Valid until the next change.
    @inlinable
    public var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: filled) }

    package func bytes(from start: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + start, count: filled - start)
    }

    /// Makes room for `extra` more bytes.
    @inlinable @inline(__always)
    public func reserve(_ extra: Int) { if filled + extra > capacity { grow(filled + extra) } }

    /// The address of the next byte. For use with `advance`, after enough room was reserved.
    @inlinable
    public var end: UnsafeMutablePointer<UInt8> { base + filled }

    @inlinable @inline(__always)
    public func set(_ byte: UInt8, at index: Int) { base[index] = byte }

    /// Counts bytes that were written at `end`, within the reserved room.
    @inlinable @inline(__always)
    public func advance(by count: Int) { filled += count }

    @inline(never)
    @usableFromInline func grow(_ needed: Int) {
        capacity = max(needed, capacity * 2)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: filled)
        base.deallocate()
        base = larger
    }

    @inlinable @inline(__always)
    public func append(_ byte: UInt8) {
        reserve(1)
        base[filled] = byte
        filled += 1
    }

    @inlinable @inline(__always)
    public func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + filled).update(from: source, count: bytes.count)
        filled += bytes.count
    }

    package func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    package func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    /// Lets `body` write up to `maximum` bytes at the end; `body` returns the number of bytes it wrote.
    @inlinable @inline(__always)
    public func append(atMost maximum: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        reserve(maximum)
        filled += body(base + filled)
    }

    package func append(number: Int) {
        append(atMost: 20) { output in
            var magnitude = number.magnitude
            var digits = 0
            repeat {
                output[digits] = UInt8(0x30 + magnitude % 10)
                magnitude /= 10
                digits += 1
            } while magnitude > 0
            if number < 0 {
                output[digits] = UInt8(ascii: "-")
                digits += 1
            }
            for index in 0..<digits / 2 {
                (output[index], output[digits - 1 - index]) = (output[digits - 1 - index], output[index])
            }
            return digits
        }
    }

    /// Removes the bytes from `length` on.
    @inlinable @inline(__always)
    public func truncate(to length: Int) { if length < filled { filled = length } }

    /// Removes all bytes.
    @inlinable @inline(__always)
    public func removeAll() { filled = 0 }

    /// Removes all bytes; memory beyond `limit` is freed.
    package func removeAll(keeping limit: Int) {
        filled = 0
        guard capacity > limit else { return }
        base.deallocate()
        capacity = max(limit, 64)
        base = .allocate(capacity: capacity)
    }
}
