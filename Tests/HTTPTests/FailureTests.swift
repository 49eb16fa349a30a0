import HTTP
import JSONText
import LoopbackServer
import SystemIO
import Testing

/// What servers and networks do wrong, and what becomes of it.
struct FailureTests {
    private func send(
        _ server: LoopbackServer, _ path: String, options: HTTPClientOptions = quickOptions()
    ) throws -> HTTPResponse {
        try HTTPClient(options).send(HTTPRequest(url: server.url + "/hostile/" + path))
    }

    @Test(arguments: [
        ("503-once", "503"), ("408-once", "408"), ("429-zero", "429"), ("429-date", "429"), ("reset-once", "reset"),
        ("truncated-once", "truncated"), ("unfinished-chunks-once", "truncated"),
    ])
    func `what passes is tried again and told`(path: String, reason: String) throws {
        let server = try DemoSite.start()
        let log = EventLog()
        var options = quickOptions()
        options.onEvent = { log.append($0) }
        let response = try send(server, path, options: options)
        #expect(response.status == 200)
        #expect(response.attempts == 2)
        #expect(try JSONValue(parsing: response.body).arrayValue?.count == 2)
        #expect(server.requests.count == 2)
        guard case .retrying(let host, let told, let delay, let attempt)? = log.events.first else {
            Issue.record("nothing was told: \(log.events)")
            return
        }
        #expect(host == "127.0.0.1:\(server.port)")
        #expect(told == reason || (reason == "truncated" && told == "reset"))
        // Zero and a date that is past mean the ordinary wait, between half of it and the whole.
        #expect(delay >= 0.005 && delay <= 0.01)
        #expect(attempt == 2)
    }

    @Test func `Retry-After is waited for, by every request to the host`() throws {
        let server = try LoopbackServer { request in
            request.path == "/limited" && request.visit == 1
                ? ServerReply(429, headers: [("Retry-After", "1")]) : ServerReply()
        }
        let client = try HTTPClient(quickOptions())
        let start = Clock.monotonicNanoseconds()
        client.start(HTTPRequest(url: server.url + "/limited"), tag: 0)
        // While the first is answered the second is not there yet.
        #expect(try client.next(until: start + 300_000_000) == nil)
        client.start(HTTPRequest(url: server.url + "/other"), tag: 1)
        var statuses: [Int] = []
        while let completion = try client.next() { statuses.append(try completion.result.get().status) }
        #expect(statuses == [200, 200])
        #expect(Clock.monotonicNanoseconds() - start > 950_000_000)
        #expect(server.requests.map(\.path).first == "/limited")
        #expect(server.requests.count == 3)
    }

    @Test func `a limit that the headers announce is kept before it is hit`() throws {
        let server = try LoopbackServer { request in
            let left = max(3 - request.visit, 0)
            return ServerReply(headers: [("RateLimit-Remaining", String(left)), ("RateLimit-Reset", "1")])
        }
        let log = EventLog()
        var options = quickOptions()
        options.onEvent = { log.append($0) }
        let client = try HTTPClient(options)
        // The first answer tells of two more.
        for tag in 0..<3 {
            client.start(HTTPRequest(url: server.url), tag: tag)
            _ = try client.next()
        }
        let start = Clock.monotonicNanoseconds()
        client.start(HTTPRequest(url: server.url), tag: 3)
        #expect(try client.next(until: start + 100_000_000) == nil, "none is left")
        #expect(server.requests.count == 3)
        #expect(try client.next()?.tag == 3)
        #expect(Clock.monotonicNanoseconds() - start > 800_000_000)
        #expect(log.events.contains { if case .limited = $0 { true } else { false } })
    }

