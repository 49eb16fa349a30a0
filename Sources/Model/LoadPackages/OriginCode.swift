import JSONText

/// The code of origins files: where each row of a root table comes from, in one or two bytes a row.
///
/// A row is a number, and the line on which its record began, counted in a source: a file, an output, a page. Usually
/// both are one more than those of the row before. The man page dlt-package(5) describes the bytes.
enum OriginCode {
    /// Precedes the source of the rows after it.
    static let source: UInt8 = 0
    /// A longer description of a source is not one of ours.
    static let longestSource = 1 << 20

    static func append(_ value: UInt64, to buffer: ByteBuffer) {
        var rest = value
        while rest >= 0x80 {
            buffer.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        buffer.append(UInt8(rest))
    }

    /// Small for small steps forward and back: 0, -1, 1, -2 become 0, 1, 2, 3.
    static func folded(_ step: Int) -> UInt64 { UInt64(bitPattern: Int64((step << 1) ^ (step >> 63))) }

    static func unfolded(_ value: UInt64) -> Int {
        Int(truncatingIfNeeded: value >> 1) ^ -Int(truncatingIfNeeded: value & 1)
    }
}
