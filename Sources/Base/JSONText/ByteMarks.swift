/// Searches for bytes, eight at a time.
///
/// A mark is the high bit of a byte that was found. The lowest mark is exact; a borrow may cause those above it.
public enum ByteMarks {
    @inlinable @inline(__always)
    public static func word(_ base: UnsafePointer<UInt8>, at offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
    }

    @inlinable @inline(__always)
    public static func equal(to byte: UInt8, in word: UInt64) -> UInt64 {
        let difference = word ^ (ones &* UInt64(byte))
        return (difference &- ones) & ~difference & highs
    }

    /// Bytes below a limit of at most 128.
    @inlinable @inline(__always)
    public static func below(_ limit: UInt8, in word: UInt64) -> UInt64 {
        (word &- ones &* UInt64(limit)) & ~word & highs
    }

    /// The number of bytes before the lowest mark.
    @inlinable @inline(__always)
    public static func count(before marks: UInt64) -> Int { marks.trailingZeroBitCount / 8 }

    @inlinable
    public static var size: Int { 8 }
    @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inlinable static var highs: UInt64 { 0x8080_8080_8080_8080 }
}
