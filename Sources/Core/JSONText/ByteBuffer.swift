/// Bytes that are being put together: a growing piece of memory without the checks of an array on every byte.
package final class ByteBuffer {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline package internal(set) var count = 0
    @usableFromInline package internal(set) var capacity: Int

    package init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    package var isEmpty: Bool { count == 0 }

    /// Valid until the next change.
    @inlinable
    package var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

    package func bytes(from start: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + start, count: count - start)
    }

    /// Makes room for `extra` more bytes.
    @inlinable @inline(__always)
    package func reserve(_ extra: Int) { if count + extra > capacity { grow(count + extra) } }

    @inline(never)
    @usableFromInline func grow(_ needed: Int) {
        capacity = max(needed, capacity * 2)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    @inlinable @inline(__always)
    package func append(_ byte: UInt8) {
        reserve(1)
        base[count] = byte
        count += 1
    }

    @inlinable @inline(__always)
    package func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).update(from: source, count: bytes.count)
        count += bytes.count
    }

    @inlinable @inline(__always)
    package func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    package func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    /// Lets `body` write up to `maximum` bytes at the end; it returns how many it wrote.
    @inlinable @inline(__always)
    package func append(atMost maximum: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        reserve(maximum)
        count += body(base + count)
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

    /// Forgets the bytes from `length` on.
    @inlinable @inline(__always)
    package func truncate(to length: Int) { count = min(count, length) }

    /// Forgets everything; memory beyond `limit` is given back.
    package func removeAll(keeping limit: Int = .max) {
        count = 0
        guard capacity > limit else { return }
        base.deallocate()
        capacity = max(limit, 64)
        base = .allocate(capacity: capacity)
    }
}
