import JSONText

/// Reads recordings of browsers (HAR) and collections of Postman.
enum RecordingReader {
    // MARK: HAR

    /// Nil if the document is not a HAR.
    static func har(_ document: JSONValue) -> [Exchange]? {
        guard let entries = document["log", "entries"]?.arrayValue else { return nil }
        return entries.compactMap { entry in
            guard let url = entry["request", "url"]?.stringValue,
                var exchange = Exchange(
                    method: entry["request", "method"]?.stringValue ?? "GET", url: url,
                    headers: pairs(entry["request", "headers"], "name"))
            else { return nil }
            let status = entry["response", "status"]?.intValue ?? 0
            exchange.answerHeaders = pairs(entry["response", "headers"], "name").map(\.name)
            let kind = entry["response", "content", "mimeType"]?.stringValue ?? ""
            guard (200..<300).contains(status), kind.contains("json") else { return nil }
            if let text = entry["response", "content", "text"]?.stringValue {
                let isBase64 = entry["response", "content", "encoding"]?.stringValue == "base64"
                exchange.answer = answer(isBase64 ? base64(text) : Array(text.utf8))
            }
            return exchange
        }
    }

    private static func answer(_ bytes: [UInt8]) -> JSONValue? {
        guard let value = try? JSONValue(parsing: bytes), value.arrayValue != nil || value.objectValue != nil else {
            return nil
        }
        return value
    }

    private static func pairs(_ value: JSONValue?, _ key: String) -> [(name: String, value: String)] {
        (value?.arrayValue ?? []).compactMap { item in
            guard item["disabled"]?.boolValue != true, let name = item[key]?.stringValue else { return nil }
            return (name, item["value"]?.stringValue ?? "")
        }
    }

    private static func base64(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            default: continue
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    // MARK: Postman

    private static let maximumDepth = 50

    /// Nil if the document is not a collection.
    static func postman(_ document: JSONValue) -> [Exchange]? {
        let collection = document["collection"] ?? document
        guard let items = collection["item"]?.arrayValue else { return nil }
        var variables: [String: String] = [:]
        for variable in collection["variable"]?.arrayValue ?? [] {
            if let key = variable["key"]?.stringValue, let value = variable["value"]?.stringValue,
                !Exchange.isSecret(key)
            {
                variables[key] = value
            }
        }
        var exchanges: [Exchange] = []
        collect(items, auth: collection["auth"], variables, &exchanges, depth: 0)
        return exchanges
    }

    private static func collect(
        _ items: [JSONValue], auth: JSONValue?, _ variables: [String: String], _ exchanges: inout [Exchange], depth: Int
    ) {
        guard depth < maximumDepth else { return }
        for item in items {
            let own = item["auth"].flatMap { $0.isNull ? nil : $0 } ?? auth
            if let inner = item["item"]?.arrayValue {
                collect(inner, auth: own, variables, &exchanges, depth: depth + 1)
            }
            guard let request = item["request"] else { continue }
            let raw = request["url", "raw"]?.stringValue ?? request["url"]?.stringValue ?? request.stringValue ?? ""
            var url = filled(raw, variables)
            if !url.contains("://") { url = "https://" + url }
            guard
                var exchange = Exchange(
                    method: request["method"]?.stringValue ?? "GET", url: url, headers: pairs(request["header"], "key"))
            else { continue }
            let auth = request["auth"].flatMap { $0.isNull ? nil : $0 } ?? own
            add(auth, to: &exchange)
            let examples = (item["response"]?.arrayValue ?? []).filter { ($0["code"]?.intValue ?? 200) / 100 == 2 }
            exchange.answer =
                examples.lazy.compactMap { $0["body"]?.stringValue.flatMap { answer(Array($0.utf8)) } }.first
            exchanges.append(exchange)
        }
    }

    private static func add(_ auth: JSONValue?, to exchange: inout Exchange) {
        switch auth?["type"]?.stringValue {
        case "bearer", "oauth2", "jwt": exchange.credentials.insert(.bearer)
        case "basic": exchange.credentials.insert(.basic)
        case "apikey":
            let fields = auth?["apikey"]?.arrayValue ?? []
            func field(_ key: String) -> String? {
                fields.first { $0["key"]?.stringValue == key }?["value"]?.stringValue
            }
            guard let name = field("key") else { break }
            exchange.credentials.insert(field("in") == "query" ? .query(name) : .header(name))
        default: break
        }
    }

    /// The variables of a collection; one without a value stays, and becomes an input.
    private static func filled(_ text: String, _ variables: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let name = String(rest[open.upperBound..<close.lowerBound])
            result += rest[..<open.lowerBound]
            if let value = variables[name] {
                result += value
            } else if result.isEmpty {
                // A host cannot have braces.
                result += "https://" + Words.joined(name).replacing("_", with: "-") + ".invalid"
            } else {
                result += "{{\(name)}}"
            }
            rest = rest[close.upperBound...]
        }
        return result + rest
    }
}
