import Encodings
import JSONText
import Synchronization

/// The last line before what people read: secrets that the program knows, and passwords in URLs, are not in it, whichever message
/// quotes them. Where a message is made, secrets are left out too; this is for those that nobody thought of.
///
/// What a URL may show is said in `SecretURLs.swift`.
package enum Secrets {
    private static let known = Mutex<[String]>([])

    /// From now on the value is shown as asterisks, also where it is percent-encoded, unless it is too short (`isHideable`).
    package static func keep(_ secret: String) {
        guard isHideable(secret) else { return }
        known.withLock { known in
            for form in [secret, PercentEncoding.encoded(secret)] where !known.contains(form) { known.append(form) }
            // One may be part of another.
            known.sort { $0.utf8.count > $1.utf8.count }
        }
    }

    /// Whether a value is long enough, 4 bytes, to be looked for. A shorter one would be found everywhere, and protects nothing.
    package static func isHideable(_ secret: String) -> Bool { secret.utf8.count > 3 }

    /// The text with `***` for every kept secret, and for what its URLs may not show.
    package static func hidden(_ text: String) -> String {
        var shown = text
        for secret in known.withLock({ $0 }) {
            shown = shown.replacingBytes(of: secret, with: "***")
        }
        return withMaskedURLs(shown)
    }

    /// The beginning of what somebody else has said. It is hidden before it is cut, or half of a secret could stay.
    package static func excerpt(_ bytes: some Sequence<UInt8>, _ characters: Int) -> String {
        let enough = Array(bytes.prefix(characters * 4 + (64 << 10)))
        return String(hidden(String(decoding: enough, as: UTF8.self)).prefix(characters))
    }
}
