import CSystem

/// A string that equals another only if their UTF-8 bytes are equal, and is ordered by those bytes.
///
/// Swift's own `==` treats "é" and "e" + U+0301 as one string and orders by Unicode rules. Keys of JSON objects, names
/// of columns and the sorted serialization that version hashes cover are about bytes.
package struct ExactString: Hashable, Comparable, Sendable, ExpressibleByStringLiteral {
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(stringLiteral value: String) { text = value }

    package static func == (left: ExactString, right: ExactString) -> Bool {
        left.withBytes { left in right.withBytes { right in left.count == right.count && order(left, right) == 0 } }
    }

    package static func < (left: ExactString, right: ExactString) -> Bool {
        left.withBytes { left in
            right.withBytes { right in
                let order = order(left, right)
                return order == 0 ? left.count < right.count : order < 0
            }
        }
    }

    package func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }

    /// Compares one block, because reading a string's UTF-8 byte by byte costs ten instructions for each.
    @inline(__always)
    private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var text = text
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// Compares the bytes that both have: negative, positive or 0.
    @inline(__always)
    private static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> CInt {
        guard let start = left.baseAddress, let other = right.baseAddress else { return 0 }
        return memcmp(start, other, min(left.count, right.count))
    }
}

extension String {
    /// The text with every occurrence of the bytes of `sought` replaced.
    ///
    /// `replacing` compares characters, and misses one that a following combining mark has turned into another
    /// character, such as a quote that must be doubled or a secret that must be hidden.
    package func replacingBytes(of sought: String, with replacement: String) -> String {
        let (all, sought) = (Array(utf8), Array(sought.utf8))
        guard !sought.isEmpty, let first = sought.first, all.count >= sought.count else { return self }
        var result: [UInt8] = []
        var start = 0
        var place = 0
        while place + sought.count <= all.count {
            if all[place] == first, all[place..<place + sought.count].elementsEqual(sought) {
                result += all[start..<place]
                result += replacement.utf8
                place += sought.count
                start = place
            } else {
                place += 1
            }
        }
        return start == 0 ? self : String(decoding: result + all[start...], as: UTF8.self)
    }
}
