import JSONText
import Synchronization

/// The last line in front of what people read: secrets that the program knows, and passwords in URLs, are not in it, whichever
/// message quotes them. Where a message is made, secrets are left out too; this is for those that nobody thought of.
package enum Secrets {
    private static let known = Mutex<[String]>([])

    /// From now on the value is shown as asterisks. One that is very short would be found everywhere, and protects nothing.
    package static func keep(_ secret: String) {
        guard secret.utf8.count > 3 else { return }
        known.withLock { known in
            for form in [secret, percentEncoded(secret)] where !known.contains(form) { known.append(form) }
            // One may be part of another.
            known.sort { $0.utf8.count > $1.utf8.count }
        }
    }

    package static func hidden(_ text: String) -> String {
        var shown = text
        for secret in known.withLock({ $0 }) {
            shown = shown.replacingBytes(of: secret, with: "***")
        }
        return withoutPasswords(shown)
    }

    /// The beginning of what somebody else has said. It is hidden before it is cut, or half of a secret could stay.
    package static func excerpt(_ bytes: some Sequence<UInt8>, _ characters: Int) -> String {
        let enough = Array(bytes.prefix(characters * 4 + (64 << 10)))
        return String(hidden(String(decoding: enough, as: UTF8.self)).prefix(characters))
    }

    /// Of `scheme://user:password@host?password=secret` the passwords are hidden.
    private static func withoutPasswords(_ text: String) -> String {
        var result = ""
        var rest = text.unicodeScalars[...]
        while let mark = rest.firstRange(of: "://".unicodeScalars) {
            result += String(rest[..<mark.upperBound])
            rest = rest[mark.upperBound...]
            let url = rest.prefix { !$0.properties.isWhitespace && !"'\"`<>".unicodeScalars.contains($0) }
            rest = rest[url.endIndex...]
            result += withoutPassword(Substring(url))
        }
        return result.isEmpty ? text : result + String(rest)
    }

    private static func withoutPassword(_ url: Substring) -> String {
        // By scalars: a combining mark behind a sign of the URL would make another character of it.
        let url = url.unicodeScalars
        var shown = String(url).unicodeScalars
        // What begins with a slash is a path; a password may hold at signs itself.
        let authority = url.prefix { $0 != "?" && $0 != "#" }
        if url.first != "/", let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
            shown = (String(url[...colon]) + "***" + String(url[at...])).unicodeScalars
        }
        guard let mark = shown.firstIndex(of: "?") else { return String(shown) }
        let pairs = shown[shown.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
        return String(shown[...mark])
            + pairs.map { pair in
                let name = String(pair.prefix { $0 != "=" })
                let isSecret = ["password", "secret", "token", "key"].contains { name.lowercased().contains($0) }
                return isSecret && pair.contains("=") ? "\(name)=***" : String(pair)
            }.joined(separator: "&")
    }

    private static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default: encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
