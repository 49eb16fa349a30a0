import Encodings
package import HTTPServer

/// Who may see anything at all. Whatever is asked for passes here first, style sheets too.
package struct Gate: Sendable {
    package let token: AccessToken
    /// The names that the server answers to, in lower case, without a port.
    package let hosts: Set<String>
    /// Cookies know no ports, so two dashboards on one machine need two names.
    package let cookie: String

    package enum Verdict: Equatable {
        case enter
        /// The token was in the URL: to go there without it, with the cookie.
        case exchange(location: String)
        case refuse(String)
    }

    package init(token: AccessToken, hosts: Set<String>, cookie: String) {
        self.token = token
        self.hosts = hosts
        self.cookie = cookie
    }

    package func judge(_ request: HTTPRequest) -> Verdict {
        // A page of another site may have had its own name point here.
        guard let host = request.header("host"), hosts.contains(Self.name(ofHost: host)) else {
            return .refuse("The request is for a host name that this dashboard does not have; --host gives it one.")
        }
        // A proxy is asked for a whole URL, whose host may be another than that of the header.
        guard request.path.hasPrefix("/") else { return .refuse("The request is not for a page of this dashboard.") }
        let origins = request.headers("origin")
        guard origins.allSatisfy({ $0.lowercased() == "http://\(host.lowercased())" }) else {
            return .refuse("The request comes from a page of another site.")
        }
        let offered = request.query.filter { $0.name == "token" }
        if !offered.isEmpty {
            guard offered.count == 1, token.matches(Self.decoded(offered[0].value ?? "")) else {
                return .refuse("The token is not the one of this dashboard, which may have been started anew.")
            }
            return .exchange(location: Self.location(request))
        }
        if let authorization = request.header("authorization"), authorization.hasPrefix("Bearer ") {
            return token.matches(String(authorization.dropFirst(7))) ? .enter : .refuse("The token is wrong.")
        }
        let sessions = request.headers("cookie").flatMap { $0.split(separator: ";") }.compactMap { pair -> String? in
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            return parts.count == 2 && parts[0] == cookie ? parts[1] : nil
        }
        guard sessions.contains(where: { token.matches(session: $0) }) else {
            return .refuse(
                "The URL needs the token: ?token= and the text that dlt-dashboard printed, or that its token file has.")
        }
        return .enter
    }

    var cookieHeader: String { "\(cookie)=\(token.session); HttpOnly; SameSite=Strict; Path=/" }

    /// `localhost` of `localhost:8042`, `[::1]` of `[::1]:8042`.
    static func name(ofHost host: String) -> String {
        let host = host.lowercased()
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.prefix { $0 != ":" })
    }

    /// The same place without the token. Two slashes would be another host; they are looked for by bytes, since a slash with a combining
    /// mark after it is another character than a slash.
    private static func location(_ request: HTTPRequest) -> String {
        let rest = request.path.utf8.drop { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        let path = "/" + String(decoding: rest, as: UTF8.self)
        let query = request.query.filter { $0.name != "token" }.map { pair in
            pair.name + (pair.value.map { "=" + $0 } ?? "")
        }
        let text = path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        // Plus signs have become spaces.
        return PercentEncoding.encoded(text) { $0 > 0x20 && $0 < 0x7F }
    }

    static func decoded(_ text: String) -> String {
        String(decoding: PercentEncoding.decoded(text.utf8), as: UTF8.self)
    }
}
