import Encodings
import HTTPServer
import JSONText
import OpenAPI
import SystemIO

/// An API on this machine that answers as a description says.
struct MockSite: HTTPAnswering {
    private let endpoints: [MockEndpoint]
    /// The path of the described server, which requests may have or leave out.
    private let base: [String]
    private let url: String

    /// The token that the endpoint for tokens gives out.
    static let token = "mock-token"
    static let tokenPath = "/mock/token"

    init(_ scaffold: Scaffold, url: String) {
        self.url = url
        let server =
            scaffold.description.edition == .two
            ? "//h" + (scaffold.description.root["basePath"]?.text ?? "")
            : scaffold.description.root["servers"]?.firstItem?["url"]?.text ?? ""
        let path = server.firstRange(of: "//").map { server[$0.upperBound...].drop { $0 != "/" } } ?? server[...]
        base = path.split(separator: "/").map(String.init)
        let records = MockRecords(description: scaffold.description)
        endpoints = scaffold.endpoints.indices.compactMap { Self.endpoint($0, scaffold, records) }
    }

    private static func endpoint(_ index: Int, _ scaffold: Scaffold, _ records: MockRecords) -> MockEndpoint? {
        let endpoint = scaffold.endpoints[index]
        guard endpoint.kind != .broken, endpoint.kind != .other else { return nil }
        let path = endpoint.operation.path.prefix { $0 != "?" }
        let segments = path.split(separator: "/").map { part -> MockEndpoint.Segment in
            part.contains("{") ? .variable : .word(String(part))
        }
        // Fields that paths of children take, and that records carry to them.
        var needed = Set<String>()
        for child in scaffold.endpoints where child.parent?.index == index {
            needed.formUnion(child.includesFromParent)
        }
        let draft = endpoint.paginator?.value
        let query = endpoint.operation.parameters(in: .query)
        let size = draft?.keys.first { $0.name == "limit_param" }?.value.stringValue ?? draft?.parameters.first?.name
        let limit = query.first { $0.name == size }
        let cursor = draft?.keys.first { $0.name == "cursor_path" }?.value.stringValue
        let credentials = scaffold.ownCredentials[index] ?? scaffold.credentials
        let asks = CredentialRules(description: scaffold.description, wanted: nil)
            .alternatives(endpoint.operation).contains { !$0.isEmpty }
        let isList = endpoint.kind == .list
        return MockEndpoint(
            segments: segments, isList: isList, isChild: endpoint.parent != nil,
            pattern: isList
                ? records.pattern(endpoint, needed: needed)
                : MockPattern(
                    record: endpoint.operation.response?.origin.map { records.value($0) } ?? .object([:]), fields: []),
            place: endpoint.records?.value.keys ?? [],
            paginator: .init(
                type: draft?.type ?? "single_page",
                keys: Dictionary((draft?.keys ?? []).map { ($0.name, $0.value) }) { first, _ in first },
                sizeParameter: size, largest: limit.flatMap { PageSize($0).maximum },
                hasNumbers: cursor.map { Self.isNumber($0, endpoint, scaffold) } ?? false),
            requiredQuery: query.filter { $0.isRequired && draft?.ownParameters.contains($0.name) != true }.map(\.name),
            credential: asks ? credentials.place : nil, secret: credentials.input)
    }

    private static func isNumber(_ cursor: String, _ endpoint: Endpoint, _ scaffold: Scaffold) -> Bool {
        guard var origin = endpoint.operation.response?.origin, let path = try? JSONPath(cursor) else { return false }
        for step in path.steps {
            guard case .key(let key) = step,
                let next = scaffold.description.shape(origin)[String(decoding: key, as: UTF8.self)]
            else { return false }
            origin = next
        }
        return scaffold.description.shape(origin).types == ["integer"]
    }

    // MARK: Answers

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        if request.path == Self.tokenPath {
            return Self.json(200, ["access_token": .string(Self.token), "token_type": "Bearer", "expires_in": 3600])
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            return Self.problem(405, "only GET is answered")
        }
        let parts = request.path.split(separator: "/").map {
            String(decoding: PercentEncoding.decoded($0.utf8), as: UTF8.self)
        }
        // As it is, or without the path of the server.
        let paths = [parts] + (parts.starts(with: base) && !base.isEmpty ? [Array(parts.dropFirst(base.count))] : [])
        let found = paths.lazy.compactMap { path in
            endpoints.filter { Self.matches($0.segments, path) }.max { Self.rank($0) < Self.rank($1) }.map {
                ($0, path)
            }
        }.first
        guard let (found, path) = found else { return Self.problem(404, "the description has no such path") }
        let query = request.query.map {
            (name: Self.decoded($0.name), value: Self.decoded($0.value ?? ""))
        }
        guard Self.isAllowed(request, query, found) else {
            return Self.problem(401, "the credentials are missing or wrong")
        }
        if let name = found.requiredQuery.first(where: { name in
            !query.contains { $0.name == name || $0.name == name + "[]" }
        }) {
            return Self.problem(400, "the parameter \(name) is required")
        }
        guard found.isList else { return Self.json(200, found.pattern.record) }
        var only: Int?
        if found.isChild {
            let place = found.segments.lastIndex(of: .variable) ?? 0
            let last = path[place]
            guard let number = MockPattern.number(in: last), (1...MockEndpoint.recordCount).contains(number) else {
                return Self.problem(404, "there is no such parent")
            }
            only = number
        }
        guard let page = found.page(query, target: url + request.path, only: only) else {
            return Self.problem(400, "there is not a page here")
        }
        return HTTPResponse(
            200, headers: [("Content-Type", "application/json")] + page.headers,
            body: .bytes(page.body.serializedBytes()))
    }

    /// Plus signs are spaces already.
    private static func decoded(_ text: String) -> String {
        String(decoding: PercentEncoding.decoded(text.utf8), as: UTF8.self)
    }

    private static func matches(_ segments: [MockEndpoint.Segment], _ path: [String]) -> Bool {
        segments.count == path.count
            && zip(segments, path).allSatisfy { if case .word(let word) = $0 { word == $1 } else { true } }
    }

    /// Of two paths the one with more words is meant.
    private static func rank(_ endpoint: MockEndpoint) -> Int { endpoint.segments.count { $0 != .variable } }

    private static func isAllowed(
        _ request: HTTPRequest, _ query: [(name: String, value: String)], _ endpoint: MockEndpoint
    ) -> Bool {
        guard let credential = endpoint.credential else { return true }
        let given: String?
        switch credential {
        case .bearer:
            let text = request.header("authorization") ?? ""
            given = text.lowercased().hasPrefix("bearer ") ? String(text.dropFirst(7)) : nil
        case .basic:
            let text = request.header("authorization") ?? ""
            return text.lowercased().hasPrefix("basic ") && text.utf8.count > 6
        case .header(let name): given = request.header(name.lowercased())
        case .query(let name): given = query.first { $0.name == name }?.value
        case .cookie(let name):
            given = (request.header("cookie") ?? "").split(separator: ";").map { $0.drop { $0 == " " } }
                .first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
        }
        guard let given, !given.isEmpty else { return false }
        guard let secret = endpoint.secret, let right = Environment.get(secret), !right.isEmpty else { return true }
        return given == right || given == token
    }

    private static func problem(_ status: Int, _ reason: String) -> HTTPResponse {
        json(status, ["error": .string(reason)])
    }

    private static func json(_ status: Int, _ value: JSONValue) -> HTTPResponse {
        HTTPResponse(status, headers: [("Content-Type", "application/json")], body: .bytes(value.serializedBytes()))
    }
}
