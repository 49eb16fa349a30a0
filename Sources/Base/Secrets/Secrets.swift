import Encodings
import JSONText
import Synchronization

/// The last line of defence before output: removes known secrets, and passwords in URLs, from every message that quotes
/// them. Code that makes a message leaves secrets out too; this covers the ones it missed.
///
/// `SecretURLs.swift` decides what a URL may show.
package enum Secrets {
    private static let known = Mutex<[String]>([])

    /// From now on the value is shown as asterisks, also where it is percent-encoded, unless it is too short
    /// (`isHideable`).
    package static func keep(_ secret: String) {
        guard isHideable(secret) else { return }
        known.withLock { known in
            for form in [secret, PercentEncoding.encoded(secret)] where !known.contains(form) { known.append(form) }
            // One secret may be part of another.
            known.sort { $0.utf8.count > $1.utf8.count }
        }
    }

    /// Whether a value is long enough, 4 bytes, to be searched for. A shorter one would be found everywhere, and
    /// protects nothing.
    package static func isHideable(_ secret: String) -> Bool { secret.utf8.count > 3 }

    /// The text with `***` for every known secret, and for the secret parts of its URLs.
    package static func hidden(_ text: String) -> String {
        var shown = text
        for secret in known.withLock({ $0 }) {
            shown = shown.replacingBytes(of: secret, with: "***")
        }
        return withMaskedURLs(shown)
    }

    /// The beginning of text from another program. Secrets are hidden before the text is cut, since half of a secret
    /// could remain otherwise.
    package static func excerpt(_ bytes: some Sequence<UInt8>, _ characters: Int) -> String {
        let enough = Array(bytes.prefix(characters * 4 + (64 << 10)))
        return String(hidden(String(decoding: enough, as: UTF8.self)).prefix(characters))
    }
}
