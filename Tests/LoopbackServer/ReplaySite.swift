import JSONText
import Synchronization
import SystemIO

/// Answers with recorded exchanges.
///
/// The folder holds `*.json`, each a list of exchanges in the order of their recording, as `nock` writes them:
///
///     [{"scope": "https://api.example.org:443", "method": "get", "path": "/items?page=1", "body": "",
///       "status": 200, "response": [{"id": 1}], "headers": {"link": "<https://api.example.org/items?page=2>; rel=\"next\""}}]
///
/// A request is answered by the first exchange not used yet that has its method, path, query (in any order) and, where one was
/// recorded, body; when all were used, by the last again. What was recorded of the connection (lengths, encodings) is left
/// out; the scope in headers becomes the server's own URL, so that links stay on it. Bodies are as recorded.
package final class ReplaySite: Sendable {
    private struct Exchange {
        let key: String
        let body: JSONValue?
        let scope: String
        let status: Int
        let headers: [(name: String, value: String)]
        let response: [UInt8]
    }

    private let exchanges: [Exchange]
    private let used = Mutex<Set<Int>>([])

    package init(folder: String) throws {
        var all: [Exchange] = []
        for name in try Files.list(folder) where name.hasSuffix(".json") {
            let document = try JSONValue(parsing: Files.readAll(Paths.join(folder, name)))
            for exchange in document.arrayValue ?? [] { all.append(try Self.exchange(exchange, name)) }
        }
        exchanges = all
    }

    private struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private static func exchange(_ recorded: JSONValue, _ file: String) throws -> Exchange {
        guard let method = recorded["method"]?.stringValue, let path = recorded["path"]?.stringValue,
            let status = recorded["status"]?.intValue, let response = recorded["response"]
        else { throw Malformed(description: "\(file): an exchange lacks method, path, status or response") }
        var headers: [(name: String, value: String)] = []
        for (name, value) in recorded["headers"]?.objectValue?.members ?? [] {
            let own = ["content-length", "transfer-encoding", "content-encoding", "connection"]
            if own.contains(name.lowercased()) { continue }
            for text in value.arrayValue ?? [value] { headers.append((name, text.stringValue ?? text.serialized())) }
        }
        let body = recorded["body"]
        return Exchange(
            key: key(method, path), body: body?.stringValue == "" ? nil : body,
            scope: scopeURL(recorded["scope"]?.stringValue ?? ""), status: status, headers: headers,
            response: response.stringValue.map { Array($0.utf8) } ?? response.serializedBytes())
    }

    /// Links leave out the port that a scope names.
    private static func scopeURL(_ scope: String) -> String {
        for usual in [":443", ":80"] where scope.hasSuffix(usual) { return String(scope.dropLast(usual.count)) }
        return scope
    }

    private static func key(_ method: String, _ target: String) -> String {
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        let query = mark == target.endIndex ? [] : parsedQuery(target[target.index(after: mark)...])
        let items = query.map { "\($0.name)=\($0.value)" }.sorted()
        return "\(method.uppercased()) \(decodedQuery(target[..<mark])) \(items.joined(separator: "&"))"
    }

    /// - Parameter url: the server's own.
    package func answer(_ request: ServerRequest, url: String) -> ServerReply? {
        let key = Self.key(request.method, request.target)
        let candidates = exchanges.indices.filter { index in
            let exchange = exchanges[index]
            return exchange.key == key && (exchange.body == nil || exchange.body == request.json)
        }
        guard let last = candidates.last else { return nil }
        let chosen = used.withLock { used in
            let index = candidates.first { !used.contains($0) } ?? last
            used.insert(index)
            return index
        }
        let exchange = exchanges[chosen]
        let headers = exchange.headers.map { header in
            (
                name: header.name,
                value: exchange.scope.isEmpty ? header.value : header.value.replacing(exchange.scope, with: url)
            )
        }
        return ServerReply(exchange.status, headers: headers, body: exchange.response)
    }
}

extension String {
    /// The standard library's own needs a later version of the language's regular expressions than it is worth.
    fileprivate func replacing(_ part: String, with other: String) -> String {
        var result = ""
        var rest = self[...]
        while let next = rest.firstIndex(of: part.first ?? " ") {
            if rest[next...].hasPrefix(part) {
                result += rest[..<next] + other
                rest = rest[rest.index(next, offsetBy: part.count)...]
            } else {
                result += rest[...next]
                rest = rest[rest.index(after: next)...]
            }
        }
        return result + rest
    }
}
