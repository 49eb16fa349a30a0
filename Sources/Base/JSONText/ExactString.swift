import CSystem

/// A string that is equal to another only when their UTF-8 bytes are, and ordered by those bytes.
///
/// Swift's own `==` holds "é" and "e" + U+0301 to be one string and orders by Unicode rules; keys of JSON objects,
/// names of columns and the sorted serialization behind a version hash are about bytes.
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

    /// As a block, because going through a string's UTF-8 byte by byte costs ten instructions for each.
    @inline(__always)
    private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var text = text
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// Of the bytes that both have: below, above or 0.
    @inline(__always)
    private static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> CInt {
        guard let start = left.baseAddress, let other = right.baseAddress else { return 0 }
        return memcmp(start, other, min(left.count, right.count))
    }
}

extension String {
    /// The text with every occurrence of the bytes of `sought` replaced.
    ///
    /// `replacing` goes by characters, and passes over what a combining mark behind it has made another character of: a quote
    /// that is to be doubled, a secret that is to be hidden.
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
