import HTTP
import TestSupport
import Testing

struct HTTPTests {
    private func client(_ change: (inout HTTPClient.Limits) -> Void = { _ in }) throws -> HTTPClient {
        var limits = HTTPClient.Limits()
        change(&limits)
        return try HTTPClient(limits: limits, userAgent: "test/1")
    }

    @Test func `a request arrives as it was made, and its answer comes back`() throws {
        let server = try LoopbackServer(.init(201, headers: ["X-Kind:  some thing "]))
        defer { server.stop() }
        let response = try client().send(
            HTTPRequest(
                method: "POST", url: server.url + "/a?b=c", headers: [("X-One", "1"), ("X-Empty", "")],
                body: Array("{\"é\":1}".utf8)))
        #expect(response.status == 201 && response.isSuccess)
        #expect(response.header("x-kind") == "some thing")
        #expect(String(decoding: response.body, as: UTF8.self) == "ok")
        let request = try #require(server.requests.first)
        #expect(request.line == "POST /a?b=c HTTP/1.1")
        #expect(request.body == "{\"é\":1}")
        #expect(request.headers.contains("X-One: 1") && request.headers.contains("X-Empty:"))
        #expect(request.headers.contains("User-Agent: test/1"))
    }

    @Test func `one client sends several requests`() throws {
        let server = try LoopbackServer(.init(200), .init(404))
        defer { server.stop() }
        let client = try client()
        #expect(try client.send(HTTPRequest(method: "POST", url: server.url, body: [65])).status == 200)
        #expect(try client.send(HTTPRequest(url: server.url)).status == 404)
        #expect(server.requests.map(\.line) == ["POST / HTTP/1.1", "GET / HTTP/1.1"])
        #expect(server.requests.map(\.body) == ["A", ""])
    }

    @Test func `a redirect is an answer, not an order`() throws {
        let server = try LoopbackServer(.init(302, headers: ["Location: http://127.0.0.1:1/"]))
        defer { server.stop() }
        #expect(try client().send(HTTPRequest(url: server.url)).status == 302)
    }

    @Test func `what cannot be reached is unavailable, and the URL stays secret`() throws {
        let error = #expect(throws: HTTPError.self) {
            try client().send(HTTPRequest(url: "http://127.0.0.1:1/top-secret"))
        }
        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("top-secret") == false)
    }

    @Test func `a slow server is given up`() throws {
        let server = try LoopbackServer(.init(200, delayMilliseconds: 3000))
        defer { server.stop() }
        let error = #expect(throws: HTTPError.self) {
            try client { $0.totalMilliseconds = 200 }.send(HTTPRequest(url: server.url))
        }
        #expect(error?.kind == .unavailable)
    }

    @Test func `an answer beyond the limit is refused`() throws {
        let server = try LoopbackServer(.init(200))
        defer { server.stop() }
        let error = #expect(throws: HTTPError.self) {
            try client { $0.bodyBytes = 1 }.send(HTTPRequest(url: server.url))
        }
        #expect(error?.kind == .tooLarge)
    }

    @Test(arguments: ["file:///etc/passwd", "nonsense://x", ""])
    func `only http and https are spoken`(url: String) {
        let error = #expect(throws: HTTPError.self) { try client().send(HTTPRequest(url: url)) }
        #expect(error?.kind == .usage)
    }

    @Test func `a header cannot smuggle another one`() {
        let error = #expect(throws: HTTPError.self) {
            try client().send(HTTPRequest(url: "http://127.0.0.1:1", headers: [("A", "b\r\nC: d")]))
        }
        #expect(error?.kind == .usage)
    }
}
