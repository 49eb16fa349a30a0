import SystemIO
import TestSupport
import Testing

/// Who may see the dashboard.
@Suite struct AccessTests {
    private let dashboard: RunningDashboard

    init() throws {
        let folder = try WorkDirectory()
        try folder.write("data/empty", "")
        dashboard = try RunningDashboard(over: folder)
    }

    private func ask(_ lines: [String]) throws -> RunningDashboard.Answer {
        try dashboard.exchange((lines + ["Connection: close"]).joined(separator: "\r\n") + "\r\n\r\n")
    }

    private var host: String { "Host: 127.0.0.1:\(dashboard.port)" }
    private var bearer: String { "Authorization: Bearer \(dashboard.token)" }

    @Test func `without the token nothing is shown, not even a style sheet`() throws {
        let style = try #require(dashboard.get("/").text.firstMatch(of: #/href="(/-/style[^"]*)"/#)).1
        for path in ["/", "/index.json", "/metrics", "/events", "/p/shop", "/nothing", String(style)] {
            for header in [
                "X-Nothing: 1", "Authorization: Bearer 00000000000000000000000000000000",
                "Cookie: dlt_dashboard_\(dashboard.port)=x",
            ] {
                let answer = try ask(["GET \(path) HTTP/1.1", host, header])
                #expect(answer.status == 403, "\(path) \(header)")
                #expect(!answer.text.contains("Pipelines"))
            }
        }
        #expect(try dashboard.get(String(style)).status == 200)
    }

