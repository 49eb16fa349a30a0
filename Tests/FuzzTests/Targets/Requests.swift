import Dashboard
import HTTPServer

extension FuzzTarget {
    /// The head of a request as the server hands it over: the first line is its path, each further one a header, or with a question mark
    /// before it a part of the query.
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
    }

    private static func checkGate(_ request: HTTPRequest) throws {
        let token = "0123456789abcdef0123456789abcdef"
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
        let again = target.isJSON ? Links.server.json(target.route) : Links.server(target.route)
        try require(
            again.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "an address has bytes that none may have: \(again)")
        try require(Route.target(ofPath: again) == target, "\(path) and \(again) are not the same page")
    }
}
