import DestinationKinds

/// Where to load, as it was written: `scheme://…`, or a form of its own that a kind of destination allows: a path that ends like its
/// files, or `scheme:…`. What follows the scheme is the connector's to read.
package struct DestinationURL: Sendable, Equatable {
    /// In lower case, without what follows a plus sign: `postgresql+psycopg2` is `postgresql`.
    package let scheme: String
    /// Everything after `://`; of a path without a scheme, `/` and the path.
    package let rest: String

    package init?(_ text: String) {
        // Not String.range(of:), which is Foundation's.
        // By scalars: a combining mark after a sign of the URL would make another character of it.
        let scalars = text.unicodeScalars
        guard let colon = scalars.firstIndex(of: ":") else {
            guard let kind = DestinationURL.kind(ofPath: text), let first = kind.schemes.first else { return nil }
            scheme = first
            rest = "/" + text
            return
        }
        let name = text[..<colon].lowercased()
        guard let first = name.utf8.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first,
            name.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789+-.".unicodeScalars.contains($0))
            })
        else { return nil }
        let hasSlashes = scalars[colon...].starts(with: "://".unicodeScalars)
        guard hasSlashes || DestinationKind.all.contains(where: { $0.opaqueSchemes.contains(name) }) else { return nil }
        scheme = String(name.prefix { $0 != "+" })
        rest = String(scalars[colon...].dropFirst(hasSlashes ? 3 : 1))
    }

    /// The kind whose files end like this path.
    private static func kind(ofPath path: String) -> DestinationKind? {
        guard let mark = path.unicodeScalars.lastIndex(of: ".") else { return nil }
        let ending = String(path.unicodeScalars[mark...].dropFirst())
        return DestinationKind.all.first { $0.fileExtensions.contains(ending) }
    }

    /// For messages and logs: the password is not in it.
    package var masked: String {
        guard let at = endOfUser else { return "\(scheme)://\(maskedQuery(rest[...]))" }
        let user = rest.unicodeScalars[..<at].prefix { $0 != ":" }
        let secret = user.endIndex < at ? ":***" : ""
        return "\(scheme)://\(String(user))\(secret)\(maskedQuery(rest[at...]))"
    }

    /// Text that was given as a URL and is none, for messages: what follows a colon may be a password.
    package static func masked(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "@")), let colon = text.unicodeScalars.firstIndex(of: ":") else {
            return text
        }
        return text[...colon] + "…"
    }

    /// The at sign behind user and password, if there is one.
    private var endOfUser: String.Index? {
        // A path has neither.
        let rest = rest.unicodeScalars
        guard rest.first != "/" else { return nil }
        // A password may hold characters that nobody encoded: at signs, so the last one counts, …
        let plain = rest.prefix { $0 != "?" && $0 != "#" }
        if let at = plain.lastIndex(of: "@") { return at }
        // … and question marks, if what follows the colon is no port.
        guard let colon = plain.firstIndex(of: ":"),
            plain[colon...].dropFirst().prefix(while: { $0 != "/" }).contains(where: {
                !"0123456789".unicodeScalars.contains($0)
            })
        else { return nil }
        return rest.lastIndex(of: "@")
    }

    /// `?password=secret`, which libpq accepts.
    private func maskedQuery(_ text: Substring) -> String {
        let text = text.unicodeScalars
        guard let mark = text.firstIndex(of: "?") else { return String(text) }
        let pairs = text[text.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
        let shown = pairs.map { pair -> String in
            let name = pair.prefix { $0 != "=" }
            let isSecret = ["password", "secret", "token", "key"].contains { String(name).lowercased().contains($0) }
            return isSecret && name.endIndex < pair.endIndex ? "\(String(name))=***" : String(pair)
        }
        return String(text[...mark]) + shown.joined(separator: "&")
    }
}
