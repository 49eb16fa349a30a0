/// Copies a few bytes without the call of a library function, which costs more than copying them.
@inline(__always)
func copy(_ count: Int, from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
    if count > 64 { return target.update(from: source, count: count) }
    let from = UnsafeRawPointer(source)
    let to = UnsafeMutableRawPointer(target)
    // Two copies that may overlap cover everything from the first byte to the last.
    if count > 32 {
        move(SIMD32<UInt8>.self, from, to, 0)
        move(SIMD32<UInt8>.self, from, to, count - 32)
    } else if count > 16 {
        move(SIMD16<UInt8>.self, from, to, 0)
        move(SIMD16<UInt8>.self, from, to, count - 16)
    } else if count >= 8 {
        move(UInt64.self, from, to, 0)
        move(UInt64.self, from, to, count - 8)
    } else if count >= 4 {
        move(UInt32.self, from, to, 0)
        move(UInt32.self, from, to, count - 4)
    } else if count > 0 {
        target[0] = source[0]
        target[count >> 1] = source[count >> 1]
        target[count - 1] = source[count - 1]
    }
}

@inline(__always)
private func move<Word: BitwiseCopyable>(
    _ type: Word.Type, _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ offset: Int
) {
    to.storeBytes(of: (from + offset).loadUnaligned(as: type), toByteOffset: offset, as: type)
}

/// Whether two ranges of memory of the same length are equal.
@inline(__always)
func isEqual(_ count: Int, _ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>) -> Bool {
    let left = UnsafeRawPointer(left)
    let right = UnsafeRawPointer(right)
    @inline(__always) func differ<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type, _ offset: Int) -> Bool {
        (left + offset).loadUnaligned(as: type) != (right + offset).loadUnaligned(as: type)
    }
    if count >= 8 {
        var offset = 0
        while offset + 8 <= count {
            if differ(UInt64.self, offset) { return false }
            offset += 8
        }
        return !differ(UInt64.self, count - 8)
    }
    if count >= 4 { return !differ(UInt32.self, 0) && !differ(UInt32.self, count - 4) }
    if count == 0 { return true }
    return !differ(UInt8.self, 0) && !differ(UInt8.self, count >> 1) && !differ(UInt8.self, count - 1)
}
