/// A piece of HTML. Its literals are what they say; everything that is put into one is text, and cannot become anything else:
///
///     let cell: HTML = "<td title=\"\(name)\">\(name)</td>"
///
/// There is no other way from a `String` to an `HTML`. Attributes always have double quotes around them.
package struct HTML: Sendable, ExpressibleByStringInterpolation {
    /// UTF-8.
    package private(set) var bytes: [UInt8]

    package init() { bytes = [] }

    package init(stringLiteral literal: StaticString) {
        bytes = literal.withUTF8Buffer { Array($0) }
    }

    package init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.bytes }

    /// Text, and nothing but text.
    package init(_ text: some StringProtocol) {
        bytes = []
        appendEscaped(text, to: &bytes)
    }

    package var isEmpty: Bool { bytes.isEmpty }

    package static func + (left: HTML, right: HTML) -> HTML {
        var sum = left
        sum += right
        return sum
    }

    package static func += (left: inout HTML, right: HTML) { left.bytes += right.bytes }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var bytes: [UInt8] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { bytes += $0 }
        }

        package mutating func appendInterpolation(_ html: HTML) { bytes += html.bytes }
        package mutating func appendInterpolation(_ html: HTML?) { bytes += html?.bytes ?? [] }
        package mutating func appendInterpolation(_ all: [HTML]) { for html in all { bytes += html.bytes } }
        package mutating func appendInterpolation(_ text: some StringProtocol) { appendEscaped(text, to: &bytes) }
        package mutating func appendInterpolation(_ number: some BinaryInteger) { bytes += String(number).utf8 }
    }
}

extension [HTML] {
    package func joined(_ separator: HTML = "") -> HTML {
        var whole = HTML()
        for (index, html) in enumerated() {
            if index > 0 { whole += separator }
            whole += html
        }
        return whole
    }
}

/// Escapes what has a meaning in text or in a quoted attribute, and shows control characters and overrides of the writing direction
/// instead of sending them: with those a line reads as another one.
private func appendEscaped(_ text: some StringProtocol, to bytes: inout [UInt8]) {
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x26: bytes += "&amp;".utf8
        case 0x3C: bytes += "&lt;".utf8
        case 0x3E: bytes += "&gt;".utf8
        case 0x22: bytes += "&quot;".utf8
        case 0x27: bytes += "&#39;".utf8
        case 0x09, 0x0A, 0x20..<0x7F: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF:
            bytes += "\\u{\(String(scalar.value, radix: 16))}".utf8
        default: bytes += Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter
        }
    }
}
