import Authentication
import HTTP
import JSONText
import LoopbackServer
import Synchronization
import SystemIO
import TestSupport
import Testing

private func newClient(_ change: (inout HTTPClientOptions) -> Void = { _ in }) throws -> HTTPClient {
    var options = HTTPClientOptions()
    options.retry.backoff = 0.01
    options.proxy = ""
    change(&options)
    return try HTTPClient(options)
}

private let client = OAuth2.Grant.clientCredentials(id: DemoSite.clientID, secret: DemoSite.clientSecret)

struct StaticCredentialsTests {
    @Test(arguments: [
        ("bearer", StaticCredentials.bearer(DemoSite.token)),
        ("key-header", .apiKey(DemoSite.apiKey, name: "X-Api-Key", in: .header)),
        ("key-query", .apiKey(DemoSite.apiKey, name: "api_key", in: .query)),
        ("key-cookie", .apiKey(DemoSite.apiKey, name: "api_key", in: .cookie)),
        ("basic", .basic(user: DemoSite.user, password: DemoSite.password)),
    ])
    func `each kind opens its door and leaves no trace`(door: String, authentication: StaticCredentials) throws {
        let server = try DemoSite.start()
        let url = "\(server.url)/auth/\(door)?page=1"
        let http = try newClient()
        #expect(try http.send(HTTPRequest(url: url)).status == 401)
        // A header of the same name gives way; a cookie of the request's own stays.
        let headers = [("Authorization", "other"), ("Cookie", "a=b")]
        let response = try http.send(HTTPRequest(url: url, headers: headers, authentication: authentication))
        #expect(response.status == 200)
        #expect(response.url == url)
        let seen = try #require(server.requests.last)
        #expect(seen["page"] == "1")
        #expect(seen.headers.filter { $0.name == "authorization" }.count == 1)
        #expect(seen.headers.filter { $0.name == "cookie" }.count == 1)
        #expect(seen.header("cookie")?.hasPrefix("a=b") == true)
    }

    @Test func `a failure's message holds no key`() throws {
        let server = try DemoSite.start()
        let http = try newClient { $0.retry.maximumAttempts = 1 }
        let key = StaticCredentials.apiKey("very/secret", name: "k", in: .query)
        let failure = #expect(throws: HTTPFailure.self) {
            try http.send(HTTPRequest(url: server.url + "/hostile/reset-always?q=very%2Fsecret", authentication: key))
        }
        #expect(failure?.message.contains("secret") == false, "\(failure?.message ?? "")")
        #expect(failure?.message.contains("q=***") == true)
    }

    @Test func `no kind goes to another host`() throws {
        let server = try DemoSite.start()
        let http = try newClient()
        for authentication in [
            StaticCredentials.bearer("t0ken"), .apiKey("t0ken", name: "k", in: .query),
            .apiKey("t0ken", name: "k", in: .cookie),
        ] {
            let response = try http.send(
                HTTPRequest(url: server.url + "/hostile/elsewhere", authentication: authentication))
            #expect(response.status == 200)
            #expect(response.withheldFrom == "localhost:\(server.port)")
            let seen = try #require(server.requests.last)
            #expect(!seen.target.contains("t0ken"))
            #expect(!seen.headers.contains { $0.value.contains("t0ken") })
        }
    }
}

struct OAuth2Tests {
    private func oauth(
        _ server: LoopbackServer, _ grant: OAuth2.Grant, _ change: (inout OAuth2.Configuration) -> Void = { _ in }
    ) -> OAuth2 {
        var configuration = OAuth2.Configuration(tokenURL: server.url + "/oauth/token", grant: grant)
        change(&configuration)
        return OAuth2(configuration)
    }

    private func tokens(_ server: LoopbackServer) -> Int { server.requests.count { $0.path == "/oauth/token" } }

