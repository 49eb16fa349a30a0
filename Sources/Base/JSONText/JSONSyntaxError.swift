/// Why bytes are not JSON, and where.
package struct JSONSyntaxError: Error, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable {
        case empty = "no value"
        case unexpectedEnd = "the text ends inside a value"
        case unexpectedCharacter = "unexpected character"
        case trailingCharacters = "unexpected text after the value"
        case badNumber = "malformed number"
        case badLiteral = "malformed literal (true, false and null are the only ones)"
        case badEscape = "malformed escape in a string"
        case loneSurrogate = "an escaped surrogate lacks its other half"
        case controlCharacter = "unescaped control character in a string"
        case badUTF8 = "not valid UTF-8"
        case tooDeep = "nested too deeply"
        case tooLong = "value longer than 4 GiB"
    }

    package let reason: Reason
    /// Offset in bytes from the start of the text that was parsed.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(reason.rawValue) at byte \(offset + 1)" }
}
