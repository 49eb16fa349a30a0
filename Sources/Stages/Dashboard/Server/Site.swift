import Digests
import Encodings
import Failures
import HTTPServer
import JSONText
import Markup
import ProgramSupport
import SystemIO
import Zlib

/// Answers requests: those that pass the gate are answered with pages, others with 403.
final class Site: HTTPAnswering {
    let pages: Pages
    private let gate: Gate
    private let assets: Assets.Source
    private let isStopping: @Sendable () -> Bool

    init(_ pages: Pages, _ gate: Gate, assets: Assets.Source, isStopping: @escaping @Sendable () -> Bool) {
        self.pages = pages
        self.gate = gate
        self.assets = assets
        self.isStopping = isStopping
    }

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        var response: HTTPResponse
        switch gate.judge(request) {
        case .refuse(let reason): response = refusal(reason)
        case .exchange(let location):
            response = HTTPResponse(
                303,
                headers: [("Location", location), ("Set-Cookie", gate.cookieHeader), ("Cache-Control", "no-store")])
        case .enter where request.method != "GET" && request.method != "HEAD":
            response = HTTPResponse(405, headers: [("Allow", "GET, HEAD"), ("Connection", "close")])
        case .enter: response = content(request)
        }
        response.headers += Self.protections
        return response
    }

    private static let protections: [(name: String, value: String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ]

    private func refusal(_ reason: String) -> HTTPResponse {
        let page: HTML = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>dlt dashboard</title></head><body><h1>Not for you</h1><p>\(reason)</p></body></html>

            """
        return HTTPResponse(
            403, headers: [("Content-Type", Kind.html), ("Cache-Control", "no-store")], body: .bytes(page.bytes))
    }

    private enum Kind {
        static let html = "text/html; charset=utf-8"
        static let json = "application/json"
        static let text = "text/plain; version=0.0.4; charset=utf-8"
    }

    private func content(_ request: HTTPRequest) -> HTTPResponse {
        if request.path.hasPrefix("/-/") { return asset(String(request.path.dropFirst(3)), request) }
        let query = Question(request)
        guard let target = Route.target(ofPath: request.path) else { return missing(request) }
        switch target.route {
        case .metrics where !target.isJSON:
            return sent(Array(Metrics(pages.catalogs).text().utf8), as: Kind.text, request)
        case .events where !target.isJSON:
            return HTTPResponse(
                200, headers: [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")],
                body: .stream(
                    EventStream(pages.catalogs, since: request.header("last-event-id"), isStopping: isStopping)))
        case .metrics, .events: return missing(request)
        default: break
        }
        let page: Page
        let links = Links.server.within(target.directory)
        do { page = try pages.page(target.route, of: target.directory, query, links) } catch is PageMissing {
            return missing(request)
        } catch {
            page = pages.failure(target.route, error)
        }
        if target.isJSON {
            return sent(
                page.json.serializedBytes(.pretty) + [0x0A], as: Kind.json, request, status: page.code)
        }
        let html = frame(links).html(page, query: query.pairs)
        return sent(html.bytes, as: Kind.html, request, status: page.code)
    }

    private func missing(_ request: HTTPRequest) -> HTTPResponse {
        let page = Page(
            route: .overview, title: "There is no such page", trail: [("Overview", .overview)],
            body: Panel.empty(
                "Nothing is here.",
                "The pipeline, package or page may have gone. The <a href=\"/\">overview</a> shows what there is."),
            json: ["error": "there is no such page"], code: 404, isLive: false)
        if request.path.hasSuffix(".json") {
            return sent(page.json.serializedBytes(.pretty) + [0x0A], as: Kind.json, request, status: 404)
        }
        return sent(
            frame(.server).html(page).bytes, as: Kind.html, request, status: 404)
    }

    private func frame(_ links: Links) -> Frame {
        Frame(links: links, hasSQL: pages.allowsSQL, hasSpool: pages.hasSpool)
    }

    private func asset(_ name: String, _ request: HTTPRequest) -> HTTPResponse {
        guard let asset = assets.asset(name) else { return missing(request) }
        return sent(asset.bytes, as: asset.type, request, isForever: assets.areEmbedded)
    }

    /// With a name for the content, so that a browser which has it does not get it again.
    private func sent(
        _ bytes: [UInt8], as type: String, _ request: HTTPRequest, status: Int = 200, isForever: Bool = false
    ) -> HTTPResponse {
        let tag = "\"\(Hexadecimal.text(SHA256.digest(bytes).prefix(12)))\""
        var headers: [(name: String, value: String)] = [
            ("Content-Type", type), ("ETag", tag), ("Vary", "Accept-Encoding"),
            ("Cache-Control", isForever ? "private, max-age=31536000, immutable" : "private, no-cache"),
        ]
        if status == 200, request.headers("if-none-match").contains(where: { $0 == "*" || $0.contains(tag) }) {
            return HTTPResponse(304, headers: headers)
        }
        guard bytes.count > 1024, accepts("gzip", request) else {
            return HTTPResponse(status, headers: headers, body: .bytes(bytes))
        }
        headers.append(("Content-Encoding", "gzip"))
        return HTTPResponse(status, headers: headers, body: .bytes(Deflate.gzipCompress(bytes, level: 4)))
    }

    private func accepts(_ coding: String, _ request: HTTPRequest) -> Bool {
        request.headers("accept-encoding").flatMap { $0.split(separator: ",") }.contains { part in
            let words = part.lowercased().filter { $0 != " " }
            return words == coding || words.hasPrefix(coding + ";") && !words.hasSuffix(";q=0")
        }
    }
}

/// What stands after the question mark, decoded.
struct Question: Sendable {
    let pairs: [(String, String)]
    /// Whether who asked has gone.
    let isAbandoned: @Sendable () -> Bool

    init(_ pairs: [(String, String)] = []) {
        self.pairs = pairs
        isAbandoned = { false }
    }

    init(_ request: HTTPRequest) {
        isAbandoned = request.isAbandoned
        pairs = request.query.map { (Gate.decoded($0.name), Gate.decoded($0.value ?? "")) }
    }

    subscript(name: String) -> String? {
        guard let value = pairs.first(where: { $0.0 == name })?.1, !value.isEmpty else { return nil }
        return value
    }
}
