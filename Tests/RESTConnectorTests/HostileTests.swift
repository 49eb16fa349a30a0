import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

struct HostileTests {
    private func fetch(_ path: String, _ more: String = "", _ server: LoopbackServer) throws -> RESTFixture.Read {
        try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)", session: {backoff_factor: 0.01, timeout: 2, max_attempts: 3}}
            resources: [{name: items, endpoint: {path: hostile/\(path), \(more)}}]
            """)
    }

    /// What passes by itself is waited for, and the summary tells of it.
    @Test(arguments: [
        "429-zero", "429-date", "503-once", "408-once", "reset-once", "truncated-once", "unfinished-chunks-once",
    ])
    func `what passes is tried again`(path: String) throws {
        let server = try DemoSite.start()
        let read = try fetch(path, "", server)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("items") == [1, 2])
        #expect(read.result.stderr.contains("1 repetition"), "\(read.result.stderr)")
    }

    @Test(arguments: ["wrong-type", "chunked", "gzip", "no-content"])
    func `what is odd and well is taken`(path: String) throws {
        let server = try DemoSite.start()
        let read = try fetch(path, "", server)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("items") == (path == "no-content" ? [] : [1, 2]))
    }

    @Test(arguments: [
        ("429-always", "", 69, "429"), ("500-always", "", 69, "500"), ("reset-always", "", 69, ""),
        ("truncated-json", "", 65, "the text ends inside a value"), ("invalid-json", "", 65, "not JSON"),
        ("invalid-utf8", "", 65, "not valid UTF-8, at byte 18"), ("html", "", 65, "text/html"),
        ("empty", "", 65, "the answer is empty"), ("error-200", "", 65, "quota exceeded"),
        ("null-data", "data_selector: data", 65, "has null at data_selector `data`"),
        ("error-200", "data_selector: data", 65, "has nothing at data_selector `data`; it says \"error\""),
        ("redirects", "", 69, ""), ("nowhere", "", 66, "404"), ("silence", "", 69, ""),
    ])
    func `what is wrong is an error with its reason`(path: String, more: String, status: Int32, words: String) throws {
        let server = try DemoSite.start()
        let read = try fetch(path, more, server)
        #expect(read.status == status, "\(read.result.stderr)")
        #expect(read.result.stderr.contains("unable to fetch items"))
        #expect(read.result.stderr.contains(words), "\(read.result.stderr)")
        #expect(read.ids("items").isEmpty)
        #expect(read.end?["exit_status"] == .integer(status))
    }

    @Test(arguments: [
        ("null-data", "data_selector: data, data_selector_required: false"),
        ("nowhere", "response_actions: [{status_code: 404, action: ignore}]"),
        ("error-200", "response_actions: [{content: quota, action: ignore}]"),
        ("500-always", "response_actions: [{status_code: 500, action: ignore}]"),
    ])
    func `what the configuration allows is no error`(path: String, more: String) throws {
        let server = try DemoSite.start()
        let read = try fetch(path, more, server)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("items").isEmpty)
    }

    @Test func `a response action makes an error of what looks well`() throws {
        let server = try DemoSite.start()
        let read = try fetch("gzip", "response_actions: [{content: \"item 2\", action: fail}]", server)
        #expect(read.status == 65 && read.ids("items").isEmpty)
    }

    /// Links to other hosts carry no credentials, unless somebody allows the host.
    @Test func `credentials stay with their host`() throws {
        let server = try DemoSite.start()
        let configuration = """
            client: {base_url: "\(server.url)", auth: {token: \(DemoSite.token)}, headers: {X-Secret: s3cret-header}}
            resources: [{name: items, endpoint: {path: hostile/next-elsewhere, paginator: json_link}}]
            """
        let read = try RESTFixture().extract(configuration)
        #expect(read.status == 77, "\(read.result.stderr)")
        let other = try #require(server.requests.first { $0.path == "/auth/bearer" })
        #expect(other.header("authorization") == nil)
        _ = try RESTFixture().extract(configuration, "--allow-host", "localhost:\(server.port)")
        let allowed = try #require(server.requests.last { $0.path == "/auth/bearer" })
        #expect(allowed.header("authorization") == "Bearer \(DemoSite.token)")
    }

    /// Neither the stream, which becomes the spool, nor a message holds a secret, even where the API repeats it in links.
    @Test func `secrets stay secret`() throws {
        let server = try LoopbackServer { request in
            if request["page"] == "3" {
                return .json(["error": .string("key \(DemoSite.apiKey) is used up")], status: 403)
            }
            let next =
                "\(request.path)?api_key=\(DemoSite.apiKey)&page=\(Int(request["page"] ?? "1").map { $0 + 1 } ?? 2)"
            return .json(["data": [["id": 1]], "next": .string(next)])
        }
        let fixture = try RESTFixture()
        let configuration = """
            client: {base_url: "\(server.url)", auth: {type: api_key, location: query, name: api_key, api_key: "${KEY}"}}
            resources: [{name: items, endpoint: {path: x, paginator: json_link}}]
            """
        let read = try fixture.extract(configuration, environment: ["KEY": DemoSite.apiKey])
        #expect(read.status == 77)
        #expect(!read.result.stdout.contains(DemoSite.apiKey))
        #expect(!read.result.stderr.contains(DemoSite.apiKey), "\(read.result.stderr)")
        #expect(read.result.stdout.contains("page=3"))
        #expect(server.requests.allSatisfy { $0["api_key"] == DemoSite.apiKey })
    }
}
