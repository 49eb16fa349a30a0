import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

/// Where the first page could pass for the whole, something is said, or all of it is read.
struct SilenceTests {
    private static let total = 7

    /// Pages of three items; `next` makes what leads to the next page, of its start.
    private func server(
        _ next: @escaping @Sendable (_ start: Int, _ url: String) -> JSONObject,
        start: @escaping @Sendable (ServerRequest) -> Int
    ) throws -> LoopbackServer {
        try LoopbackServer { request in
            let first = start(request)
            let page = (1...Self.total).dropFirst(first).prefix(3).map { DemoSite.item($0) }
            var answer: JSONObject = ["data": .array(page)]
            let url = "http://\(request.header("host") ?? "")"
            answer.merge(first + 3 < Self.total ? next(first + 3, url) : next(-1, url))
            return .json(.object(answer))
        }
    }

    private func read(_ server: LoopbackServer, _ paginator: String, _ more: String = "") throws -> RESTFixture.Read {
        try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: items, endpoint: {path: x, data_selector: data, paginator: \(paginator)\(more)}}
            """)
    }

    // MARK: Cursors

    /// Whatever is something to Python is a cursor.
    @Test(
        arguments: [
            { [.integer($0), "u"] }, { ["pk": .integer($0), "sk": "s"] }, { .integer($0) }, { .string("\($0)") },
        ] as [@Sendable (Int) -> JSONValue],
        [true, false])
    func `a cursor may be of any type`(cursor: @escaping @Sendable (Int) -> JSONValue, intoBody: Bool) throws {
        @Sendable func number(_ value: JSONValue?) -> Int {
            value?.intValue ?? value?.stringValue.flatMap { Int($0) } ?? value?.arrayValue?.first?.intValue
                ?? value?["pk"]?.intValue ?? 0
        }
        let server = try server({ next, _ in ["next": next < 0 ? .null : cursor(next)] }) { request in
            let parameter = request["cursor"].flatMap { try? JSONValue(parsing: $0) }
            return number(request.json?["after", "it"] ?? parameter)
        }
        let read = try read(
            server,
            "{type: cursor, cursor_path: next, \(intoBody ? "cursor_body_path: after.it" : "cursor_param: cursor")}",
            intoBody ? ", method: POST, json: {q: 1}" : "")
        #expect(read.ids("items") == Array(1...7), "\(read.result.stderr)")
    }

    @Test(arguments: ["null", "false", "\"\"", "0", "0.0", "[]", "{}"], ["cursor", "json_link"])
    func `what is nothing ends the paging`(text: String, type: String) throws {
        let nothing = try JSONValue(parsing: text)
        let server = try server({ next, url in
            ["next": next < 0 ? nothing : type == "cursor" ? .integer(next) : .string("\(url)/x?cursor=\(next)")]
        }) { $0["cursor"].flatMap { Int($0) } ?? 0 }
        let read = try read(server, "{type: \(type), \(type == "cursor" ? "cursor_path" : "next_url_path"): next}")
        #expect(read.ids("items") == Array(1...7), "\(read.result.stderr)")
    }

    @Test(arguments: ["true", "17", "[\"a\"]", "{\"href\": \"b\"}"])
    func `a link that is not a string is an error`(text: String) throws {
        let value = try JSONValue(parsing: text)
        let server = try server({ _, _ in ["next": value] }) { _ in 0 }
        let read = try read(server, "json_link")
        #expect(read.status == 65 && read.result.stderr.contains("is not a string"), "\(read.result.stderr)")
    }

    @Test func `the last record may be the cursor`() throws {
        let server = try server({ next, _ in ["more": .bool(next >= 0)] }) { $0["after"].flatMap { Int($0) } ?? 0 }
        let read = try read(
            server, "{type: cursor, cursor_path: \"data[-1].id\", cursor_param: after, has_more_path: more}")
        #expect(read.ids("items") == Array(1...7), "\(read.result.stderr)")
    }

    // MARK: Names

    @Test(arguments: ["'@odata.nextLink'", "\"@odata.nextLink\"", "$['@odata.nextLink']", "$.\"@odata.nextLink\""])
    func `a name with a point is written in quotes`(path: String) throws {
        let server = try odata()
        let quoted = JSONValue.string(path).serialized()
        let read = try read(server, "{type: json_link, next_url_path: \(quoted)}")
        #expect(read.ids("items") == Array(1...7), "\(read.result.stderr)")
        #expect(!read.result.stderr.contains("warning"))
    }

    /// It would be two names, and the first page would be the last.
    @Test func `a name that was not quoted is found, with a warning`() throws {
        let server = try odata()
        let read = try read(server, "{type: json_link, next_url_path: \"@odata.nextLink\"}")
        #expect(read.ids("items") == Array(1...7))
        #expect(read.result.stderr.contains("warning: items: `@odata.nextLink` leads through several names"))
    }

    private func odata() throws -> LoopbackServer {
        try server({ next, url in next < 0 ? [:] : ["@odata.nextLink": .string("\(url)/x?skip=\(next)")] }) {
            $0["skip"].flatMap { Int($0) } ?? 0
        }
    }

    // MARK: The first page taken for all

    @Test(arguments: [
        (#"{"data": [{"id": 1}], "paging": {"after": "2"}}"#, "paging.after"),
        (#"{"data": [{"id": 1}], "hasMore": true, "total": 7}"#, "hasMore, total"),
        (#"[{"id": 1}]"#, "paginator: single_page if this is all"),
    ])
    func `a list without a way to the next page is told`(body: String, words: String) throws {
        let server = try LoopbackServer { _ in ServerReply(text: body, type: "application/json") }
        let read = try RESTFixture().extract("client: {base_url: \"\(server.url)\"}\nresources: [items]")
        #expect(read.status == 0)
        #expect(read.result.stderr.contains("warning: items: the first answer names no next"), "\(read.result.stderr)")
        #expect(read.result.stderr.contains(words), "\(read.result.stderr)")
    }

    @Test(arguments: [
        #"{"data": [{"id": 1}], "next": null}"#, #"{"data": [{"id": 1}], "has_more": false}"#,
        #"{"data": [{"id": 1}], "total": 1, "error": "none"}"#, #"{"data": [{"id": 1}], "isLast": true}"#,
        #"{"id": 1}"#,
        #"{"data": []}"#,
    ])
    func `a page that says that it is all is not doubted`(body: String) throws {
        let server = try LoopbackServer { _ in ServerReply(text: body, type: "application/json") }
        let read = try RESTFixture().extract("client: {base_url: \"\(server.url)\"}\nresources: [items]")
        #expect(!read.result.stderr.contains("warning"), "\(read.result.stderr)")
    }

    /// What is written is not there, and something else is.
    @Test(
        arguments: [
            ("json_link", #"{"data": [{"id": 1}], "links": {"next": "/x?p=2"}}"#, #""next_url_path":"links.next""#),
            ("header_link", #"{"data": [{"id": 1}], "next": "/x?p=2"}"#, #""type":"json_link""#),
            (
                "{type: cursor, cursor_path: meta.after}", #"{"data": [{"id": 1}], "next_token": "t"}"#,
                #""cursor_path":"next_token""#
            ),
            ("header_link", #"{"data": [{"id": 1}], "total_pages": 3}"#, #""type":"page_number""#),
            ("json_link", #"{"data": [{"id": 1}], "next": null, "links": {"next": "/x?p=2"}}"#, nil),
            ("header_link", #"{"data": [{"id": 1}], "total_pages": 1}"#, nil),
            ("header_link", #"{"data": [{"id": 1}]}"#, nil),
            ("single_page", #"{"data": [{"id": 1}], "next": "/x?p=2"}"#, nil),
        ] as [(String, String, String?)])
    func `another way to the next page is told`(paginator: String, body: String, hint: String?) throws {
        let server = try LoopbackServer { _ in ServerReply(text: body, type: "application/json") }
        let stderr = try read(server, paginator).result.stderr
        #expect(stderr.contains("warning") == (hint != nil), "\(stderr)")
        if let hint { #expect(stderr.contains(hint), "\(stderr)") }
    }

    @Test func `totals may be texts and reals`() throws {
        for total in ["\"3\"", "3.0", "3"] {
            let server = try LoopbackServer { request in
                let page = request["page"].flatMap { Int($0) } ?? 0
                return ServerReply(
                    text: #"{"data": [{"id": \#(page)}], "total_pages": \#(total)}"#, type: "application/json")
            }
            #expect(try read(server, "auto").ids("items") == [0, 1, 2])
            #expect(try read(server, "{type: page_number, total_path: total_pages}").ids("items") == [0, 1, 2])
        }
    }

    @Test func `an empty first page beside a total is told`() throws {
        let server = try LoopbackServer { request in
            let page = request["page"].flatMap { Int($0) } ?? 1
            return .json(["data": page == 0 ? [] : [DemoSite.item(page)], "meta": ["total": 57]])
        }
        let read = try read(server, "{type: page_number, total_path: null}")
        #expect(read.result.stderr.contains("the first page was empty, but the answer mentions 57 (meta.total)"))
        #expect(read.result.stderr.contains("base_page: 1"), "\(read.result.stderr)")
    }

    @Test func `records are counted by resource`() throws {
        let server = try LoopbackServer { request in .json(request.path == "/a" ? [] : [["id": 1]]) }
        let configuration = "client: {base_url: \"\(server.url)\", paginator: single_page}\nresources: [a, b]"
        #expect(try RESTFixture().extract(configuration).result.stderr.contains("1 record (a 0, b 1) from"))
        let json = try RESTFixture().extract(configuration, "--log-format", "json").result.stderr
        #expect(json.contains(#""resources":{"a":0,"b":1}"#), "\(json)")
    }

    // MARK: Answers without content

    /// Page 3 of 4 has no content.
    @Test(arguments: [
        ("{type: json_link, next_url_path: next}", true),
        ("{type: cursor, cursor_path: cursor, cursor_param: p}", true),
        ("{type: page_number, page_param: p, base_page: 1, total_path: pages}", true),
        ("{type: page_number, page_param: p, base_page: 1, has_more_path: more, total_path: null}", true),
        ("header_link", true), ("{type: page_number, page_param: p, base_page: 1, total_path: null}", false),
        ("{type: page_number, page_param: p, base_page: 1, total_path: seen}", false),
        ("{type: cursor, cursor_path: cursor, cursor_param: p, stop_after_empty_page: true}", false),
    ])
    func `no content in the middle is an error where more was announced`(paginator: String, isError: Bool) throws {
        for status in [204, 205] {
            let server = try LoopbackServer { request in
                let page = request["p"].flatMap { Int($0) } ?? 1
                if page == 3 { return ServerReply(status) }
                let next = "http://\(request.header("host") ?? "")/x?p=\(page + 1)"
                return .json(
                    [
                        "data": [["id": .integer(page)]], "next": .string(next), "cursor": .integer(page + 1),
                        "pages": 4,
                        "more": true, "seen": 2,
                    ], headers: [("Link", "<\(next)>; rel=next")])
            }
            let read = try read(server, paginator)
            #expect(read.ids("items") == [1, 2])
            #expect(read.status == (isError ? 65 : 0), "\(read.result.stderr)")
            #expect(read.result.stderr.contains("the page before announced another") == isError)
            let ignoring = try self.read(
                server, paginator, ", response_actions: [{status_code: \(status), action: ignore}]")
            #expect(ignoring.status == 0, "\(ignoring.result.stderr)")
        }
    }

    @Test func `headers of an answer without content lead on`() throws {
        let server = try LoopbackServer { request in
            let page = request["p"].flatMap { Int($0) } ?? 1
            let link = page < 4 ? [("Link", "</x?p=\(page + 1)>; rel=next")] : []
            return page == 2
                ? ServerReply(204, headers: link) : .json(["data": [["id": .integer(page)]]], headers: link)
        }
        #expect(try read(server, "header_link").ids("items") == [1, 3, 4])
    }

    // MARK: Ends

    @Test func `a page that leads to itself is the last, in each run`() throws {
        let server = try DemoSite.start()
        let fixture = try RESTFixture()
        let configuration = """
            client: {base_url: "\(server.url)"}
            resources: [{name: items, endpoint: {path: hostile/feed, paginator: json_link}}]
            """
        let read = try fixture.extract(configuration)
        #expect(read.status == 0 && read.ids("items") == [1, 2, 3], "\(read.result.stderr)")
        // With parameters, whose order a link may change.
        let parameters = try LoopbackServer { request in
            .json(["data": [["id": 1]], "next": "/x?b=2%3A3&a=1"])
        }
        let once = try self.read(parameters, "json_link", ", params: {a: 1, b: \"2:3\"}")
        #expect(once.status == 0 && once.ids("items") == [1], "\(once.result.stderr)")
        #expect(parameters.requests.count == 1)
    }

    @Test(arguments: ["json_link", "{type: cursor, cursor_path: cursor, cursor_param: p}"])
    func `a flag may say that a page is the last`(paginator: String) throws {
        let server = try LoopbackServer { request in
            let page = request["p"].flatMap { Int($0) } ?? 1
            return .json([
                "data": [["id": .integer(page)]], "next": .string("/x?p=\(page + 1)"), "cursor": .integer(page + 1),
                "done": .bool(page == 3),
            ])
        }
        let type = paginator.hasPrefix("{") ? String(paginator.dropLast()) : "{type: \(paginator)"
        let read = try read(server, type + ", is_last_path: done}")
        #expect(read.status == 0 && read.ids("items") == [1, 2, 3], "\(read.result.stderr)")
        let missing = try self.read(server, type + ", is_last_path: dne}")
        #expect(missing.status == 65 && missing.result.stderr.contains("there is nothing at is_last_path `dne`"))
    }

    // MARK: Errors beside data

    @Test func `errors beside data are told once`() throws {
        let server = try LoopbackServer { request in
            let page = request["page"].flatMap { Int($0) } ?? 0
            return .json([
                "data": ["nodes": page < 2 ? [["id": .integer(page)]] : []],
                "errors": page < 2 ? [["message": "timeout on shard 2"]] : [],
            ])
        }
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: items, endpoint: {path: x, data_selector: data.nodes, paginator: {type: page_number, total_path: null}}}
            """)
        #expect(read.status == 0 && read.ids("items") == [0, 1])
        #expect(read.result.stderr.components(of: "timeout on shard 2") == 1, "\(read.result.stderr)")
        let failing = try LoopbackServer { _ in
            .json(["data": ["nodes": []], "errors": [["message": "no shard"]]])
        }
        let failed = try RESTFixture().extract(
            """
            client: {base_url: "\(failing.url)", paginator: single_page}
            resources: [{name: items, endpoint: {path: x, data_selector: data.nodes}}]
            """
        ).result
        #expect(failed.status == 65 && failed.stderr.contains("no shard"), "\(failed.stderr)")
    }
}

extension String {
    fileprivate func components(of piece: String) -> Int { ranges(of: piece).count }
}
