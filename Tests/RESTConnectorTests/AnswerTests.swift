import HTTP
import JSONText
import LoopbackServer
import SystemIO
import TestSupport
import Testing

@testable import RESTConnector

/// What servers answer, and how long they make us wait.
struct AnswerTests {
    private static let text = #"[{"id": 1, "name": "Zürich € Œ"}]"#

    private func configuration(_ server: LoopbackServer, _ more: String = "") -> String {
        """
        client: {base_url: "\(server.url)", paginator: single_page, session: {backoff_factor: 0.01, max_attempts: 2}}
        resources: [{name: items, endpoint: {path: x\(more)}}]
        """
    }

    private static func wide(_ size: Int, bigEndian: Bool) -> [UInt8] {
        text.unicodeScalars.flatMap { scalar in
            (0..<size).map { place in UInt8(scalar.value >> (8 * (bigEndian ? size - 1 - place : place)) & 0xFF) }
        }
    }

    /// One byte for each of the characters that these encodings have at 0x80 and above.
    private static func narrow(_ special: [UInt32: UInt8]) -> [UInt8] {
        text.unicodeScalars.map { special[$0.value] ?? UInt8($0.value & 0xFF) }
    }

    @Test(
        arguments: [
            ("application/json; charset=windows-1252", narrow([0x20AC: 0x80, 0x0152: 0x8C])),
            ("application/json;charset=\"ISO-8859-1\"", narrow([0x20AC: 0x80, 0x0152: 0x8C])),
            ("application/json; version=1; Charset=iso-8859-15", narrow([0x20AC: 0xA4, 0x0152: 0xBC])),
            ("application/json; charset=utf-16", [0xFF, 0xFE] + wide(2, bigEndian: false)),
            ("application/json; charset=utf-16", [0xFE, 0xFF] + wide(2, bigEndian: true)),
            ("application/json; charset=utf-16le", wide(2, bigEndian: false)),
            ("application/json; charset=utf-16be", wide(2, bigEndian: true)),
            ("application/json", [0xFF, 0xFE] + wide(2, bigEndian: false)),
            ("application/json; charset=utf-32", [0xFF, 0xFE, 0, 0] + wide(4, bigEndian: false)),
            ("application/json; charset=utf-32be", wide(4, bigEndian: true)),
            ("application/json; charset=utf-8", [0xEF, 0xBB, 0xBF] + Array(text.utf8)),
            // A declaration that the bytes do not keep to.
            ("application/json; charset=ISO-8859-1", Array(text.utf8)),
            ("application/json; charset=gbk", Array(text.utf8)),
        ] as [(String, [UInt8])])
    func `an answer is read in its charset`(type: String, body: [UInt8]) throws {
        let server = try LoopbackServer { _ in ServerReply(headers: [("Content-Type", type)], body: body) }
        let read = try RESTFixture().extract(configuration(server))
        #expect(read.status == 0, "\(read.result.stderr)")
        #expect(read.records("items").first?["name"] == "Zürich € Œ")
    }

    @Test(arguments: ["application/json", "application/json; charset=shift_jis"])
    func `what cannot be read is an error`(type: String) throws {
        let body = Self.narrow([0x20AC: 0x80, 0x0152: 0x8C])
        let server = try LoopbackServer { _ in ServerReply(headers: [("Content-Type", type)], body: body) }
        let read = try RESTFixture().extract(configuration(server))
        #expect(read.status == 65 && read.result.stderr.contains("not valid UTF-8"), "\(read.result.stderr)")
        #expect(read.result.stderr.contains("its charset `shift_jis` cannot be read") == type.contains("shift"))
    }

    // MARK: Limits and redirects

