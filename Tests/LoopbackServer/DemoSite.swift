package import JSONText

/// An API of every kind: each way of paging, of authentication, and of failing has its path. The same for our tests, for
/// dlt beside us, and for a person who wants to try something.
///
///     /pages/…      lists of `total` (default 25) items `{"id", "name", "updated_at"}`, by default 10 on a page
///     /parents      and /parents/{id}, /parents/{id}/children
///     /auth/…       two items for who shows the right credentials, else 401
///     /oauth/token  tokens: client credentials, refresh token (each is good once), JWT bearer
///     /hostile/…    what goes wrong elsewhere
///
/// All of it takes the query parameters `total`, `run` (see `ServerRequest.visit`) and `latency` (in milliseconds).
package enum DemoSite {
    package static let token = "PlantedSecret-token-1234"
    package static let apiKey = "PlantedSecret-key-5678"
    package static let user = "demo-user"
    package static let password = "PlantedSecret-password-9012"
    package static let clientID = "demo-client"
    package static let clientSecret = "PlantedSecret-secret-3456"
    package static let refreshToken = "PlantedSecret-refresh-0"

    /// - Parameter url: the server's own, for links.
    package static func answer(_ request: ServerRequest, url: String) -> ServerReply {
        var reply =
            switch request.path.split(separator: "/").first {
            case "pages": pages(request, url) ?? notFound(request)
            case "parents": parents(request) ?? notFound(request)
            case "auth": auth(request) ?? notFound(request)
            case "oauth": oauth(request) ?? notFound(request)
            case "hostile": hostile(request, url) ?? notFound(request)
            default: notFound(request)
            }
        if let latency = request["latency"].flatMap({ Double($0) }) { reply.delay += latency / 1000 }
        return reply
    }

    private static func notFound(_ request: ServerRequest) -> ServerReply {
        .json(["message": .string("there is no \(request.path)")], status: 404)
    }

    // MARK: Pages

    package static func item(_ number: Int) -> JSONValue {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
        let day = two(1 + number / 24 % 28)
        let time = "2024-\(two(1 + number / 672 % 12))-\(day)T\(two(number % 24)):00:00Z"
        return ["id": .integer(number), "name": .string("item \(number)"), "updated_at": .string(time)]
    }

    private static func items(_ range: Range<Int>) -> JSONValue { .array(range.map { item($0 + 1) }) }

    private static func total(_ request: ServerRequest) -> Int { request["total"].flatMap { Int($0) } ?? 25 }

    private static func slice(_ start: Int, _ size: Int, of total: Int) -> Range<Int> {
        let first = min(max(start, 0), total)
        return first..<min(first + max(size, 0), total)
    }

    /// The request's own URL with another value for one parameter.
    private static func link(_ request: ServerRequest, _ url: String, _ name: String, _ value: String) -> String {
        let rest = request.target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let kept = rest.split(separator: "&").filter { !$0.hasPrefix(name + "=") }
        return url + request.path + "?" + (kept + ["\(name)=\(value)"]).joined(separator: "&")
    }

    private static func pages(_ request: ServerRequest, _ url: String) -> ServerReply? {
        let total = total(request)
        func number(_ name: String, _ usual: Int) -> Int {
            (request[name] ?? request.json?[name].map { $0.stringValue ?? $0.serialized() })
                .flatMap { Int($0) } ?? usual
        }
        let size = number("limit", 10)
        switch request.path {
        case "/pages/header-link":
            let page = number("page", 1)
            var links: [String] = []
            if page * size < total { links.append("<\(link(request, url, "page", String(page + 1)))>; rel=\"next\"") }
            links.append("<\(link(request, url, "page", String((total + size - 1) / size)))>; rel=\"last\"")
            return .json(
                items(slice((page - 1) * size, size, of: total)), headers: [("Link", links.joined(separator: ", "))])
        case "/pages/json-link", "/pages/json-link-relative":
            let page = number("page", 1)
            let base = request.path.hasSuffix("relative") ? "" : url
            let next: JSONValue = page * size < total ? .string(link(request, base, "page", String(page + 1))) : .null
            return .json(["data": items(slice((page - 1) * size, size, of: total)), "next": next])
        case "/pages/offset": return offset(number("offset", 0), size, total)
        // Gives fewer than it is asked for, as many APIs do.
        case "/pages/offset-capped": return offset(number("offset", 0), min(size, 7), total)
        case "/pages/page-number":
            let start = (number("page", 0) - number("base", 0)) * size
            let count = JSONValue.integer((total + size - 1) / size)
            return .json(["results": items(slice(start, size, of: total)), "total": count, "total_pages": count])
        // Without a total: an empty page is the end.
        case "/pages/page-number-open":
            return .json(["results": items(slice(number("page", 0) * size, size, of: total))])
        case "/pages/has-more":
            let page = number("page", 0)
            return .json([
                "results": items(slice(page * size, size, of: total)), "has_more": .bool((page + 1) * size < total),
            ])
        case "/pages/cursor", "/pages/header-cursor":
            let text = request["cursor"] ?? request.json?["cursor"]?.stringValue ?? "after-0"
            let start = Int(text.dropFirst("after-".count)) ?? 0
            let end = start + size
            let next = end < total ? "after-\(end)" : nil
            let data = items(slice(start, size, of: total))
            if request.path == "/pages/header-cursor" {
                return .json(["data": data], headers: next.map { [("X-Next-Cursor", $0)] } ?? [])
            }
            return .json(["data": data, "cursors": ["next": next.map { .string($0) } ?? .null]])
        case "/pages/single": return .json(items(0..<total))
        default: return nil
        }
    }

    private static func offset(_ start: Int, _ size: Int, _ total: Int) -> ServerReply {
        .json(["items": items(slice(start, size, of: total)), "total": .integer(total)])
    }

    // MARK: Parents and children

    private static func parents(_ request: ServerRequest) -> ServerReply? {
        let parts = request.path.split(separator: "/").map { decodedQuery($0) }
        if parts.count == 1 { return .json(items(0..<total(request))) }
        guard let parent = Int(parts[1]) else { return nil }
        if parts.count == 2 { return .json(item(parent)) }
        guard parts.count == 3, parts[2] == "children" else { return nil }
        return .json([
            "items": .array(
                (1...3).map { number in
                    [
                        "id": .integer(parent * 100 + number), "parent": .integer(parent),
                        "note": .string("child \(number)"),
                    ]
                })
        ])
    }

    // MARK: Authentication

    private static func auth(_ request: ServerRequest) -> ServerReply? {
        let authorization = request.header("authorization")
        let allowed: Bool
        switch request.path {
        case "/auth/bearer": allowed = authorization == "Bearer \(token)"
        case "/auth/key-header": allowed = request.header("x-api-key") == apiKey
        case "/auth/key-query": allowed = request["api_key"] == apiKey
        case "/auth/key-cookie":
            let cookies = (request.header("cookie") ?? "").split(separator: ";").map { $0.drop { $0 == " " } }
            allowed = cookies.contains { $0 == "api_key=\(apiKey)" }
        // demo-user:PlantedSecret-password-9012
        case "/auth/basic": allowed = authorization == "Basic ZGVtby11c2VyOlBsYW50ZWRTZWNyZXQtcGFzc3dvcmQtOTAxMg=="
        case "/auth/oauth": allowed = authorization?.hasPrefix("Bearer PlantedSecret-access-") ?? false
        default: return nil
        }
        return allowed
            ? .json(items(0..<2))
            : .json(["message": "wrong credentials"], status: 401, headers: [("WWW-Authenticate", "Bearer")])
    }

    private static func oauth(_ request: ServerRequest) -> ServerReply? {
        guard request.path == "/oauth/token", request.method == "POST" else { return nil }
        let form = request.form
        let isClient = form["client_id"] == clientID && form["client_secret"] == clientSecret
        var answer: JSONObject = [
            "access_token": .string("PlantedSecret-access-\(request.visit)"), "token_type": "Bearer",
            "expires_in": 3600,
        ]
        switch form["grant_type"] {
        case "client_credentials" where isClient: break
        case "refresh_token" where isClient && form["refresh_token"] == "PlantedSecret-refresh-\(request.visit - 1)":
            answer["refresh_token"] = .string("PlantedSecret-refresh-\(request.visit)")
        case "urn:ietf:params:oauth:grant-type:jwt-bearer"
        where form["assertion"]?.split(separator: ".").count == 3: break
        default:
            return .json(["error": "invalid_grant", "error_description": "these are not the credentials"], status: 400)
        }
        return .json(.object(answer))
    }

    // MARK: What goes wrong

    private static func hostile(_ request: ServerRequest, _ url: String) -> ServerReply? {
        let good = ServerReply.json(items(0..<2))
        let isFirst = request.visit == 1
        let long = ServerReply.json(items(0..<2000))
        switch request.path.dropFirst("/hostile/".count) {
        case "429-seconds": return isFirst ? ServerReply(429, headers: [("Retry-After", "1")]) : good
        case "429-zero": return isFirst ? ServerReply(429, headers: [("Retry-After", "0")]) : good
        case "429-date":
            return isFirst ? ServerReply(429, headers: [("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")]) : good
        case "429-always": return ServerReply(429, text: "slower")
        case "503-once": return isFirst ? ServerReply(503, text: "later") : good
        case "500-always": return .json(["message": "broken"], status: 500)
        case "408-once": return isFirst ? ServerReply(408) : good
        case "401-once": return isFirst ? ServerReply(401) : good
        case "reset-once": return isFirst ? long.delivered(.reset(after: 5000)) : good
        case "reset-always": return long.delivered(.reset(after: 5000))
        case "truncated-once": return isFirst ? long.delivered(.truncated(after: 5000)) : good
        case "unfinished-chunks-once": return isFirst ? long.delivered(.unfinishedChunks) : good
        case "truncated-json": return ServerReply(text: #"[{"id":1},{"id":2"#, type: "application/json")
        case "invalid-json": return ServerReply(text: "{nothing}", type: "application/json")
        case "invalid-utf8":
            return ServerReply(
                headers: [("Content-Type", "application/json")],
                body: Array(#"[{"id":1,"name":""#.utf8) + [0xFF] + Array(#""}]"#.utf8))
        case "html": return ServerReply(text: "<html><body>Please log in</body></html>", type: "text/html")
        case "wrong-type": return ServerReply(headers: [("Content-Type", "text/plain")], body: good.body)
        case "empty": return ServerReply(headers: [("Content-Type", "application/json")])
        case "no-content": return ServerReply(204)
        case "endless":
            let other = request["page"] == "2" ? 1 : 2
            return .json(["data": items(0..<2), "next": .string("\(url)\(request.path)?page=\(other)")])
        // A feed whose last page leads to itself.
        case "feed":
            let page = request["page"].flatMap { Int($0) } ?? 1
            let next = min(page + 1, 3)
            return .json(["data": .array([item(page)]), "next": .string("\(url)\(request.path)?page=\(next)")])
        case "endless-cursor": return .json(["data": items(0..<2), "cursors": ["next": "the-same"]])
        case "drip": return good.delivered(.drip(bytes: 10, every: 0.2))
        case "silence": return good.delivered(.silence)
        case "elsewhere":
            return .redirect(to: otherHost(url) + (request["to"] ?? "/pages/single"))
        case "next-elsewhere":
            return .json(["data": items(0..<2), "next": .string(otherHost(url) + "/auth/bearer")])
        case "redirects": return .redirect(to: url + request.path)
        case "error-200": return .json(["error": ["code": 17, "message": "quota exceeded"]])
        case "null-data": return .json(["data": .null])
        case "huge": return ServerReply(text: String(repeating: " ", count: 64 << 20), type: "application/json")
        case "chunked": return good.delivered(.chunked(7))
        case "gzip": return good.gzipped()
        default: return nil
        }
    }

    private static func otherHost(_ url: String) -> String {
        url.hasPrefix("http://127.0.0.1:") ? "http://localhost:" + url.dropFirst("http://127.0.0.1:".count) : url
    }

    /// A server of this site.
    package static func start(port: Int = 0) throws -> LoopbackServer {
        try LoopbackServer(port: port) { request in
            answer(request, url: "http://\(request.header("host") ?? "127.0.0.1")")
        }
    }
}
