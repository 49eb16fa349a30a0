import HTTP
import JSONText
import LoopbackServer
import Synchronization
import SystemIO
import Testing

/// Waits are a hundredth of the usual ones.
func quickOptions() -> HTTPClientOptions {
    var options = HTTPClientOptions()
    options.retry.backoff = 0.01
    options.connectTimeout = 5
    options.idleTimeout = 5
    // What the machine's environment says of proxies is not for loopback.
    options.proxy = ""
    return options
}

/// What the client told while it waited.
final class EventLog: Sendable {
    private let all = Mutex<[HTTPEvent]>([])
    var events: [HTTPEvent] { all.withLock { $0 } }
    func append(_ event: HTTPEvent) { all.withLock { $0.append(event) } }
}

func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

struct HTTPClientTests {
    @Test func `a request arrives as it was made`() throws {
        let server = try LoopbackServer { _ in
            ServerReply(201, headers: [("X-A", "1"), ("x-a", "2")], body: [1, 2, 0, 255])
        }
        var options = quickOptions()
        options.userAgent = "agent/1"
        let client = try HTTPClient(options)
        let response = try client.send(
            HTTPRequest(
                method: "PATCH", url: server.url + "/a%2Fb/../c?q=1 2#part",
                headers: [("X-One", "eins"), ("X-Empty", ""), ("Content-Type", "application/json")],
                body: Array("{}".utf8)))
        #expect(response.status == 201)
        #expect(response.headers["X-a"] == "1")
        #expect(response.headers.all("X-A") == ["1", "2"])
        #expect(response.body == [1, 2, 0, 255])
        #expect(response.url == server.url + "/a%2Fb/../c?q=1%202")
        #expect(response.attempts == 1)
        let request = try #require(server.requests.first)
        #expect(request.method == "PATCH")
        #expect(request.target == "/a%2Fb/../c?q=1%202")
        #expect(request.header("x-one") == "eins")
        #expect(request.header("x-empty") == "")
        #expect(request.header("content-type") == "application/json")
        #expect(request.header("user-agent") == "agent/1")
        #expect(request.header("expect") == nil)
        #expect(request.header("accept-encoding")?.contains("gzip") == true)
        #expect(request.body == Array("{}".utf8))
    }

    @Test(arguments: ["GET", "POST", "PUT", "DELETE", "HEAD"])
    func `methods go with and without a body`(method: String) throws {
        let server = try LoopbackServer { request in ServerReply(200, body: request.body) }
        let client = try HTTPClient(quickOptions())
        let empty = try client.send(HTTPRequest(method: method, url: server.url))
        #expect(empty.status == 200 && empty.body.isEmpty)
        if ["POST", "PUT"].contains(method) { #expect(server.requests.last?.header("content-length") == "0") }
        if method == "HEAD" { return }
        let body = Array("x=1".utf8)
        let full = try client.send(HTTPRequest(method: method, url: server.url, body: body))
        #expect(full.body == body)
        #expect(server.requests.last?.header("content-type") == nil)
        #expect(server.requests.last?.method == method)
    }

    @Test func `a header cannot smuggle another in`() throws {
        let server = try DemoSite.start()
        let client = try HTTPClient(quickOptions())
        let failure = #expect(throws: HTTPFailure.self) {
            try client.send(HTTPRequest(url: server.url, headers: [("X", "a\r\nY: b")]))
        }
        #expect(failure?.kind == .local)
        #expect(server.requests.isEmpty)
    }

