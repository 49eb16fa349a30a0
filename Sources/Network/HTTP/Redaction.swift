/// Keeps secrets out of messages.
package struct Redaction: Sendable {
    private var secrets: [String] = []

    package init(secrets: [String] = []) {
        // One or two characters would turn every text into asterisks.
        var all = secrets.filter { $0.utf8.count > 2 }
        all += all.map { HTTPURL.encoded($0) }
        self.secrets = Set(all).sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    /// The text with every secret replaced by `***`.
    package func text(_ text: String) -> String {
        secrets.reduce(text) { Self.replacing($1, in: $0) }
    }

    /// The URL with its user, its secret-looking query values and every known secret replaced by `***`.
    package func url(_ text: String) -> String {
        guard var url = HTTPURL(text) else { return self.text(text) }
        if url.userInfo != nil { url.userInfo = "***" }
        if let query = url.query {
            url.query = query.split(separator: "&", omittingEmptySubsequences: false).map { item in
                let name = item.prefix { $0 != "=" }
                return Self.looksSecret(HTTPURL.decodedQuery(name)) && name.endIndex < item.endIndex
                    ? "\(name)=***" : String(item)
            }.joined(separator: "&")
        }
        return self.text(url.text)
    }

    /// Whether a parameter of that name usually holds a secret.
    package static func looksSecret(_ name: String) -> Bool {
        let plain = name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != "." }
        if ["key", "auth", "sig", "code", "pwd", "pass", "appid", "clientid", "username", "assertion", "jwt"].contains(
            plain)
        {
            return true
        }
        return [
            "token", "apikey", "accesskey", "secretkey", "privatekey", "subscriptionkey", "appkey", "secret",
            "password",
            "passwd", "passphrase", "authorization", "credential", "signature", "session",
        ].contains { Self.find(Array($0.utf8), in: Array(plain.utf8), from: 0) != nil }
    }

    private static func replacing(_ secret: String, in text: String) -> String {
        let (sought, all) = (Array(secret.utf8), Array(text.utf8))
        guard var place = find(sought, in: all, from: 0) else { return text }
        var result: [UInt8] = []
        var start = 0
        while true {
            result += all[start..<place] + Array("***".utf8)
            start = place + sought.count
            guard let next = find(sought, in: all, from: start) else { break }
            place = next
        }
        return String(decoding: result + all[start...], as: UTF8.self)
    }

    private static func find(_ sought: [UInt8], in all: [UInt8], from start: Int) -> Int? {
        guard !sought.isEmpty, all.count - start >= sought.count else { return nil }
        return (start...all.count - sought.count).first { all[$0] == sought[0] && all[$0...].starts(with: sought) }
    }
}
