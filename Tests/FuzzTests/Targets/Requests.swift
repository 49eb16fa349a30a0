import Glibc
import HTTPServer
import JSONText
import SystemIO

@testable import Dashboard

extension FuzzTarget {
    /// The head of a request as the server hands it over: the first line is its path, each further one a header, or with a question mark
    /// before it a part of the query. Without a header it has those that open the gate. It goes through the gate, and to its route.
    static let requests = FuzzTarget(name: "requests") { bytes in
        let (request, isOpen) = request(bytes)
        try checkGate(request, isOpen: isOpen)
        try checkRoute(request.path)
        _ = Question(request).pairs
    }

    /// The same, answered over a pipeline without packages.
    static let answers = FuzzTarget(name: "answers") { bytes in
        let (request, isOpen) = request(bytes)
        try checkAnswer(request, isOpen: isOpen)
    }

    /// - Returns: also whether it has the headers that open the gate.
    private static func request(_ bytes: [UInt8]) -> (HTTPRequest, isOpen: Bool) {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        func pair(_ line: ArraySlice<UInt8>, _ mark: Character) -> HTTPRequest.Pair {
            let parts = line.split(separator: mark.asciiValue ?? 0, maxSplits: 1, omittingEmptySubsequences: false)
            let texts = parts.map { String(decoding: $0.drop { $0 == 0x20 }, as: UTF8.self) }
            return (texts.first ?? "", texts.count > 1 ? texts[1] : nil)
        }
        let path = String(decoding: lines.first ?? [], as: UTF8.self)
        let question = UInt8(ascii: "?")
        let rest = lines.dropFirst()
        let query = rest.filter { $0.first == question }.map { pair($0.dropFirst(), "=") }
        var headers = rest.filter { $0.first != question && !$0.isEmpty }.map { pair($0, ":") }
        let isOpen = !headers.contains { ["host", "origin", "authorization", "cookie"].contains($0.name.lowercased()) }
        if isOpen { headers += [("Host", "localhost"), ("Authorization", "Bearer \(token)")] }
        return (HTTPRequest(method: "GET", path: path, query: query, headers: headers), isOpen)
    }

    private static let token = "0123456789abcdef0123456789abcdef"

    private static let gate = AccessToken(token).map { Gate(token: $0, hosts: ["localhost"], cookie: "c") }

    private static let session = gate?.token.session ?? token

    private static let site: Site? = {
        guard let gate else { return nil }
        let pages = Pages(
            [Catalog(dataDirectory: EmptyPipeline.dataDirectory, option: nil, only: nil)], Datasets(), allowsSQL: true)
        return Site(pages, gate, assets: Assets.Source(folder: nil), isStopping: { true })
    }()

    /// Whatever is asked, the answer is one of few, is protected, and is not somebody else's text.
    private static func checkAnswer(_ request: HTTPRequest, isOpen: Bool) throws {
        guard let site else { return }
        let answer = site.answer(request)
        try require(answer.status != 403 || isRefused(request, isOpen), "the gate did not open")
        try require([200, 303, 304, 403, 404, 500].contains(answer.status), "an answer with status \(answer.status)")
        try require(
            answer.headers.contains { $0.name == "Content-Security-Policy" }, "an answer that protects nothing")
        for header in answer.headers {
            try require(
                header.value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "the header \(header.name) breaks in two")
        }
        guard case .bytes(let body) = answer.body, !answer.headers.contains(where: { $0.name == "Content-Encoding" })
        else { return }
        let type = answer.headers.first { $0.name == "Content-Type" }?.value ?? ""
        if type == "application/json" { _ = try JSONValue(parsing: body) }
        guard type.hasPrefix("text/html") else { return }
        try require(String(validating: body, as: UTF8.self) != nil, "a page is not UTF-8")
        // Our only script has an address; any other came with the question.
        try require(count("<script", in: body) <= 1, "a question became a script")
        try require(count("onerror=", in: body) == 0 || count("<img", in: body) == 0, "a question became markup")
    }

    /// Strings would be compared character by character, which takes longer than making the page.
    private static func count(_ text: String, in bytes: [UInt8]) -> Int {
        let wanted = Array(text.utf8)
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count >= wanted.count else { return 0 }
            var count = 0
            var place = 0
            let end = bytes.count - wanted.count + 1
            while place < end, let first = memchr(base + place, CInt(wanted[0]), end - place) {
                place = UnsafeRawPointer(first) - base
                if memcmp(first, wanted, wanted.count) == 0 { count += 1 }
                place += 1
            }
            return count
        }
    }

    /// Whether the gate may refuse it: otherwise nothing behind the gate would be tried.
    private static func isRefused(_ request: HTTPRequest, _ isOpen: Bool) -> Bool {
        !isOpen || !request.path.hasPrefix("/") || request.query.contains { $0.name == "token" }
    }

    private static func checkGate(_ request: HTTPRequest, isOpen: Bool) throws {
        guard let gate else { return }
        let known = request.headers.contains { header in
            let value = Array((header.value ?? "").utf8)
            return count(token, in: value) > 0 || count(session, in: value) > 0
        }
        switch gate.judge(request) {
        case .enter:
            try require(known, "it let in a request without the token")
            let hosts = request.headers("host")
            try require(hosts.count == 1 && hosts[0].lowercased().hasPrefix("localhost"), "it let in another host")
        case .exchange(let location):
            try require(request.query.contains { $0.name == "token" }, "it exchanged a token that was not offered")
            try require(
                location.hasPrefix("/") && !location.hasPrefix("//") && !location.hasPrefix("/\\"),
                "it leads to another host")
            try require(location.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a header would break in two")
        case .refuse: try require(isRefused(request, isOpen), "the gate did not open")
        }
    }

    private static func checkRoute(_ path: String) throws {
        guard let target = Route.target(ofPath: path) else { return }
        let links = Links.server.within(target.directory)
        let again = target.isJSON ? links.json(target.route) : links(target.route)
        try require(
            again.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "an address has bytes that none may have: \(again)")
        try require(Route.target(ofPath: again) == target, "\(path) and \(again) are not the same page")
    }
}

/// A folder of a pipeline in which nothing is; removed at the end.
private enum EmptyPipeline {
    static let dataDirectory: String = {
        let path = Paths.join(Environment.get("TMPDIR") ?? "/tmp", "dlt-test-requests-\(getpid())")
        try? Files.makeDirectory(Paths.join(path, "spool/p/packages"), mode: 0o700, intermediates: true)
        atexit { try? Files.removeTree(EmptyPipeline.dataDirectory) }
        return path
    }()
}