    @Test func `connections are used again`() throws {
        let server = try DemoSite.start()
        let client = try HTTPClient(quickOptions())
        for _ in 0..<20 { #expect(try client.send(HTTPRequest(url: server.url + "/pages/single")).status == 200) }
        #expect(server.connections == 1)
    }

    @Test(arguments: ["chunked", "gzip", "wrong-type"])
    func `a body comes whole however it is sent`(path: String) throws {
        let server = try DemoSite.start()
        let response = try HTTPClient(quickOptions()).send(HTTPRequest(url: server.url + "/hostile/" + path))
        #expect(try JSONValue(parsing: response.body).arrayValue?.count == 2)
    }

    @Test func `a body may end with its connection`() throws {
        let server = try LoopbackServer { _ in ServerReply(text: "all of it").delivered(.untilClose) }
        #expect(text(try HTTPClient(quickOptions()).send(HTTPRequest(url: server.url))) == "all of it")
    }

    @Test func `answers of any status are answers`() throws {
        let server = try LoopbackServer { request in ServerReply(Int(request["status"] ?? "") ?? 200, text: "why") }
        let client = try HTTPClient(quickOptions())
        for status in [204, 400, 401, 403, 404, 409, 422] {
            let response = try client.send(HTTPRequest(url: "\(server.url)/?status=\(status)"))
            #expect(response.status == status && response.attempts == 1)
        }
    }

    @Test func `requests run side by side, each with its own answer`() throws {
        let server = try LoopbackServer { ServerReply(text: $0.target).delayed(0.1) }
        let client = try HTTPClient(quickOptions())
        for tag in 0..<10 { client.start(HTTPRequest(url: "\(server.url)/\(tag)"), tag: tag) }
        #expect(client.inFlight == 10)
        var seen: Set<Int> = []
        let start = Clock.monotonicNanoseconds()
        while let completion = try client.next() {
            #expect(text(try completion.result.get()) == "/\(completion.tag)")
            seen.insert(completion.tag)
            // Some are added while others are under way.
            if completion.tag < 5 {
                client.start(HTTPRequest(url: "\(server.url)/\(completion.tag + 10)"), tag: completion.tag + 10)
            }
        }
        #expect(seen == Set(0..<15))
        #expect(client.inFlight == 0)
        #expect(server.mostUnderWay >= 5)
        // One after the other would be 1.5 seconds.
        #expect(Clock.monotonicNanoseconds() - start < 1_000_000_000)
    }

    @Test func `no more connections than allowed go to one host`() throws {
        let server = try LoopbackServer { _ in ServerReply().delayed(0.02) }
        var options = quickOptions()
        options.maximumConnectionsPerHost = 3
        let client = try HTTPClient(options)
        for tag in 0..<30 { client.start(HTTPRequest(url: server.url), tag: tag) }
        var count = 0
        while try client.next() != nil { count += 1 }
        #expect(count == 30)
        #expect(server.mostUnderWay == 3)
        #expect(server.connections == 3)
    }

    @Test func `a deadline ends the wait and not the request`() throws {
        let server = try LoopbackServer { _ in ServerReply(text: "late").delayed(0.3) }
        let client = try HTTPClient(quickOptions())
        client.start(HTTPRequest(url: server.url), tag: 7)
        #expect(try client.next(until: Clock.monotonicNanoseconds() + 20_000_000) == nil)
        #expect(client.inFlight == 1)
        #expect(try client.next()?.tag == 7)
    }

    @Test func `a request to stop ends the wait at once`() throws {
        let server = try LoopbackServer { _ in ServerReply().delivered(.silence) }
        let pipe = try Descriptor.pipe()
        var options = quickOptions()
        options.stopDescriptor = pipe.reading.raw
        let client = try HTTPClient(options)
        client.start(HTTPRequest(url: server.url), tag: 0)
        #expect(try client.next(until: Clock.monotonicNanoseconds() + 20_000_000) == nil)
        try pipe.writing.writeAll("x")
        let start = Clock.monotonicNanoseconds()
        let failure = #expect(throws: HTTPFailure.self) { try client.next() }
        #expect(failure?.kind == .stopped)
        #expect(Clock.monotonicNanoseconds() - start < 1_000_000_000)
    }

    @Test func `a rate holds for all requests to a host`() throws {
        let server = try DemoSite.start()
        var options = quickOptions()
        options.rate = 50
        let client = try HTTPClient(options)
        let start = Clock.monotonicNanoseconds()
        for tag in 0..<26 { client.start(HTTPRequest(url: server.url + "/pages/single"), tag: tag) }
        while try client.next() != nil {}
        let seconds = Double(Clock.monotonicNanoseconds() - start) / 1e9
        #expect(seconds >= 0.48, "25 intervals of 20 ms, and one start that may come early")
        #expect(seconds < 2)
    }

    @Test func `a proxy is used when it is named`() throws {
        let proxy = try LoopbackServer { ServerReply(text: "proxied \($0.target)") }
        var options = quickOptions()
        options.proxy = proxy.url
        let response = try HTTPClient(options).send(HTTPRequest(url: "http://api.invalid/items?x=1"))
        #expect(text(response) == "proxied http://api.invalid/items?x=1")
    }

    // MARK: Redirects

    @Test func `redirects are followed with the usual methods`() throws {
        let server = try LoopbackServer { request in
            if let status = request["status"].flatMap({ Int($0) }) {
                return .redirect(to: "landed?a=1", status: status)
            }
            return ServerReply(text: "\(request.method) \(request.target) \(request.body.count)")
        }
        let client = try HTTPClient(quickOptions())
        func land(_ method: String, _ status: Int) throws -> String {
            text(try client.send(HTTPRequest(method: method, url: "\(server.url)/x/y?status=\(status)", body: [1, 2])))
        }
        for status in [301, 302, 303] { #expect(try land("POST", status) == "GET /x/landed?a=1 0") }
        for status in [307, 308] { #expect(try land("POST", status) == "POST /x/landed?a=1 2") }
        #expect(try land("PUT", 301) == "PUT /x/landed?a=1 2")
        let response = try client.send(HTTPRequest(url: "\(server.url)/?status=302"))
        #expect(response.url == server.url + "/landed?a=1")
        #expect(response.attempts == 1)
    }

    @Test func `endless redirects end`() throws {
        let server = try DemoSite.start()
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient(quickOptions()).send(HTTPRequest(url: server.url + "/hostile/redirects"))
        }
        #expect(failure?.kind == .tooManyRedirects)
        #expect(server.requests.count == 21)
    }

    @Test func `a redirect to another host carries no secrets unless that is allowed`() throws {
        let server = try DemoSite.start()
        let client = try HTTPClient(quickOptions())
        let url = server.url + "/hostile/elsewhere?to=/auth/bearer"
        let headers = [
            ("Authorization", "Bearer \(DemoSite.token)"), ("X-Api-Key", "k"), ("Cookie", "c=1"), ("Accept", "a/b"),
        ]
        let refused = try client.send(HTTPRequest(url: url, headers: headers))
        #expect(refused.status == 401)
        #expect(refused.withheldFrom == "localhost:\(server.port)")
        let seen = try #require(server.requests.last)
        #expect(seen.header("host") == "localhost:\(server.port)")
        for name in ["authorization", "x-api-key", "cookie"] { #expect(seen.header(name) == nil, "\(name)") }
        #expect(seen.header("accept") == "a/b")

        let allowed = try client.send(HTTPRequest(url: url, headers: headers, allowedHosts: ["localhost"]))
        #expect(allowed.status == 200)
        #expect(allowed.withheldFrom == nil)
        let other = try client.send(HTTPRequest(url: url, headers: headers, allowedHosts: ["localhost:1"]))
        #expect(other.status == 401)
    }

    @Test func `a link to another host carries no secrets when the request names its home`() throws {
        let server = try DemoSite.start()
        let client = try HTTPClient(quickOptions())
        let headers = [("Authorization", "Bearer \(DemoSite.token)")]
        let link = server.otherURL + "/auth/bearer"
        #expect(try client.send(HTTPRequest(url: link, headers: headers)).status == 200)
        let response = try client.send(HTTPRequest(url: link, headers: headers, home: server.url))
        #expect(response.status == 401)
        #expect(response.withheldFrom == "localhost:\(server.port)")
    }

    @Test func `a redirect does not take a body to another host`() throws {
        let server = try LoopbackServer { request in
            .redirect(
                to: "http://localhost:\((request.header("host") ?? "").split(separator: ":").last ?? "")/x", status: 307
            )
        }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient(quickOptions()).send(
                HTTPRequest(method: "POST", url: server.url, body: Array("secret".utf8)))
        }
        #expect(failure?.kind == .unsafeRedirect)
        #expect(server.requests.count == 1)
    }
}
