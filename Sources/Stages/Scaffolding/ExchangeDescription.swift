import JSONText

/// Puts exchanges together as a description of an API, of which a configuration is then made as of any other.
struct ExchangeDescription {
    let document: JSONValue
    /// What was left out, in words.
    private(set) var notes: [String] = []

    private static let maximumPaths = 2000

    /// Nil if no exchange can be read again.
    init?(_ exchanges: [Exchange], title: String) {
        let usable = exchanges.filter { $0.method == "GET" }
        if usable.count < exchanges.count {
            notes.append("\(exchanges.count - usable.count) requests other than GET are left out")
        }
        let servers = Dictionary(grouping: usable) { $0.server }
        guard let main = servers.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }) else { return nil }
        for (server, others) in servers.sorted(by: { $0.key < $1.key }) where server != main.key {
            notes.append("\(others.count) requests to \(server) are left out; a configuration has one server")
        }
        var groups: [String: [Exchange]] = [:]
        var order: [String] = []
        for exchange in main.value {
            let path = Self.template(exchange.path)
            if groups[path] == nil { order.append(path) }
            groups[path, default: []].append(exchange)
        }
        var paths = JSONObject()
        for path in order.prefix(Self.maximumPaths) {
            paths[path] = ["get": .object(Self.operation(path, groups[path] ?? []))]
        }
        var schemes = JSONObject()
        var security = JSONObject()
        let credentials = main.value.reduce(into: Set<Exchange.Credential>()) { $0.formUnion($1.credentials) }
        for credential in credentials.sorted(by: { Self.name($0) < Self.name($1) }) {
            guard let scheme = Self.scheme(credential) else {
                notes.append("cookies are left out, since they end with a session")
                continue
            }
            schemes[Self.name(credential)] = scheme
            security[Self.name(credential)] = []
        }
        document = [
            "openapi": "3.1.0", "info": ["title": .string(title), "version": ""],
            "servers": main.key.hasSuffix(".invalid") ? [] : [["url": .string(main.key)]], "paths": .object(paths),
            "security": security.isEmpty ? [] : [.object(security)],
            "components": ["securitySchemes": .object(schemes)],
        ]
    }

    // MARK: Paths

    /// The path with variables in place of what looks like keys.
    static func template(_ path: String) -> String {
        var result = ""
        var used: Set<String> = []
        var before = "item"
        for segment in path.split(separator: "/") {
            guard looksLikeKey(segment) else {
                result += "/" + segment.replacing("{", with: "%7B").replacing("}", with: "%7D")
                before = String(segment)
                continue
            }
            let words = Words.of(before)
            let last = words.last.map { word in
                Words.singulars(of: word).min { ($0.utf8.count, $0) < ($1.utf8.count, $1) } ?? word
            }
            var name = (words.dropLast() + [last ?? "item", "id"]).joined(separator: "_")
            while !used.insert(name).inserted { name += "_2" }
            result += "/{\(name)}"
        }
        return result.isEmpty ? "/" : result
    }

    /// Numbers, UUIDs, and long words with digits in them, but no versions.
    private static func looksLikeKey(_ segment: some StringProtocol) -> Bool {
        let bytes = Array(segment.utf8)
        let digits = bytes.count { $0 &- 0x30 <= 9 }
        if digits == bytes.count { return true }
        // Postman's variables.
        if segment.hasPrefix("%7B%7B") || segment.hasPrefix(":") || segment.contains("{{") { return true }
        let isHex = bytes.allSatisfy { $0 &- 0x30 <= 9 || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x66 || $0 == 0x2D }
        return (isHex && bytes.count >= 16 && digits > 0) || (bytes.count >= 12 && digits >= 3) || bytes.count > 40
    }

    // MARK: Operations

    private static func operation(_ path: String, _ exchanges: [Exchange]) -> JSONObject {
        var names: [String] = []
        var values: [String: Set<String>] = [:]
        var counts: [String: Int] = [:]
        for exchange in exchanges {
            for (name, value) in exchange.query {
                if values[name] == nil { names.append(name) }
                values[name, default: []].insert(value)
                counts[name, default: 0] += 1
            }
        }
        let paging = Set(ParameterNames.cursors + ParameterNames.offsets + ParameterNames.pages)
        let parameters = names.map { name -> JSONValue in
            let all = values[name] ?? []
            let areNumbers = all.allSatisfy { Int($0) != nil }
            var parameter: JSONObject = ["name": .string(name), "in": "query"]
            var schema: JSONObject = ["type": areNumbers ? "integer" : "string"]
            let word = Words.joined(name)
            // What was asked for each time is asked for again, except for the place among the pages.
            if all.count == 1, let only = all.first, counts[name] == exchanges.count, !paging.contains(word) {
                parameter["required"] = true
                parameter["description"] = .string(asked)
                // A value that may be a secret becomes an input.
                if !Exchange.looksSecret(only) { schema["default"] = areNumbers ? .number(only) : .string(only) }
            }
            if ParameterNames.pages.contains(word), let lowest = all.compactMap({ Int($0) }).min(), lowest <= 1 {
                schema["minimum"] = .integer(lowest)
            }
            parameter["schema"] = .object(schema)
            return .object(parameter)
        }
        var operation: JSONObject = ["parameters": .array(parameters)]
        let answers = exchanges.compactMap(\.answer)
        if let answer = answers.first(where: { Self.weight($0) > 0 }) ?? answers.first {
            var headers = JSONObject()
            for name in exchanges.flatMap(\.answerHeaders) where name.lowercased() == "link" {
                headers[name] = .object([:])
            }
            operation["responses"] = [
                "200": [
                    "description": "", "headers": .object(headers),
                    "content": ["application/json": ["example": answer]],
                ]
            ]
        } else {
            operation[unseen] = true
        }
        return operation
    }

    /// The description of a parameter that had one value in all requests.
    static let asked = "as it was asked for"

    /// Marks an operation of which no answer was seen.
    static let unseen = "x-dlt-init-unseen"

    /// An answer with records says more than an empty one.
    private static func weight(_ value: JSONValue) -> Int {
        switch value {
        case .array(let items): items.count
        case .object(let object): object.members.map { weight($0.value) }.max() ?? 0
        default: 0
        }
    }

    // MARK: Credentials

    private static func name(_ credential: Exchange.Credential) -> String {
        switch credential {
        case .bearer: "bearer"
        case .basic: "basic"
        case .header(let name): "header \(name)"
        case .query(let name): "parameter \(name)"
        case .cookie: "cookie"
        }
    }

    private static func scheme(_ credential: Exchange.Credential) -> JSONValue? {
        switch credential {
        case .bearer: ["type": "http", "scheme": "bearer"]
        case .basic: ["type": "http", "scheme": "basic"]
        case .header(let name): ["type": "apiKey", "in": "header", "name": .string(name)]
        case .query(let name): ["type": "apiKey", "in": "query", "name": .string(name)]
        case .cookie: nil
        }
    }
}
