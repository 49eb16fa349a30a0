import Digests
import Encodings
import SystemIO

/// What opens the dashboard: 128 bits that only those know who can read the terminal, or the file.
package struct AccessToken: Sendable {
    package let text: String

    /// A new one.
    package init() { text = Hexadecimal.text(Entropy.bytes(16)) }

    /// A chosen one; nil for one that could be guessed.
    package init?(_ text: String) {
        guard text.utf8.count >= 16, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        self.text = text
    }

    /// What a browser keeps. The token cannot be computed from it.
    package var session: String { Hexadecimal.text(SHA256.digest(Array("dlt-dashboard session \(text)".utf8))) }

    func matches(_ other: String) -> Bool { Self.isSame(text, other) }
    func matches(session other: String) -> Bool { Self.isSame(session, other) }

    /// Takes the same time wherever the texts differ.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
