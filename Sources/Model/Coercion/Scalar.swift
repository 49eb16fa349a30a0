public import JSONText
public import Schemas

/// One value of a record as it stands in the text: never converted, only classified.
///
/// Public and frozen, because it is made for every value, and the compiler inlines what is `package` in its own module only.
@frozen
public struct Scalar {
    /// The type the value has by itself; nil for null.
    ///
    /// A JSON integer is `bigint` in 64 bits, `wei` in 256, else `text`; a JSON real that no double can hold is `text`.
    /// Objects and lists that are kept whole are `json`.
    public var native: DataType?
    /// Of a string the inside of its quotes; of everything else the value's JSON text.
    public var bytes: UnsafeBufferPointer<UInt8>
    /// The bytes of a string hold backslashes that stand for other characters.
    public var hasEscapes: Bool

    @inlinable @inline(__always)
    public init(_ native: DataType?, _ bytes: UnsafeBufferPointer<UInt8>, hasEscapes: Bool = false) {
        self.native = native
        self.bytes = bytes
        self.hasEscapes = hasEscapes
    }

    /// The value at a node of a scanned text.
    @inlinable @inline(__always)
    public init(_ node: TapeNode, in text: UnsafeBufferPointer<UInt8>) {
        let start = Int(node.start)
        bytes = UnsafeBufferPointer(start: text.baseAddress.map { $0 + start }, count: Int(node.end) - start)
        hasEscapes = false
        // Most values are strings, and a branch that is foretold costs less than a table of them.
        if case .string = node.kind {
            native = .text
            hasEscapes = node.hasEscapes
            return
        }
        switch node.kind {
        case .null: native = nil
        case .true, .false: native = .bool
        case .string:
            native = .text
            hasEscapes = node.hasEscapes
        // 18 digits fit 64 bits, whatever they are.
        case .integer: native = bytes.count <= 18 ? .bigint : NumberToken.nativeType(ofInteger: bytes)
        // Without an exponent it takes more than 308 digits to leave the range of a double.
        case .real: native = bytes.count < 300 && !node.hasEscapes ? .double : NumberToken.nativeType(ofReal: bytes)
        case .array, .object: native = .json
        }
    }
}
