import DestinationKinds
import Secrets

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
        isOpaque ? "\(scheme):\(maskedWords)" : Secrets.masked(url: "\(scheme)://\(rest)")
    }

    private var isOpaque: Bool { DestinationKind.all.contains { $0.opaqueSchemes.contains(scheme) } }

    /// Text that was given as a URL and is none, for messages: what follows a colon may be a password.
    package static func masked(_ text: String) -> String { Secrets.masked(mistaken: text) }

    /// `md:shop?motherduck_token=***`, `ducklake:postgres:password=*** dbname=lake`. What follows a secret is shown, since it may tell one
    /// place from another.
    private var maskedWords: String {
        // A URL within: its password may hold any of the marks below.
        if rest.unicodeScalars.firstRange(of: "://".unicodeScalars) != nil { return Secrets.masked(url: rest) }
        var shown = ""
        var rest = rest.unicodeScalars[...]
        while !rest.isEmpty {
            let name = rest.prefix { !"?& =".unicodeScalars.contains($0) }
            rest = rest[name.endIndex...]
            shown += String(name)
            if rest.first == "=" {
                let value = DestinationURL.value(rest.dropFirst())
                // What stands before a colon says what kind of catalog it is.
                let word = name.split(separator: ":").last.map { String($0) } ?? ""
                shown += Secrets.isSecret(name: word) ? "=***" : "=" + String(value)
                rest = rest[value.endIndex...]
            }
            shown += String(rest.prefix(1))
            rest = rest.dropFirst()
        }
        return shown
    }

    /// The value that a text begins with, as libpq writes it: in quotes with backslashes, or up to the next mark.
    private static func value(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        guard text.first == "'" else { return text.prefix { !"?& ".unicodeScalars.contains($0) } }
        var isEscaped = false
        for index in text.indices.dropFirst() {
            if text[index] == "'", !isEscaped { return text[...index] }
            isEscaped = text[index] == "\\" && !isEscaped
        }
        return text
    }
}