    @Test func `many requests share one token`() throws {
        let server = try DemoSite.start()
        let authentication = oauth(server, client) { $0.fields = [("scope", "read write")] }
        let http = try newClient()
        for tag in 0..<20 {
            http.start(HTTPRequest(url: server.url + "/auth/oauth", authentication: authentication), tag: tag)
        }
        var statuses: [Int] = []
        while let completion = try http.next() { statuses.append(try completion.result.get().status) }
        #expect(statuses == [Int](repeating: 200, count: 20))
        #expect(tokens(server) == 1)
        let form = try #require(server.requests.first).form
        #expect(
            form == [
                "client_id": DemoSite.clientID, "client_secret": DemoSite.clientSecret,
                "grant_type": "client_credentials", "scope": "read write",
            ])
        #expect(server.requests.first?.header("content-type") == "application/x-www-form-urlencoded")
    }

    @Test func `a token that is refused is renewed once, for all at once`() throws {
        // Only what was handed out last is good, and the second token is the last.
        let server = try LoopbackServer { request in
            if request.path == "/oauth/token" { return DemoSite.answer(request, url: "") }
            return ServerReply(request.header("authorization") == "Bearer PlantedSecret-access-2" ? 200 : 401).delayed(
                0.02)
        }
        let authentication = oauth(server, client)
        let http = try newClient()
        for tag in 0..<8 { http.start(HTTPRequest(url: server.url, authentication: authentication), tag: tag) }
        while let completion = try http.next() { #expect(try completion.result.get().status == 200) }
        #expect(tokens(server) == 2)
    }

    @Test func `what stays refused is not tried for ever`() throws {
        let server = try LoopbackServer { request in
            request.path == "/oauth/token" ? DemoSite.answer(request, url: "") : ServerReply(401)
        }
        let response = try newClient().send(HTTPRequest(url: server.url, authentication: oauth(server, client)))
        #expect(response.status == 401)
        #expect(tokens(server) == 2)
        #expect(server.requests.count == 4)
    }

    @Test func `a token is used until it expires`() throws {
        let server = try LoopbackServer { request in
            request.path == "/oauth/token"
                ? .json(["access_token": .string("t\(request.visit)"), "expires_in": "1"]) : ServerReply()
        }
        let authentication = oauth(server, client)
        let http = try newClient()
        for _ in 0..<3 { _ = try http.send(HTTPRequest(url: server.url, authentication: authentication)) }
        #expect(tokens(server) == 1)
        _ = StopSignal.sleep(milliseconds: 1000)
        _ = try http.send(HTTPRequest(url: server.url, authentication: authentication))
        #expect(tokens(server) == 2)
        #expect(server.requests.last?.header("authorization") == "Bearer t2")
    }

    @Test func `a token server that is down for a moment is tried again`() throws {
        let server = try LoopbackServer { request in
            if request.path == "/oauth/token" {
                return request.visit == 1 ? ServerReply(503) : .json(["access_token": "t"])
            }
            return ServerReply()
        }
        #expect(try newClient().send(HTTPRequest(url: server.url, authentication: oauth(server, client))).status == 200)
    }

    @Test func `a token server that stays down has not refused`() throws {
        let server = try LoopbackServer { _ in ServerReply(503) }
        let failure = #expect(throws: HTTPFailure.self) {
            try newClient().send(HTTPRequest(url: server.url, authentication: oauth(server, client)))
        }
        #expect(failure?.kind == .connect)
        #expect(failure?.isTransient == true)
        #expect(failure?.lastStatus == 503)
        #expect(server.requests.count == 5)
    }

    @Test func `refusals say why, without secrets, and fail all that wait`() throws {
        let server = try DemoSite.start()
        let wrong = OAuth2.Grant.clientCredentials(id: "demo-client", secret: "wr0ng")
        let authentication = oauth(server, wrong) { $0.tokenURL += "?api_key=hidden" }
        let http = try newClient()
        for tag in 0..<3 { http.start(HTTPRequest(url: server.url, authentication: authentication), tag: tag) }
        var count = 0
        while let completion = try http.next() {
            count += 1
            guard case .failure(let failure) = completion.result else { continue }
            #expect(failure.kind == .authentication)
            #expect(
                failure.message == "unable to obtain a token from \(server.url)/oauth/token?api_key=***: status 400 "
                    + "invalid_grant: these are not the credentials")
            #expect(failure.lastStatus == 400)
        }
        #expect(count == 3)
        #expect(server.requests.count == 1)
    }

    @Test(arguments: [#"{"token":"x"}"#, "<html>", "", "[]", #"{"access_token":""}"#, #"{"access_token":5}"#])
    func `an answer without a token is an error`(body: String) throws {
        let server = try LoopbackServer { _ in ServerReply(text: body) }
        let failure = #expect(throws: HTTPFailure.self) {
            try newClient().send(HTTPRequest(url: server.url, authentication: oauth(server, client)))
        }
        #expect(failure?.kind == .authentication)
        #expect(failure?.message.hasSuffix("the answer has no `access_token`") == true)
    }

    @Test func `the client may identify itself in the header`() throws {
        let server = try LoopbackServer { _ in .json(["access_token": "t"]) }
        let authentication = oauth(server, .clientCredentials(id: "id", secret: "s:1")) {
            $0.sendsClientInHeader = true
        }
        _ = try newClient().send(HTTPRequest(url: server.url, authentication: authentication))
        // base64 of "id:s%3A1", as RFC 6749, 2.3.1 has it
        #expect(server.requests.first?.header("authorization") == "Basic aWQ6cyUzQTE=")
        #expect(server.requests.first?.form == ["grant_type": "client_credentials"])
    }

    @Test func `a refresh token that changes is kept for the next run`() throws {
        let server = try DemoSite.start()
        let folder = try WorkDirectory()
        func newRun() -> OAuth2 {
            let store = TokenStore(
                folder: folder.path("credentials"), identity: [server.url, DemoSite.clientID, DemoSite.refreshToken])
            return oauth(
                server,
                .refreshToken(DemoSite.refreshToken, id: DemoSite.clientID, secret: DemoSite.clientSecret, store: store)
            )
        }
        let http = try newClient()
        for run in 0..<3 {
            let response = try http.send(HTTPRequest(url: server.url + "/auth/oauth", authentication: newRun()))
            #expect(response.status == 200, "run \(run): each refresh token is good once")
        }
        #expect(
            server.requests.filter { $0.path == "/oauth/token" }.map { $0.form["refresh_token"] }
                == ["PlantedSecret-refresh-0", "PlantedSecret-refresh-1", "PlantedSecret-refresh-2"])
        let file = try #require(try folder.list("credentials").first { $0.hasSuffix(".json") })
        let path = folder.path("credentials/" + file)
        #expect(try folder.text("credentials/" + file) == #"{"refresh_token":"PlantedSecret-refresh-3"}"#)
        #expect(try Files.stat(path).mode == 0o600)
        #expect(try Files.stat(folder.path("credentials")).mode == 0o700)
        #expect(!file.contains("demo"))
    }

    @Test func `nothing is spent where a new token could not be kept`() throws {
        let server = try DemoSite.start()
        let folder = try WorkDirectory()
        try folder.write("credentials", "a file is in the way")
        let store = TokenStore(folder: folder.path("credentials"), identity: ["x"])
        let grant = OAuth2.Grant.refreshToken(
            DemoSite.refreshToken, id: DemoSite.clientID, secret: DemoSite.clientSecret, store: store)
        let failure = #expect(throws: HTTPFailure.self) {
            try newClient().send(HTTPRequest(url: server.url, authentication: oauth(server, grant)))
        }
        #expect(failure?.message.hasPrefix("unable to keep a refresh token: ") == true)
        #expect(server.requests.isEmpty)
    }

    @Test func `tokens go to the API's host only`() throws {
        let server = try DemoSite.start()
        let authentication = oauth(server, client)
        let link = HTTPRequest(url: server.otherURL + "/auth/oauth", authentication: authentication, home: server.url)
        #expect(try newClient().send(link).status == 401)
        #expect(tokens(server) == 0)
    }
}
