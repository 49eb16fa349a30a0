import Secrets

/// A request on its way through attempts and redirects.
final class Job {
    enum Purpose {
        case request(tag: Int)
        /// A request that an authentication needs before it can send others.
        case preparation(any RequestAuthentication)
    }

    let purpose: Purpose
    let request: HTTPRequest
    /// The original target of the request, and the current one.
    let firstURL: HTTPURL
    private(set) var url: HTTPURL
    private(set) var method: String
    private(set) var body: [UInt8]?
    private var redirects = 0
    private let home: HTTPURL

    var attempts = 0
    var lastStatus: Int?
    /// The generation of the credentials that were sent last; nil: none were sent.
    var sentGeneration: Int?
    var hasRenewed = false
    var preparations = 0
    /// The earliest time of sending.
    var notBefore: Int64 = 0

    init(_ request: HTTPRequest, _ purpose: Purpose) throws(HTTPFailure) {
        self.purpose = purpose
        self.request = request
        guard let url = HTTPURL(request.url) else {
            let reason = "this is not a URL of http or https"
            throw HTTPFailure(
                .url, "unable to \(request.method) \(HTTPURL.shown(request.url)): \(reason)", reason: reason)
        }
        firstURL = url
        self.url = url
        method = request.method
        body = request.body
        home = request.home.flatMap { HTTPURL($0) } ?? url
        let heads = [request.method] + request.headers.flatMap { [$0.name, $0.value] }
        if heads.contains(where: { $0.utf8.contains { $0 == 0x0A || $0 == 0x0D || $0 == 0 } }) {
            throw failure(.local, "a header holds a line break")
        }
    }

    /// "GET https://…", without secrets.
    var described: String { "\(method) \(url.shown)" }

    func failure(_ kind: HTTPFailure.Kind, _ reason: String) -> HTTPFailure {
        let count = attempts > 1 ? " (after \(attempts) attempts)" : ""
        let reason = Secrets.hidden(reason)
        return HTTPFailure(
            kind, "unable to \(described): \(reason)\(count)", reason: reason, lastStatus: lastStatus,
            attempts: attempts)
    }

    /// Returns to the beginning, for another attempt.
    func restart() {
        url = firstURL
        method = request.method
        body = request.body
        redirects = 0
    }

    // MARK: Credentials

    /// Whether this hop may carry the secrets for the home.
    var mayCarryCredentials: Bool {
        if url.host == home.host {
            if url.scheme == home.scheme && url.effectivePort == home.effectivePort { return true }
            // The same server asks for TLS.
            if home.scheme == "http" && url.scheme == "https" && home.effectivePort == 80 && url.effectivePort == 443 {
                return true
            }
        }
        // No option can allow something that every listener on the way could read.
        if home.scheme == "https" && url.scheme == "http" { return false }
        return request.allowedHosts.contains { $0.lowercased() == url.host || $0.lowercased() == url.authority }
            || request.allowedHosts.contains("\(url.host):\(url.effectivePort)")
    }

    private static let harmless: Set<String> = [
        "accept", "accept-charset", "accept-language", "cache-control", "content-language", "content-type",
        "if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "range", "user-agent",
    ]

    var holdsPrivateHeaders: Bool { request.headers.contains { !Self.harmless.contains($0.name.lowercased()) } }

    /// The request as it is sent.
    func message(_ credentials: Credentials?) -> Transfer.Message {
        var headers = request.headers
        var target = url
        // Credentials in the URL itself are for the host that it names.
        if url.authority != firstURL.authority { target.userInfo = nil }
        if !mayCarryCredentials { headers.removeAll { !Self.harmless.contains($0.name.lowercased()) } }
        if body == nil { headers.removeAll { isSameHeader($0.name, "Content-Type") && request.body != nil } }
        if let credentials {
            for header in credentials.headers {
                headers.removeAll { isSameHeader($0.name, header.name) }
                headers.append(header)
            }
            for (name, value) in credentials.query { target.appendQuery(name, value) }
            if !credentials.cookies.isEmpty {
                let own = headers.filter { isSameHeader($0.name, "Cookie") }.map(\.value)
                headers.removeAll { isSameHeader($0.name, "Cookie") }
                let added = credentials.cookies.map { "\($0.name)=\($0.value)" }
                headers.append(("Cookie", (own + added).joined(separator: "; ")))
            }
        }
        return Transfer.Message(method: method, url: target.text, headers: headers, body: body, file: request.file)
    }

    // MARK: Redirects

    /// Follows the response's redirect; false when there is none.
    func follow(_ status: Int, _ location: String?, maximum: Int) throws(HTTPFailure) -> Bool {
        guard [301, 302, 303, 307, 308].contains(status), let location else { return false }
        redirects += 1
        if redirects > maximum { throw failure(.tooManyRedirects, "more than \(maximum) redirects") }
        guard let next = url.resolving(location) else {
            throw failure(.badRedirect, "the server redirects to something that is not a URL of http or https")
        }
        // As clients have always done, including dlt's: only 307 and 308 keep the method of a POST.
        if (status == 303 && method != "HEAD") || (status == 302 && method != "HEAD")
            || (status == 301 && method == "POST")
        {
            method = "GET"
            body = nil
        }
        let from = described
        url = next
        if let body, !body.isEmpty, !mayCarryCredentials {
            let reason = "the server redirects the request with its body to \(next.server)"
            throw HTTPFailure(
                .unsafeRedirect, "unable to \(from): \(reason)", reason: reason, lastStatus: status, attempts: attempts)
        }
        return true
    }
}