    @Test func `the token in the URL is exchanged for a cookie, and leaves the URL`() throws {
        let entry = try ask(["GET /p/a%20b?x=1&token=\(dashboard.token)&y=a+b HTTP/1.1", host])
        #expect(entry.status == 303)
        #expect(entry.header("location") == "/p/a%20b?x=1&y=a%20b")
        let cookie = try #require(entry.header("set-cookie"))
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(dashboard.token))
        let pair = cookie.prefix { $0 != ";" }
        #expect(try ask(["GET / HTTP/1.1", host, "Cookie: a=b; \(pair); c=d"]).status == 200)
        #expect(try ask(["GET / HTTP/1.1", host, "Cookie: \(pair)0"]).status == 403)
        #expect(try ask(["GET /?token=\(dashboard.token)0 HTTP/1.1", host]).status == 403)
        #expect(try ask(["GET /?token=&token=\(dashboard.token) HTTP/1.1", host]).status == 403)
        // The redirect leads nowhere else.
        let elsewhere = try ask(["GET //evil.example/?token=\(dashboard.token) HTTP/1.1", host])
        #expect(elsewhere.header("location")?.hasPrefix("/evil.example") ?? true)
    }

    @Test func `another host or another origin is refused, with the token too`() throws {
        for host in [
            "evil.example", "evil.example:\(dashboard.port)", "127.0.0.1.evil.example", "", "localhost.evil.example",
        ] {
            #expect(try ask(["GET / HTTP/1.1", "Host: \(host)", bearer]).status != 200, "\(host)")
        }
        #expect(try ask(["GET / HTTP/1.1", host, "Host: evil.example", bearer]).status != 200)
        #expect(try ask(["GET / HTTP/1.1", bearer]).status != 200)
        for origin in [
            "http://evil.example", "null", "https://127.0.0.1:\(dashboard.port)", "http://127.0.0.1",
            "http://localhost:1",
        ] {
            #expect(try ask(["GET / HTTP/1.1", host, bearer, "Origin: \(origin)"]).status == 403, "\(origin)")
        }
        #expect(try ask(["GET / HTTP/1.1", host, bearer, "Origin: http://127.0.0.1:\(dashboard.port)"]).status == 200)
        #expect(try ask(["GET / HTTP/1.1", "Host: localhost:\(dashboard.port)", bearer]).status == 200)
    }

    private static let methods = [
        "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "FOO", "get",
    ]

    @Test func `only GET and HEAD are answered`() throws {
        for method in Self.methods.dropFirst() {
            for body in ["Content-Length: 0", "Content-Length: 5", "Transfer-Encoding: chunked", "X: 1"] {
                let answer = try ask(["\(method) / HTTP/1.1", host, bearer, body])
                #expect(answer.status == 405, "\(method) \(body): \(answer.status)")
            }
        }
        let head = try ask(["HEAD / HTTP/1.1", host, bearer])
        #expect(head.status == 200 && head.body.isEmpty)
    }

    @Test func `no method and no form of a target is a way past the token`() throws {
        for method in ["GET"] + Self.methods {
            for target in [
                "/", "/index.json", "/metrics", "/events", "/p/shop/sql?q=SELECT+1", "*",
                "http://127.0.0.1:\(dashboard.port)/metrics",
            ] {
                let answer = try ask(["\(method) \(target) HTTP/1.1", host])
                #expect(answer.status == 403, "\(method) \(target): \(answer.status)")
                #expect(!answer.text.contains("dlt_packages"))
            }
        }
        // With the token, but for another host, or through this server.
        for target in [
            "http://evil.example/", "http://127.0.0.1:\(dashboard.port)/", "evil.example:80", "*", "//evil.example/",
        ] {
            let status = try ask(["GET \(target) HTTP/1.1", host, bearer]).status
            #expect(status == 403 || status == 404, "\(target): \(status)")
        }
        #expect(try ask(["GET /events HTTP/1.1", "Host: evil.example", bearer]).status == 403)
        #expect(try ask(["GET /metrics HTTP/1.1", host, bearer, "Origin: http://evil.example"]).status == 403)
    }

    @Test func `every answer forbids frames, foreign content and guesses`() throws {
        for path in ["/", "/nothing", "/index.json", "/metrics", "/?token=wrong"] {
            let answer = try dashboard.get(path)
            let policy = try #require(answer.header("content-security-policy"), "\(path)")
            #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(answer.header("x-content-type-options") == "nosniff")
            #expect(answer.header("referrer-policy") == "no-referrer")
        }
    }

    @Test func `requests beyond the limits, and what is no request, are refused`() throws {
        let long = String(repeating: "a", count: 9000)
        #expect([414, 431].contains(try dashboard.get("/" + long).status))
        #expect([414, 431].contains(try dashboard.get("/?q=" + long).status))
        #expect([413, 431].contains(try dashboard.get("/", ["X: \(String(repeating: "b", count: 40_000))"]).status))
        for path in [
            "/-/../../etc/passwd", "/-/%2e%2e/x", "/p/..%2f..%2fetc", "/p/%00", "/p/%ff", "/-/", "/-/style.css",
        ] {
            #expect(try dashboard.get(path).status == 404, "\(path)")
        }
        _ = try RawClient.exchange("\u{0}\u{1}\u{16}\u{3}\r\n\r\n", port: dashboard.port)
        _ = try RawClient.exchange("GET\r\n\r\n", port: dashboard.port)
        #expect(try dashboard.get("/").status == 200)
    }

    @Test func `connections stay open, and what a browser has is not sent again`() throws {
        let request = "GET / HTTP/1.1\r\n\(host)\r\n\(bearer)\r\n"
        let bytes = try RawClient.exchange(
            request + "\r\n" + request + "Connection: close\r\n\r\n", port: dashboard.port)
        #expect(String(decoding: bytes, as: UTF8.self).split(separator: "HTTP/1.1 200").count == 2)
        let first = try dashboard.get("/")
        let tag = try #require(first.header("etag"))
        let second = try dashboard.get("/", ["If-None-Match: \(tag)"])
        #expect(second.status == 304 && second.body.isEmpty)
    }

    @Test func `an address that others reach needs a token in a file`() throws {
        let folder = dashboard.folder
        let refused = try run(
            program: "dlt-dashboard", arguments: ["--bind", "0.0.0.0", "--data-dir", folder.path("data")])
        #expect(refused.status == 64 && refused.stderr.contains("--token-file"), "\(refused)")
        try folder.write("short", "abc")
        let short = try run(program: "dlt-dashboard", arguments: ["--token-file", folder.path("short")])
        #expect(short.status == 78, "\(short)")
    }

    @Test(arguments: [
        ["--port", "70000"], ["--bind", "localhost"], ["--bind", "127.evil.example"],
        ["--export", "out", "--host", "here"],
    ])
    func `options that cannot be followed are wrong usage`(arguments: [String]) throws {
        let refused = try run(
            program: "dlt-dashboard", arguments: arguments, currentDirectory: dashboard.folder.path, timeoutSeconds: 10)
        #expect(refused.status == 64 && refused.stderr.contains(arguments[arguments.count - 2]), "\(refused)")
    }

    @Test func `a port that is taken is not shared`() throws {
        let refused = try run(
            program: "dlt-dashboard", arguments: ["--port", String(dashboard.port)], timeoutSeconds: 10)
        #expect(refused.status == 69 && refused.stderr.contains("--port 0"), "\(refused)")
    }

    @Test func `without the library that answers HTTP pages can still be written as files`() throws {
        let folder = try WorkDirectory()
        try folder.write("libmicrohttpd.so.12", "")
        let environment = ["LD_LIBRARY_PATH": folder.path, "DLT_DATA_DIR": folder.path("data")]
        let refused = try run(
            program: "dlt-dashboard", arguments: ["--port", "0"], environment: environment, timeoutSeconds: 10)
        #expect(refused.status == 69 && refused.stderr.contains("libmicrohttpd.so.12"), "\(refused)")
        #expect(refused.stderr.contains("hint: install it") && refused.stderr.contains("--export"))
        let written = try run(
            program: "dlt-dashboard", arguments: ["--export", folder.path("out")], environment: environment)
        #expect(written.status == 0 && Files.exists(folder.path("out/index.html")), "\(written)")
    }

    @Test func `on a socket in a file only its owner is answered`() throws {
        let folder = try WorkDirectory()
        let path = folder.path("s")
        let dashboard = try RunningDashboard(over: folder, ["--socket", path])
        #expect(try Files.stat(path).mode & 0o077 == 0)
        guard try runShell("command -v curl").status == 0 else { return }
        let call = "curl -s -o /dev/null -w '%{http_code}' --unix-socket '\(path)'"
        #expect(try runShell("\(call) 'http://localhost/'").stdout == "403")
        #expect(
            try runShell("\(call) -H 'Authorization: Bearer \(dashboard.token)' 'http://localhost/'").stdout == "200")
        dashboard.end()
        #expect(!Files.exists(path))
    }
}
