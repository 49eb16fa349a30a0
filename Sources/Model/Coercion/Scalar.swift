public import JSONText
public import Schemas

/// One value of a record in its text: never converted, only classified.
///
/// Public and frozen, because it is created for every value, and the compiler inlines `package` members only within
/// their own module.
@frozen
public struct Scalar {
    /// The value's own type; nil for null.
    ///
    /// A JSON integer is `bigint` in 64 bits, `wei` in 256, else `text`; a JSON real that no double can hold is `text`.
    /// Objects and lists that are kept whole are `json`.
    public var native: DataType?
    /// The inside of a string's quotes; for any other value, its JSON text.
    public var bytes: UnsafeBufferPointer<UInt8>
    /// Whether the bytes of a string contain escapes.
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
        // Most values are strings, and a predicted branch costs less than a table of them.
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
        // 18 digits always fit 64 bits.
        case .integer: native = bytes.count <= 18 ? .bigint : NumberToken.nativeType(ofInteger: bytes)
        // Without an exponent, more than 308 digits are needed to exceed the range of a double.
        case .real: native = bytes.count < 300 && !node.hasEscapes ? .double : NumberToken.nativeType(ofReal: bytes)
        case .array, .object: native = .json
        }
    }
}
