import DateTimes
import Glibc

/// The values of `format` that are checked for a text; others are annotations, as JSON Schema allows.
enum TextFormat: String {
    case dateTime = "date-time"
    case date, time, uuid, email, uri, ipv4, ipv6

    func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .dateTime:
            // Times without an offset are common in the output of programs, and become timestamps as well.
            if case .timestamp? = parseTemporal(text) { true } else { false }
        case .date:
            if case .date? = parseTemporal(text) { text.count == 10 } else { false }
        case .time:
            if case .time? = parseTemporal(text) { true } else { false }
        case .uuid: TextFormat.isUUID(text)
        case .email: TextFormat.isEmail(text)
        case .uri: TextFormat.isURI(text)
        case .ipv4: TextFormat.isAddress(text, AF_INET)
        case .ipv6: TextFormat.isAddress(text, AF_INET6)
        }
    }

    private static func isUUID(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == 36 else { return false }
        for (index, byte) in text.enumerated() {
            let isDash = index == 8 || index == 13 || index == 18 || index == 23
            if isDash ? byte != UInt8(ascii: "-") : !isHexDigit(byte) { return false }
        }
        return true
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 <= 9 || (byte | 0x20) &- UInt8(ascii: "a") <= 5
    }

    /// Something, one @ outside of quotes, something; no spaces. Only the mail server knows whether it can be
    /// delivered.
    private static func isEmail(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let at = text.lastIndex(of: UInt8(ascii: "@")), at > 0, at < text.count - 1 else { return false }
        return !text.contains { $0 <= 0x20 || $0 == 0x7F }
            && (text[0] == 0x22 || text[..<at].firstIndex(of: UInt8(ascii: "@")) == nil)
    }

    private static func isURI(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0, isLetter(text[0]) else { return false }
        let hasScheme = text[..<colon].allSatisfy { isLetter($0) || $0 &- 0x30 <= 9 || "+-.".utf8.contains($0) }
        return hasScheme && !text.contains { $0 <= 0x20 || $0 >= 0x7F || "<>\"{}|\\^`".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

    private static func isAddress(_ text: UnsafeBufferPointer<UInt8>, _ family: CInt) -> Bool {
        guard text.count < 64, !text.contains(0) else { return false }
        var address = in6_addr()
        return String(decoding: text, as: UTF8.self).withCString { inet_pton(family, $0, &address) } == 1
    }
}