    @Test func `403 with nothing left is waited for, other 403 are not`() throws {
        let server = try LoopbackServer { request in
            if request.path == "/forbidden" { return ServerReply(403) }
            let soon = String(Clock.nowMicroseconds() / 1_000_000 + 2)
            return request.visit == 1
                ? ServerReply(403, headers: [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", soon)])
                : ServerReply()
        }
        let client = try HTTPClient(quickOptions())
        #expect(try client.send(HTTPRequest(url: server.url + "/forbidden")).attempts == 1)
        let response = try client.send(HTTPRequest(url: server.url + "/limited"))
        #expect(response.status == 200 && response.attempts == 2)
    }

    @Test func `the last answer is handed out when attempts end`() throws {
        let server = try DemoSite.start()
        let response = try send(server, "500-always")
        #expect(response.status == 500)
        #expect(response.attempts == 5)
        #expect(text(response) == #"{"message":"broken"}"#)
        #expect(server.requests.count == 5)
    }

    @Test func `a request that must not be repeated is not`() throws {
        let server = try DemoSite.start()
        let response = try HTTPClient(quickOptions()).send(
            HTTPRequest(method: "POST", url: server.url + "/hostile/503-once", isRetriable: false))
        #expect(response.status == 503)
        #expect(server.requests.count == 1)
    }

    @Test func `a connection that always breaks is a failure with its number of attempts`() throws {
        let server = try DemoSite.start()
        let failure = #expect(throws: HTTPFailure.self) { try send(server, "reset-always?api_key=abc123") }
        #expect(failure?.kind == .reset)
        #expect(failure?.attempts == 5)
        #expect(failure?.lastStatus == 200)
        #expect(failure?.message.hasPrefix("unable to GET \(server.url)/hostile/reset-always?api_key=***: ") == true)
        #expect(failure?.message.hasSuffix("(after 5 attempts)") == true)
    }

    @Test func `nobody listening, no such host, no URL`() throws {
        let port: Int
        do {
            let server = try DemoSite.start()
            port = server.port
        }
        // The listener closes on a thread of its own.
        _ = StopSignal.sleep(milliseconds: 50)
        let client = try HTTPClient(quickOptions())
        let refused = #expect(throws: HTTPFailure.self) {
            try client.send(HTTPRequest(url: "http://127.0.0.1:\(port)/"))
        }
        #expect(refused?.kind == .connect)
        #expect(refused?.attempts == 5)
        let unknown = #expect(throws: HTTPFailure.self) { try client.send(HTTPRequest(url: "http://nowhere.invalid/")) }
        #expect(unknown?.kind == .dns)
        let none = #expect(throws: HTTPFailure.self) { try client.send(HTTPRequest(url: "ftp://h/?token=abc")) }
        #expect(none?.kind == .url)
        #expect(none?.attempts == 0)
    }

    @Test func `a server that never answers is given up after the idle timeout`() throws {
        let server = try DemoSite.start()
        var options = quickOptions()
        options.idleTimeout = 0.3
        options.retry.maximumAttempts = 2
        let start = Clock.monotonicNanoseconds()
        let failure = #expect(throws: HTTPFailure.self) { try send(server, "silence", options: options) }
        #expect(failure?.kind == .timeout)
        #expect(failure?.message.contains("silent for 0.3 s") == true)
        #expect(failure?.attempts == 2)
        let seconds = Double(Clock.monotonicNanoseconds() - start) / 1e9
        #expect(seconds >= 0.6 && seconds < 4)
    }

    @Test func `a slow drip is no silence but ends at the total timeout`() throws {
        let server = try DemoSite.start()
        var options = quickOptions()
        options.idleTimeout = 2
        #expect(try send(server, "drip", options: options).status == 200)
        options.totalTimeout = 0.6
        options.retry.maximumAttempts = 1
        let failure = #expect(throws: HTTPFailure.self) { try send(server, "drip", options: options) }
        #expect(failure?.kind == .timeout)
    }

    @Test func `a body beyond the limit is refused, also when it is small on the wire`() throws {
        let server = try LoopbackServer { request in
            let reply = ServerReply(body: [UInt8](repeating: 0x20, count: 3 << 20))
            return request.path == "/gzip" ? reply.gzipped() : reply
        }
        var options = quickOptions()
        options.maximumBody = 1 << 20
        for path in ["/plain", "/gzip"] {
            let failure = #expect(throws: HTTPFailure.self) {
                try HTTPClient(options).send(HTTPRequest(url: server.url + path))
            }
            #expect(failure?.kind == .tooLarge)
            #expect(failure?.message.contains("larger than 1048576 bytes") == true)
        }
        #expect(server.requests.count == 2, "it would be as large again")
        options.maximumBody = 4 << 20
        #expect(try HTTPClient(options).send(HTTPRequest(url: server.url + "/gzip")).body.count == 3 << 20)
    }

    @Test func `damaged compression is an error`() throws {
        let whole = ServerReply(text: String(repeating: "abc ", count: 1000)).gzipped()
        let server = try LoopbackServer { request in
            var reply = whole
            if request.path == "/damaged" { reply.body[15] ^= 0xFF }
            if request.path == "/none" { reply.body = Array("plain".utf8) }
            return reply
        }
        for path in ["/damaged", "/none"] {
            let failure = #expect(throws: HTTPFailure.self, "\(path)") {
                try HTTPClient(quickOptions()).send(HTTPRequest(url: server.url + path))
            }
            #expect(failure?.kind == .encoding, "\(path): \(failure?.message ?? "")")
        }
    }

    @Test func `what is not HTTP is told, once`() throws {
        let server = try LoopbackServer { _ in ServerReply(text: "220 mail.example.org ready\r\n").delivered(.bodyOnly)
        }
        let failure = #expect(throws: HTTPFailure.self) {
            try HTTPClient(quickOptions()).send(HTTPRequest(url: server.url))
        }
        #expect(failure?.kind == .notHTTP)
        #expect(server.requests.count == 1)
    }
}
