/// A value of a row, ready for a database, in 16 bytes: for text, its position.
// Public, as are its containers, because it is used for every value: the compiler does not inline `package` members.
@frozen
public struct Cell {
    @frozen
    public enum Kind: UInt8, Sendable { case integer, real, text, bytes }

    /// An integer, a double's bits, or the offset of text or bytes in the batch's text.
    public let bits: UInt64
    /// Bytes of text.
    public let count: UInt32
    public let column: UInt16
    public let kind: Kind

    @inline(__always)
    init(_ kind: Kind, _ bits: UInt64, count: UInt32 = 0, column: Int) {
        self.bits = bits
        self.count = count
        self.column = UInt16(truncatingIfNeeded: column)
        self.kind = kind
    }
}
