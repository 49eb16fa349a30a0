import Glibc
import HTTPServer
import JSONText
import SystemIO

@testable import Dashboard

extension FuzzTarget {
    /// The head of a request as the server hands it over: the first line is its path, each further one a header, or with a question mark
    /// before it a part of the query. It goes through the gate, to its route, and is answered over a pipeline without packages.
    static let requests = FuzzTarget(name: "requests") { bytes in
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        func pair(_ line: some StringProtocol, _ mark: Character) -> HTTPRequest.Pair {
            let parts = line.split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts.first ?? ""), parts.count > 1 ? String(parts[1]) : nil)
        }
        let path = String(lines.first ?? "")
        let rest = lines.dropFirst()
        let request = HTTPRequest(
            method: "GET", path: path, query: rest.filter { $0.hasPrefix("?") }.map { pair($0.dropFirst(), "=") },
            headers: rest.filter { !$0.hasPrefix("?") }.map { pair($0, ":") })
        try checkGate(request)
        try checkRoute(path)
        try checkAnswer(request)
    }

    private static let token = "0123456789abcdef0123456789abcdef"

    private static let site: Site? = {
        guard let secret = AccessToken(token) else { return nil }
        let gate = Gate(token: secret, hosts: ["localhost"], cookie: "c")
        let pages = Pages(
            [Catalog(dataDirectory: EmptyPipeline.dataDirectory, option: nil, only: nil)], Datasets(), allowsSQL: true)
        return Site(pages, gate, assets: Assets.Source(folder: nil), isStopping: { true })
    }()

    /// Whatever is asked, the answer is one of few, is protected, and is not somebody else's text.
    private static func checkAnswer(_ request: HTTPRequest) throws {
        guard let site else { return }
        let answer = site.answer(request)
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
        let text = String(decoding: body, as: UTF8.self)
        try require(text.split(separator: "<script").count <= 2, "a question became a script")
        try require(!text.contains("onerror=") || !text.contains("<img"), "a question became markup")
    }

    private static func checkGate(_ request: HTTPRequest) throws {
        guard let secret = AccessToken(token) else { return }
        let gate = Gate(token: secret, hosts: ["localhost"], cookie: "c")
        let known = request.headers.contains {
            ($0.value ?? "").contains(token) || ($0.value ?? "").contains(secret.session)
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
        case .refuse: break
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
