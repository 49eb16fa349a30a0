/// A string that is equal to another only when their UTF-8 bytes are, and ordered by those bytes.
///
/// Swift's own `==` holds "é" and "e" + U+0301 to be one string and orders by Unicode rules; keys of JSON objects,
/// names of columns and the sorted serialization behind a version hash are about bytes.
package struct ExactString: Hashable, Comparable, Sendable, ExpressibleByStringLiteral {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(stringLiteral value: String) { text = value }

    package static func == (left: ExactString, right: ExactString) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    package static func < (left: ExactString, right: ExactString) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
