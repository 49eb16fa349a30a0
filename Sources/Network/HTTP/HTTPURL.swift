import Encodings
import Secrets

/// An absolute http or https URL, by RFC 3986. A fragment is dropped: it never reaches a server.
///
/// Not parsed by libcurl, whose reading of unusual URLs depends on its version: since 7.66 it has changed for spaces in
/// hosts (7.78), links that are only a fragment (8.8) and dots in paths (8.20); 7.88 still accepts `http:/h` and
/// decodes `h%41` into another host. Each check below would still be needed. libcurl reads every URL that this type
/// accepts in the same way: `Tests/HTTPTests` compares them.
package struct HTTPURL: Sendable, Equatable, CustomStringConvertible {
    /// "http" or "https".
    package var scheme: String
    /// "user:password", as written.
    package var userInfo: String?
    /// In lower case; an IPv6 address keeps its brackets.
    package var host: String
    package var port: Int?
    /// Percent-encoded, and empty or with a leading slash.
    package var path: String
    /// Percent-encoded, without the question mark.
    package var query: String?

    /// Nil if the URL is not absolute, is not http or https, or has no host.
    ///
    /// Characters that are not allowed in a URL are percent-encoded, as in browsers; percent signs are left unchanged.
    package init?(_ text: some StringProtocol) {
        // By scalars: a combining mark after a slash or an at sign would turn it into another character.
        let text = String(text).unicodeScalars
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = String(text[..<colon]).lowercased()
        guard scheme == "http" || scheme == "https", text[colon...].starts(with: "://".unicodeScalars) else {
            return nil
        }
        self.scheme = scheme
        let rest = text[text.index(colon, offsetBy: 3)...].prefix { $0 != "#" }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        var authority = rest[..<authorityEnd]
        if let at = authority.lastIndex(of: "@") {
            userInfo = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        if let mark = authority.lastIndex(of: ":"), !authority[mark...].contains("]") {
            let digits = authority[authority.index(after: mark)...]
            if !digits.isEmpty {
                let digits = String(digits)
                guard let number = Int(digits), (0...65535).contains(number), digits.utf8.allSatisfy(isDigit) else {
                    return nil
                }
                port = number
            }
            authority = authority[..<mark]
        }
        host = String(authority).lowercased()
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !#"<>"\^`{|}%"#.utf8.contains($0) })
        else { return nil }
        // Colons and brackets belong to IPv6 addresses; elsewhere, two parsers could read them as different hosts.
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), host.utf8.count > 2,
                host.utf8.dropFirst().dropLast().allSatisfy({
                    Hexadecimal.value(of: $0) != nil || ":.".utf8.contains($0)
                })
            else { return nil }
        } else if host.utf8.contains(where: { ":[]".utf8.contains($0) }) {
            return nil
        }
        let target = rest[authorityEnd...]
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        path = Self.escaped(String(target[..<mark]))
        query = mark == target.endIndex ? nil : Self.escaped(String(target[target.index(after: mark)...]))
    }

    package var description: String { text }

    package var text: String { "\(scheme)://\(userInfo.map { $0 + "@" } ?? "")\(authority)\(target)" }

    /// Path and query, as in the request line.
    package var target: String { (path.isEmpty ? "/" : path) + (query.map { "?" + $0 } ?? "") }

    /// Host, and port unless it is the default.
    package var authority: String { port == nil || port == usualPort ? host : "\(host):\(effectivePort)" }

    /// `https://api.example.org`: the target of a connection, without path, query and user.
    package var server: String { "\(scheme)://\(authority)" }

    /// Whether both are the same URL: escapes, and the order of parameters with different names, do not matter.
    package func leadsWhere(_ other: HTTPURL) -> Bool {
        guard server == other.server,
            PercentEncoding.decoded((path.isEmpty ? "/" : path).utf8)
                == PercentEncoding.decoded((other.path.isEmpty ? "/" : other.path).utf8)
        else { return false }
        return Self.ordered(query) == Self.ordered(other.query)
    }

    private static func ordered(_ query: String?) -> [[UInt8]] {
        let items = (query ?? "").utf8.split(separator: UInt8(ascii: "&")).map { PercentEncoding.decoded($0) }
        let names = items.map { Array($0.prefix { $0 != UInt8(ascii: "=") }) }
        return Set(names).count < names.count ? items : items.sorted { $0.lexicographicallyPrecedes($1) }
    }

    package var effectivePort: Int { port ?? usualPort }

    private var usualPort: Int { scheme == "https" ? 443 : 80 }

    // MARK: Messages

    /// For messages: without its user, which may be a key as well as a name, and without secrets.
    package var shown: String {
        var shown = self
        if userInfo != nil { shown.userInfo = "***" }
        shown.query = query.map { Secrets.masked(query: $0) }
        return Secrets.hidden(shown.text)
    }

    /// The same for a text that may be a URL.
    package static func shown(_ text: String) -> String { HTTPURL(text)?.shown ?? Secrets.hidden(text) }

    // MARK: Links

    /// The URL of a link in a document at this URL (RFC 3986, 5.2); nil if it is not http or https.
    package func resolving(_ link: String) -> HTTPURL? {
        let link = link.unicodeScalars.prefix { $0 != "#" }
        let head = link.prefix { $0 != "/" && $0 != "?" }
        if head.contains(":"), let first = head.first, isLetter(first),
            head.prefix(while: { $0 != ":" }).allSatisfy({
                isLetter($0) || isDigit($0) || "+-.".unicodeScalars.contains($0)
            })
        {
            return HTTPURL(String(link))
        }
        if link.starts(with: "//".unicodeScalars) { return HTTPURL("\(scheme):\(String(link))") }
        var result = self
        if link.isEmpty { return result }
        let mark = link.firstIndex(of: "?") ?? link.endIndex
        let linkedPath = Self.escaped(String(link[..<mark]))
        if !linkedPath.isEmpty {
            if linkedPath.hasPrefix("/") {
                result.path = Self.withoutDots(linkedPath)
            } else {
                let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
                result.path = Self.withoutDots(folder + linkedPath)
            }
        }
        result.query = mark == link.endIndex ? nil : Self.escaped(String(link[link.index(after: mark)...]))
        return result
    }

    private static func withoutDots(_ path: String) -> String {
        var segments: [Substring] = []
        let all = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in all.enumerated() {
            let isLast = index == all.count - 1
            switch segment {
            case ".": if isLast { segments.append("") }
            case "..":
                if !segments.isEmpty { segments.removeLast() }
                if isLast { segments.append("") }
            default: segments.append(segment)
            }
        }
        return "/" + segments.joined(separator: "/")
    }

    // MARK: Queries

    package mutating func appendQuery(_ name: String, _ value: String) {
        let item = PercentEncoding.encoded(name) + "=" + PercentEncoding.encoded(value)
        if let before = query, !before.isEmpty { query = before + "&" + item } else { query = item }
    }

    /// A form's body, `application/x-www-form-urlencoded`.
    package static func form(_ items: [(name: String, value: String)]) -> [UInt8] {
        Array(
            items.map { PercentEncoding.encoded($0.name) + "=" + PercentEncoding.encoded($0.value) }
                .joined(separator: "&").utf8)
    }

    /// Characters that are not allowed anywhere in a URL: white space, controls, non-ASCII, and a few others.
    private static func escaped(_ text: some StringProtocol) -> String {
        PercentEncoding.encoded(text) { $0 > 0x20 && $0 < 0x7F && !#"<>"\^`{|}"#.utf8.contains($0) }
    }
}

private func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.isASCII && isDigit(UInt8(scalar.value)) }

private func isLetter(_ scalar: Unicode.Scalar) -> Bool { scalar.isASCII && isLetter(UInt8(scalar.value)) }

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
