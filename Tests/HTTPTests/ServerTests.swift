import HTTP
import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

/// The tests' own server, where other tests rely on it without looking.
struct ServerTests {
    @Test func `recorded exchanges are replayed, in order and with links to the server`() throws {
        let folder = try WorkDirectory()
        try folder.write(
            "items.json",
            #"""
            [{"scope":"https://api.example.org:443","method":"get","path":"/items?page=1&size=2","body":"","status":200,
              "response":[{"id":1,"url":"https://api.example.org/items/1"}],
              "headers":{"Link":"<https://api.example.org/items?page=2>; rel=\"next\"","content-length":"999","x":["a","b"]}},
             {"scope":"https://api.example.org:443","method":"post","path":"/items","body":{"a":1},"status":201,"response":{"id":3},"headers":{}},
             {"scope":"https://api.example.org:443","method":"post","path":"/items","body":{"a":1},"status":409,"response":"taken","headers":{}}]
            """#)
        let site = try ReplaySite(folder: folder.path)
        let server = try LoopbackServer { request in
            site.answer(request, url: "http://\(request.header("host") ?? "")") ?? ServerReply(404)
        }
        let client = try HTTPClient(quickOptions())
        let first = try client.send(HTTPRequest(url: server.url + "/items?size=2&page=1"))
        #expect(text(first) == #"[{"id":1,"url":"https://api.example.org/items/1"}]"#)
        #expect(first.headers["link"] == "<\(server.url)/items?page=2>; rel=\"next\"")
        #expect(first.headers.all("x") == ["a", "b"])
        #expect(try client.send(HTTPRequest(url: server.url + "/items?page=3")).status == 404)
        func post(_ body: String) throws -> HTTPResponse {
            try client.send(HTTPRequest(method: "POST", url: server.url + "/items", body: Array(body.utf8)))
        }
        #expect(try post(#"{"a": 2}"#).status == 404)
        #expect(try post(#"{"a": 1}"#).status == 201)
        for _ in 0..<2 {
            let again = try post(#"{"a": 1}"#)
            #expect(again.status == 409 && text(again) == "taken")
        }
    }

    @Test func `the recorded traffic of GitHub is read, where it is`() throws {
        let data = Environment.get("DLT_SHARED_DATA") ?? "../shared/data"
        let folder = Paths.join(data, "github_api")
        guard Files.exists(folder) else { return }
        let site = try ReplaySite(folder: folder)
        let server = try LoopbackServer { request in
            site.answer(request, url: "http://\(request.header("host") ?? "")") ?? ServerReply(404)
        }
        let client = try HTTPClient(quickOptions())
        var pages = 0
        var next: String? = server.url + "/repos/octokit-fixture-org/paginate-issues/issues?per_page=3"
        while let url = next, pages < 20 {
            let response = try client.send(HTTPRequest(url: url))
            #expect(response.status == 200)
            pages += 1
            let link = response.headers["Link"]?.split(separator: ",").first { $0.contains("rel=\"next\"") }
            next = link.flatMap { $0.split(separator: "<").last?.split(separator: ">").first }.map { String($0) }
        }
        #expect(pages == 5)
    }

    @Test func `the program serves until it is stopped`() throws {
        let script = """
            dlt-test-server --verbose >url 2>log & server=$!
            for _ in $(seq 100); do [ -s url ] && break; sleep 0.05; done
            curl=$(command -v curl) && $curl -s "$(cat url)/pages/cursor?limit=1&total=2"
            kill $server; wait $server; echo " $?"; cat log
            """
        let folder = try WorkDirectory()
        guard try runShell("command -v curl").status == 0 else { return }
        let result = try runShell(script, currentDirectory: folder.path)
        #expect(
            result.stdout == #"{"data":[{"id":1,"name":"item 1","updated_at":"2024-01-01T01:00:00Z"}],"#
                + #""cursors":{"next":"after-1"}} 0"# + "\nGET /pages/cursor?limit=1&total=2 -> 200\n", "\(result)")
    }
}
