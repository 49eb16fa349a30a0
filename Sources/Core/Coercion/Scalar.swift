package import JSONText
package import Schemas

/// One value of a record as it stands in the text: never converted, only classified.
package struct Scalar {
    /// The type the value has by itself; nil for null.
    ///
    /// A JSON integer is `bigint` in 64 bits, `wei` in 256, else `text`; a JSON real that no double can hold is `text`.
    /// Objects and lists that are kept whole are `json`.
    package var native: DataType?
    /// Of a string the inside of its quotes; of everything else the value's JSON text.
    package var bytes: UnsafeBufferPointer<UInt8>
    /// The bytes of a string hold backslashes that stand for other characters.
    package var hasEscapes: Bool

    package init(_ native: DataType?, _ bytes: UnsafeBufferPointer<UInt8>, hasEscapes: Bool = false) {
        self.native = native
        self.bytes = bytes
        self.hasEscapes = hasEscapes
    }

    /// The value at a node of a scanned text.
    @inline(__always)
    package init(_ node: TapeNode, in text: UnsafeBufferPointer<UInt8>) {
        bytes = UnsafeBufferPointer(rebasing: text[Int(node.start)..<Int(node.end)])
        hasEscapes = node.hasEscapes
        switch node.kind {
        case .null: native = nil
        case .true, .false: native = .bool
        case .string: native = .text
        case .integer: native = NumberToken.nativeType(ofInteger: bytes)
        case .real: native = NumberToken.nativeType(ofReal: bytes)
        case .array, .object: native = .json
        }
    }
}
