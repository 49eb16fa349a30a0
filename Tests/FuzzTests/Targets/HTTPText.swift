import Authentication
import Secrets

@testable import HTTP
@testable import RESTConnector

extension FuzzTarget {
    /// What servers say beside their bodies: links, waits, limits, tokens; and URLs.
    static let http = FuzzTarget(name: "http") { bytes in
        var input = FuzzInput(bytes)
        let kind = input.option(below: 5)
        let text = input.text
        switch kind {
        case 0:
            _ = LinkHeader.target(of: "next", in: [text, text])
        case 1:
            if let url = HTTPURL(text) {
                try require(isSame(HTTPURL(url.text), url), "\(url.text) is another URL than \(text)")
            }
            guard let base = HTTPURL("https://user:pw@example.com:8443/a/b/../c?d=e"),
                let link = base.resolving(text)
            else { return }
            try require(isSame(HTTPURL(link.text), link), "\(link.text) is another URL than \(text) leads to")
        case 2:
            var headers = HTTPHeaders()
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { headers.append(String(parts[0]), String(parts[1])) }
            }
            let limits = ServerLimits(headers, now: 1_700_000_000)
            let policy = RetryPolicy()
            for attempt in [1, 5, 1000] {
                let delay = policy.delay(afterAttempt: attempt, asked: limits.retryAfter, random: 1)
                try require(delay >= 0 && delay <= policy.maximumDelay, "a wait of \(delay) s")
            }
            _ = limits.isExhausted
        case 3:
            let authentication = OAuth2(.init(tokenURL: "https://x/", grant: .clientCredentials(id: "i", secret: "s")))
            try? authentication.accept(
                HTTPResponse(status: 200, headers: HTTPHeaders(), body: input.bytes, url: "https://x/", attempts: 1))
            _ = authentication.credentials()
        default:
            Secrets.keep("hunter2")
            let shown = Secrets.hidden(text)
            try require(shown.utf8.firstRange(of: "hunter2".utf8) == nil, "a secret is shown")
            _ = HTTPURL.shown(text)
            let masked = Secrets.masked(url: "postgresql://user:\(text)@host/db?password=\(text)")
            try require(
                masked == "postgresql://user:***@host/db?password=***"
                    || text.utf8.contains { "@/?#&".utf8.contains($0) }, masked)
        }
    }
}

/// Whether both lead to the same server, as the same user, and ask it for the same. An empty path asks for `/`, and the usual port need
/// not be named.
private func isSame(_ read: HTTPURL?, _ written: HTTPURL) -> Bool {
    guard let read else { return false }
    return read.text == written.text && read.scheme == written.scheme && read.host == written.host
        && read.effectivePort == written.effectivePort && read.userInfo == written.userInfo
        && read.target == written.target
}
