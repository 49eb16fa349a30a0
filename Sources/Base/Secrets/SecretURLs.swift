import Encodings
import JSONText

/// The parts of a URL that may be shown. All of this works on scalars: a combining mark after a character of the URL
/// would turn it into another character.
extension Secrets {
    /// A URL such as a destination's with `***` for its password and for secrets in its query:
    /// `postgresql://user:***@host/db?password=***`. Text without `://` stays as it is (`masked(mistaken:)`).
    package static func masked(url: String) -> String {
        guard hasURL(url), let mark = url.unicodeScalars.firstRange(of: "://".unicodeScalars) else { return url }
        return String(url.unicodeScalars[..<mark.upperBound])
            + masked(
                afterScheme: url.unicodeScalars[mark.upperBound...],
                isHTTP: isHTTP(url.unicodeScalars[..<mark.lowerBound]))
    }

    /// Text that was given as a URL but is not one: if it contains an at sign, a password may follow a colon.
    package static func masked(mistaken text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")), let colon = text.unicodeScalars.firstIndex(of: ":") else {
            return text
        }
        return text[...colon] + "…"
    }

    /// A query, without its question mark, with `***` for every value whose name suggests a secret.
    package static func masked(query: String) -> String {
        query[...].unicodeScalars.split(separator: "&", omittingEmptySubsequences: false).map { pair in
            let name = String(pair.prefix { $0 != "=" })
            guard name.utf8.count < String(pair).utf8.count else { return name }
            let spaced = name.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
            let plain = String(decoding: PercentEncoding.decoded(spaced), as: UTF8.self)
            return isSecret(name: plain) ? "\(name)=***" : String(pair)
        }.joined(separator: "&")
    }

    /// Whether a parameter of this name usually holds a secret: `password`, `api_key`, `X-Amz-Signature`.
    package static func isSecret(name: String) -> Bool {
        // By bytes: each argument of each program is looked at when it starts.
        let plain = name.utf8.filter { byte in
            byte != UInt8(ascii: "_") && byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".")
        }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return secretNames.contains { plain.elementsEqual($0.utf8) }
            || secretParts.contains { isPart($0, of: plain) }
    }

    private static func isPart(_ part: String, of name: [UInt8]) -> Bool {
        let part = part.utf8
        guard let first = part.first, name.count >= part.count else { return false }
        for start in 0...name.count - part.count where name[start] == first {
            if name[start..<start + part.count].elementsEqual(part) { return true }
        }
        return false
    }

    /// Whether a URL may be in the text.
    static func hasURL(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var slashes = 0
            // From the end: a colon, after which two slashes were seen.
            for byte in bytes.reversed() {
                if byte == UInt8(ascii: ":"), slashes >= 2 { return true }
                slashes = byte == UInt8(ascii: "/") ? slashes + 1 : 0
            }
            return false
        }
    }

    /// Whole names, in lower case and without `_`, `-` and `.`.
    private static let secretNames = [
        "auth", "sig", "sas", "code", "pwd", "pass", "appid", "clientid", "username", "assertion", "jwt", "session",
    ]

    /// Parts of names. (Not "session": `target_session_attrs` is an option of PostgreSQL.)
    private static let secretParts = [
        "key", "token", "secret", "password", "passwd", "passphrase", "authorization", "credential", "signature",
        "sessionid",
    ]

    // MARK: Within a text

    /// The text with every URL in it masked. A URL ends at white space or a quotation mark.
    static func withMaskedURLs(_ text: String) -> String {
        guard hasURL(text) else { return text }
        var result = ""
        var rest = text.unicodeScalars[...]
        while let mark = rest.firstRange(of: "://".unicodeScalars) {
            result += String(rest[..<mark.upperBound])
            let isHTTP = isHTTP(rest[..<mark.lowerBound])
            rest = rest[mark.upperBound...]
            let url = rest.prefix { !$0.properties.isWhitespace && !"'\"`<>".unicodeScalars.contains($0) }
            rest = rest[url.endIndex...]
            result += masked(afterScheme: url, isHTTP: isHTTP)
        }
        return result.isEmpty ? text : result + String(rest)
    }

    // MARK: Parts

    private static func masked(afterScheme url: Substring.UnicodeScalarView, isHTTP: Bool) -> String {
        var start = url.startIndex
        var shown = ""
        if let at = endOfUser(url, isHTTP: isHTTP) {
            let user = url[..<at].prefix { $0 != ":" }
            shown = String(user) + (user.endIndex < at ? ":***" : "")
            start = at
        }
        guard let mark = url[start...].firstIndex(of: "?") else { return shown + String(url[start...]) }
        return shown + String(url[start...mark]) + masked(query: String(url[mark...].dropFirst()))
    }

    /// The at sign after user and password, if any.
    private static func endOfUser(_ url: Substring.UnicodeScalarView, isHTTP: Bool) -> String.Index? {
        // A path has neither.
        guard url.first != "/" else { return nil }
        // A password may contain unencoded characters: at signs, so the last one counts, …
        let plain = url.prefix { $0 != "?" && $0 != "#" }
        if let at = plain.lastIndex(of: "@") { return at }
        // … and question marks, unless a port follows the colon. (A colon in the path of an API, and an at sign in its
        // query, are common.)
        guard !isHTTP, let colon = plain.firstIndex(of: ":"),
            plain[colon...].dropFirst().prefix(while: { $0 != "/" }).contains(where: {
                !"0123456789".unicodeScalars.contains($0)
            })
        else { return nil }
        return url.lastIndex(of: "@")
    }

    /// Whether the text ends with the scheme of an HTTP URL.
    private static func isHTTP(_ text: Substring.UnicodeScalarView) -> Bool {
        // One byte more than the longer scheme, to see whether another letter precedes it. By bytes, since every
        // message is searched.
        let end = String(text.suffix("https".utf8.count + 1)).utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let scheme = end.reversed().prefix { byte in
            switch byte {
            case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: false
            }
        }
        return scheme.elementsEqual("ptth".utf8) || scheme.elementsEqual("sptth".utf8)
    }
}
