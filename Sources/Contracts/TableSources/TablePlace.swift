import Secrets

/// Where a database is, as the user wrote it, and how to use it.
package struct TablePlace: Sendable {
    /// In lower case, with a plus sign and the text after it if there is one: `postgresql+psycopg2`.
    package let scheme: String
    /// Everything after `://`, or after the colon where no slashes follow it.
    package let rest: String
    /// Without the password.
    package let shown: String
    /// From dlt's configuration (`sources.sql_database.credentials.password`), for a URL without one.
    package var password: String?
    /// Seconds to wait for another program's lock.
    package var lockTimeout: Double
    /// A snapshot that another session has exported, to see what it sees.
    package var snapshot: String?
    /// Asked during waits; true ends what runs.
    package var isInterrupted: @Sendable () -> Bool = { false }
    /// The user's settings for the connector alone, by the names of its options: `driver`.
    package var settings: [String: String]

    /// Nil when the text is not a URL.
    package init?(_ text: String, lockTimeout: Double = 60, settings: [String: String] = [:]) {
        let scalars = text.unicodeScalars
        guard let colon = scalars.firstIndex(of: ":") else { return nil }
        let name = text[..<colon].lowercased()
        guard let first = name.utf8.first, UInt8(ascii: "a")...UInt8(ascii: "z") ~= first,
            name.utf8.allSatisfy({ byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || "+-.".utf8.contains(byte)
            })
        else { return nil }
        let hasSlashes = scalars[colon...].starts(with: "://".unicodeScalars)
        scheme = name
        rest = String(scalars[colon...].dropFirst(hasSlashes ? 3 : 1))
        shown = hasSlashes ? Secrets.masked(url: text) : Secrets.masked(mistaken: text)
        self.lockTimeout = lockTimeout
        self.settings = settings
    }

    /// The scheme without a plus sign and the text after it.
    package var plainScheme: String { String(scheme.prefix { $0 != "+" }) }

    /// The text after the plus sign; nil without one.
    package var driver: String? {
        scheme.firstIndex(of: "+").map { String(scheme[scheme.index(after: $0)...]) }
    }
}
