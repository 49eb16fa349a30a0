import HTTP
import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

@testable import RESTConnector

struct PaginationTests {
    /// Each way of paging, told and detected, delivers all of it once and in order.
    @Test(arguments: [
        ("header-link", "header_link", ""),
        ("header-link", "auto", ""),
        ("json-link", "json_link", ""),
        ("json-link-relative", "json_link", ""),
        ("json-link", "auto", ""),
        ("offset", "{type: offset, limit: 10}", ""),
        ("offset", "{type: offset, limit: 10, total_path: null}", ""),
        ("offset-capped", "{type: offset, limit: 10}", ""),
        ("offset-capped", "{type: offset, limit: 10, total_path: null}", ""),
        ("page-number", "{type: page_number}", ""),
        ("page-number", "{type: page_number, base_page: 1}", "base: 1"),
        ("page-number", "{type: page_number, total_path: total_pages}", ""),
        ("page-number-open", "{type: page_number, total_path: null}", ""),
        ("has-more", "{type: page_number, has_more_path: has_more, total_path: null}", ""),
        ("cursor", "cursor", ""),
        ("cursor", "{type: cursor, cursor_path: cursors.next, cursor_param: cursor}", ""),
        ("cursor", "auto", ""),
        ("header-cursor", "{type: header_cursor, cursor_key: X-Next-Cursor}", ""),
        ("single", "single_page", ""),
        ("single", "auto", ""),
    ])
    func `all pages are read, once each`(path: String, paginator: String, params: String) throws {
        let server = try DemoSite.start()
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - name: items
              endpoint: {path: pages/\(path), paginator: \(paginator), params: {\(params)}}
            """)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.ids("items") == Array(1...25))
    }

    @Test(arguments: [
        ("cursor", "{type: cursor, cursor_body_path: cursor}"),
        ("offset", "{type: offset, limit: 10, offset_body_path: offset, limit_body_path: limit}"),
        ("page-number", "{type: page_number, page_body_path: page}"),
    ])
    func `places go into the body too`(path: String, paginator: String) throws {
        let server = try DemoSite.start()
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - name: items
              endpoint: {path: pages/\(path), method: POST, json: {q: x}, paginator: \(paginator)}
            """)
        #expect(read.ids("items") == Array(1...25), "\(read.result.stderr)")
        #expect(server.requests.allSatisfy { $0.method == "POST" && $0.json?["q"] == "x" })
    }

    @Test func `a limit of pages and of values ends the paging`() throws {
        let server = try DemoSite.start()
        let configuration = """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: a, endpoint: {path: pages/offset, paginator: {type: offset, limit: 5, maximum_offset: 10}}}
            - {name: b, endpoint: {path: pages/cursor, paginator: cursor}}
            """
        let read = try RESTFixture().extract(configuration, "--max-pages", "2")
        #expect(read.ids("a") == Array(1...10))
        #expect(read.ids("b") == Array(1...20))
        #expect(read.result.stderr.contains("b: ended after 2 pages"))
        #expect(read.messages.first { $0["stream"] == "b" }?["dlt", "complete"] == false)
    }

    /// A page that says both goes no further: to stop wins over to go on.
    @Test func `every reason to stop wins`() throws {
        let server = try LoopbackServer { request in
            let page = request["page"].flatMap { Int($0) } ?? 0
            return switch request.path {
            case "/empty": .json(["items": .array(page == 0 ? [["id": 1]] : []), "more": true])
            case "/total": .json(["items": [["id": .integer(page)]], "more": true, "total": 2])
            case "/more": .json(["items": [["id": .integer(page)]], "more": .bool(page < 1), "total": 100])
            default: .json(["items": .array(request["page"] == nil ? [["id": 1]] : []), "next": "again"])
            }
        }
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: empty, endpoint: {paginator: {type: page_number, has_more_path: more, total_path: null}}}
            - {name: total, endpoint: {paginator: {type: page_number, has_more_path: more}}}
            - {name: more, endpoint: {paginator: {type: page_number, has_more_path: more}}}
            - {name: cursor, endpoint: {paginator: {type: cursor, cursor_path: next, cursor_param: page, stop_after_empty_page: true}}}
            """)
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(server.requests.count { $0.path == "/empty" } == 2)
        #expect(server.requests.count { $0.path == "/total" } == 2)
        #expect(server.requests.count { $0.path == "/more" } == 2)
    }

    @Test(arguments: [
        ("hostile/endless", "json_link", "leads to a page that was read already"),
        ("hostile/endless-cursor", "cursor", "the same cursor came twice"),
        ("pages/single", "{type: page_number, total_path: null}", "the same page came twice"),
        ("pages/page-number-open", "{type: page_number, total_path: count}", "there is no total at `count`"),
        (
            "pages/page-number-open", "{type: page_number, has_more_path: more}",
            "there is nothing at has_more_path `more`"
        ),
    ])
    func `what would never end is an error`(path: String, paginator: String, words: String) throws {
        let server = try DemoSite.start()
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources: [{name: items, endpoint: {path: \(path), paginator: \(paginator)}}]
            """)
        #expect(read.status == 65)
        #expect(read.result.stderr.contains(words), "\(read.result.stderr)")
        #expect(read.end?["exit_status"] == 65)
        #expect(server.requests.count <= 3)
    }

    @Test(
        arguments: [
            (#"<https://a/2>; rel="next""#, "https://a/2"),
            (#"<https://a/?q=a,b;c>; rel=next; title="x, y; rel=\"next\"""#, "https://a/?q=a,b;c"),
            (#"<https://a/1>; rel="first prev", <https://a/3>;title="a, <b>";REL="last NEXT""#, "https://a/3"),
            (##"<https://a/2>; rel="next"; anchor="#x""##, nil),
            (#"<https://a/2>; title="rel=next""#, nil),
            (#"garbage, <https://a/2> ; rel = next"#, "https://a/2"),
            (#"<https://a/2>; rel="prev"; rel="next""#, nil),
            ("", nil),
        ] as [(String, String?)])
    func `links are read by their grammar`(header: String, target: String?) {
        #expect(LinkHeader.target(of: "next", in: [header]) == target)
    }

    @Test func `links in several headers are found`() {
        #expect(LinkHeader.target(of: "next", in: ["<a>; rel=prev", "<b>; rel=next"]) == "b")
    }
}
