import HTTP
import JSONText

/// A request that was made, and the answer if it is known. Its credentials are names without values from the start.
struct Exchange {
    enum Credential: Hashable {
        case bearer
        case basic
        case header(String)
        case query(String)
        case cookie
    }

    let method: String
    /// `https://api.example.com`
    let server: String
    /// Percent-encoded.
    let path: String
    var query: [(name: String, value: String)] = []
    var credentials: Set<Credential> = []
    var answer: JSONValue?
    /// Names of headers of the answer.
    var answerHeaders: [String] = []

    /// Nil if the URL is not one of HTTP.
    init?(method: String, url text: String, headers: [(name: String, value: String)]) {
        guard let url = HTTPURL(text) else { return nil }
        self.method = method.uppercased()
        server = url.server
        path = url.path
        if url.userInfo != nil { credentials.insert(.basic) }
        for part in (url.query ?? "").split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            add(query: Self.decoded(pair[0]), pair.count > 1 ? Self.decoded(pair[1]) : "")
        }
        for header in headers { add(header: header.name, header.value) }
    }

    mutating func add(query name: String, _ value: String) {
        if Self.isSecret(name) { credentials.insert(.query(name)) } else { query.append((name, value)) }
    }

    mutating func add(header name: String, _ value: String) {
        let lower = name.lowercased()
        if lower == "authorization" {
            let scheme = value.prefix { $0 != " " }.lowercased()
            credentials.insert(scheme == "bearer" ? .bearer : scheme == "basic" ? .basic : .header(name))
        } else if lower == "cookie" {
            credentials.insert(.cookie)
        } else if Self.isSecret(name) {
            credentials.insert(.header(name))
        }
    }

    /// Whether a name is one of credentials: a value too much is hidden rather than one too few.
    static func isSecret(_ name: String) -> Bool {
        let words = Words.of(name)
        let secret: Set = [
            "token", "secret", "password", "passwd", "pwd", "auth", "authorization", "apikey", "signature", "sig",
            "session",
            "credential", "credentials", "jwt", "csrf", "xsrf",
        ]
        // A token of a page leads to a page; nextpagetoken has no mark between its words.
        let paging = ["page", "next", "continuation", "cursor", "sync", "skip"]
        let isOfPages = words.contains { word in
            paging.contains { word == $0 || word.hasPrefix($0) && word.hasSuffix("token") }
        }
        if isOfPages { return false }
        if words.last == "key" { return Set(words).isDisjoint(with: ["start", "last", "sort", "partition"]) }
        // accesstoken and hapikey, too
        let parts = ["token", "secret", "passw", "apikey", "sessionid", "sessid", "credential", "signature"]
        return !Set(words).isDisjoint(with: secret) || words.contains { word in parts.contains { word.contains($0) } }
            || ["appid", "app_id", "passcode", "pin", "otp"].contains(words.joined(separator: "_"))
    }

    /// Whether a value may be a credential of whatever name: long, and of letters and digits that say nothing.
    static func looksSecret(_ value: String) -> Bool {
        let bytes = value.utf8
        let digits = bytes.count { $0 &- 0x30 <= 9 }
        let isWord = bytes.allSatisfy { byte in
            byte &- 0x30 <= 9 || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || "-_.=+/".utf8.contains(byte)
        }
        return isWord && bytes.count >= 16 && digits >= 3 && digits < bytes.count
    }

    private static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(0x20)
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
