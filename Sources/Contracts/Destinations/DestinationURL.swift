import DestinationKinds
import Secrets

/// Where to load, as the user wrote it: `scheme://…`, or another form that a kind of destination allows: a path with
/// the ending of its files, or `scheme:…`. The connector interprets what follows the scheme.
package struct DestinationURL: Sendable, Equatable {
    /// In lower case, without a plus sign and the text after it: `postgresql+psycopg2` is `postgresql`.
    package let scheme: String
    /// Everything after `://`; for a path without a scheme, `/` and the path.
    package let rest: String

    package init?(_ text: String) {
        // Not String.range(of:), which is Foundation's.
        // By scalars: a combining mark after a character of the URL would turn it into another character.
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

    /// For messages and logs: without the password.
    package var masked: String {
        isOpaque ? "\(scheme):\(maskedWords)" : Secrets.masked(url: "\(scheme)://\(rest)")
    }

    private var isOpaque: Bool { DestinationKind.all.contains { $0.opaqueSchemes.contains(scheme) } }

    /// Text that was given as a URL but is not one, for messages: a password may follow a colon.
    package static func masked(_ text: String) -> String { Secrets.masked(mistaken: text) }

    /// `md:shop?motherduck_token=***`, `ducklake:postgres:password=*** dbname=lake`. Text after a secret is shown,
    /// since it may distinguish places.
    private var maskedWords: String {
        // A command line.
        if DestinationKind.singer.schemes.contains(scheme) || DestinationKind.exec.schemes.contains(scheme) {
            return Secrets.masked(arguments: rest.split(separator: " ").map(String.init)).joined(separator: " ")
        }
        // A URL inside: its password may contain any of the marks below.
        if rest.unicodeScalars.firstRange(of: "://".unicodeScalars) != nil { return Secrets.masked(url: rest) }
        var shown = ""
        var rest = rest.unicodeScalars[...]
        while !rest.isEmpty {
            let name = rest.prefix { !"?& =".unicodeScalars.contains($0) }
            rest = rest[name.endIndex...]
            shown += String(name)
            if rest.first == "=" {
                let value = DestinationURL.value(rest.dropFirst())
                // The text before a colon names the kind of catalog.
                let word = name.split(separator: ":").last.map { String($0) } ?? ""
                shown += Secrets.isSecret(name: word) ? "=***" : "=" + String(value)
                rest = rest[value.endIndex...]
            }
            shown += String(rest.prefix(1))
            rest = rest.dropFirst()
        }
        return shown
    }

    /// The value at the beginning of a text, as libpq writes it: in quotes with backslashes, or up to the next mark.
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