    @Test func `403 with Retry-After is a limit`() throws {
        let server = try LoopbackServer { request in
            request.visit == 1
                ? .json(
                    ["message": "secondary rate limit"], status: 403,
                    headers: [("Retry-After", "1"), ("X-RateLimit-Remaining", "4000")]) : .json([["id": 1]])
        }
        let read = try RESTFixture().extract(configuration(server))
        #expect(read.status == 0 && read.ids("items") == [1], "\(read.result.stderr)")
        #expect(read.result.stderr.contains("1 after 403"))
        let always = try LoopbackServer { _ in .json(["message": "API rate limit exceeded"], status: 403) }
        let limited = try RESTFixture().extract(configuration(always)).result
        #expect(limited.status == 69 && limited.stderr.contains("this is a rate limit"), "\(limited.stderr)")
        let refusing = try LoopbackServer { _ in .json(["message": "no"], status: 403) }
        #expect(try RESTFixture().extract(configuration(refusing)).status == 77)
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher:x", nil])
    func `a bad redirect is the service's mistake`(location: String?) throws {
        let server = try LoopbackServer { _ in
            ServerReply(302, headers: location.map { [("Location", $0)] } ?? [])
        }
        let read = try RESTFixture().extract(configuration(server))
        #expect(read.status == 69, "\(read.result.stderr)")
    }

    @Test func `a long wait is told once, without a terminal too`() throws {
        let server = try LoopbackServer { request in
            request.path == "/parents"
                ? .json([["id": 1], ["id": 2], ["id": 3]]) : ServerReply(429, headers: [("Retry-After", "300")])
        }
        let fixture = try RESTFixture()
        try fixture.folder.write(
            "api.yaml",
            """
            client: {base_url: "\(server.url)", paginator: single_page}
            resources: [parents, {name: items, endpoint: "p/{resources.parents.id}"}]
            """)
        let result = try runShell(
            "timeout -s TERM 3 dlt-extract rest api.yaml", environment: fixture.environment,
            currentDirectory: fixture.folder.path)
        let lines = result.stderr.split(separator: "\n").filter { $0.contains("waiting 300 s for 127.0.0.1:") }
        #expect(lines.count == 1 && lines[0].contains("(429)"), "\(result.stderr)")
    }

    @Test func `a wait is shown as long as it lasts, and once for many requests`() {
        let log = EventLog()
        log.add(.retrying(host: "a", reason: "429", delay: 300, attempt: 2), at: 0)
        log.add(.retrying(host: "a", reason: "429", delay: 300, attempt: 2), at: 500_000_000)
        log.add(.limited(host: "a", delay: 299.9), at: 100_000_000)
        log.add(.retrying(host: "b", reason: "503", delay: 10, attempt: 2), at: 0)
        #expect(log.takeNew().map(\.text) == ["waiting 300 s for a (429)", "waiting 10 s for b (503)"])
        #expect(log.takeNew().isEmpty)
        #expect(log.current(at: 299_000_000_000)?.text == "waiting 300 s for a (429)")
        #expect(log.current(at: 301_000_000_000) == nil)
        log.add(.retrying(host: "a", reason: "429", delay: 300, attempt: 3), at: 302_000_000_000)
        #expect(log.takeNew().count == 1)
    }

    // MARK: Bodies and values

    @Test(arguments: [
        "{type: cursor, cursor_path: next, cursor_body_path: cursor}",
        "{type: offset, limit: 3, offset_body_path: cursor, limit_body_path: size, total_path: null}",
    ])
    func `a form gets the place as a field`(paginator: String) throws {
        let server = try LoopbackServer { request in
            guard request.form["team"] == "T1", request.header("content-type")?.contains("form") == true else {
                return ServerReply(400)
            }
            let start = request.form["cursor"].flatMap { Int($0) } ?? 0
            let page = (1...7).dropFirst(start).prefix(3).map { DemoSite.item($0) }
            return .json(["data": .array(page), "next": start + 3 < 7 ? .string("\(start + 3)") : ""])
        }
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)"}
            resources:
            - {name: items, endpoint: {path: x, method: POST, data: {team: T1, cursor: 0}, data_selector: data, paginator: \(paginator)}}
            """)
        #expect(read.status == 0 && read.ids("items") == Array(1...7), "\(read.result.stderr)")
    }

    @Test(arguments: [
        ("data: \"a=b\"", "cursor_body_path: after", "cannot write into a body that is a string"),
        ("data: {a: b}", "cursor_body_path: variables.after", "more levels than a form"),
        ("json: {a: b}", "cursor_body_path: \"a[0]\"", "only names"),
        ("json: {a: b}", "cursor_body_path: \"a b\"", "is not understood"),
    ])
    func `a body that cannot hold the place is refused by the check`(body: String, target: String, words: String) throws
    {
        let result = try RESTFixture().extract(
            """
            client: {base_url: "http://127.0.0.1:9"}
            resources:
            - {name: x, endpoint: {method: POST, \(body), paginator: {type: cursor, cursor_path: next, \(target)}}}
            """, "--check"
        ).result
        #expect(result.status == 78 && result.stderr.contains(words), "\(result.stderr)")
    }

    @Test func `a value of the cursor that is missing is named`() throws {
        let server = try LoopbackServer { _ in .json([["at": "2024-01-02T00:00:00Z"]]) }
        func text(_ which: String, _ more: String) -> String {
            """
            client: {base_url: "\(server.url)", paginator: single_page}
            resources:
            - {name: x, endpoint: {params: {p: "{incremental.\(which)}"}, incremental: {cursor_path: at\(more)}}}
            """
        }
        let end = text("end_value", ", initial_value: \"2024-01-01T00:00:00Z\"")
        let fixture = try RESTFixture()
        for arguments in [["--check"], []] {
            let result = try fixture.extract(end, arguments).result
            #expect(result.status == 78 && result.stderr.contains("end_value"), "\(result.stderr)")
            #expect(!result.stderr.contains("processing_steps"))
        }
        let window = ["--from", "2024-01-01", "--to", "2024-02-01"]
        #expect(try fixture.extract(end, window + ["--check"]).status == 0)
        #expect(try fixture.extract(end, window).records("x").count == 1)
        let start = try fixture.extract(text("start_value", "")).result
        #expect(start.status == 78 && start.stderr.contains("initial_value"), "\(start.stderr)")
    }

    @Test func `a value that a parent lacks is told with what it has`() throws {
        let server = try LoopbackServer { _ in .json([["id": 1, "title": "a"]]) }
        let read = try RESTFixture().extract(
            """
            client: {base_url: "\(server.url)", paginator: single_page}
            resources: [issues, {name: x, endpoint: "issues/{resources.issues.ID}"}]
            """)
        #expect(read.status == 65)
        #expect(read.result.stderr.contains("a record of issues has no ID (it has id, title)"), "\(read.result.stderr)")
        #expect(read.result.stderr.contains("correct the placeholder"))
    }

    // MARK: Checks

    @Test func `a check tells all mistakes, whatever their kind`() throws {
        let result = try RESTFixture().extract(
            """
            client:
              base_url: "${NOWHERE_SET}"
              paginatr: auto
              auth: {type: http_basic, username: a}
              session: {timeout: "${NOR_THIS}"}
            resources:
            - {name: a, endpoint: {params: {x: "{resources.b.id}"}, paginator: {type: cursor, cursor_path: "a | b"}}}
            - {name: c, primary_key: 7, write_disposition: upsrt, schema_contract: discard-row, endpoint: {path: "{oops}"}}
            """, "--check"
        ).result
        #expect(result.status == 78)
        for words in [
            "NOWHERE_SET", "NOR_THIS", "`paginatr` is not a key", "no resource b", "cursor_path", "primary_key",
            "{oops}",
            "there is no `password`", "`upsrt` is not one of", "9 mistakes",
        ] {
            #expect(result.stderr.contains(words), "\(words): \(result.stderr)")
        }
    }

    @Test func `a check answers programs too`() throws {
        let result = try RESTFixture().extract(
            "client: {base_url: \"http://127.0.0.1:9\"}\nresources: [a]", "--check", "--json"
        ).result
        let answer = try JSONValue(parsing: result.stdout)
        #expect(answer["resources"]?.arrayValue?.first?["path"] == "a")
    }
}
