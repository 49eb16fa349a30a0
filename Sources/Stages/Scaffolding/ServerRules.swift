import JSONText
import OpenAPI

/// The URL that paths are appended to.
struct ServerRules {
    let description: Description
    /// The URL of the description, for servers that are written relative to it.
    let sourceURL: String?

    struct Server {
        /// As the file has it, in quotes.
        let text: String
        let reason: String
    }

    /// Servers as the description lists them.
    func servers(_ operation: Operation? = nil) -> [DescriptionValue] {
        (operation.map { $0.value["servers"]?.items ?? [] } ?? description.root["servers"]?.items ?? [])
    }

    /// - Parameter number: from 1.
    func base(_ number: Int, _ inputs: inout Inputs) -> Server {
        if description.edition == .two { return two(number, &inputs) }
        let all = servers()
        guard all.indices.contains(number - 1), all[number - 1]["url"]?.text != nil else {
            return unknown("the description names no server", path: "", &inputs)
        }
        return server(all[number - 1], &inputs)
    }

    func server(_ server: DescriptionValue, _ inputs: inout Inputs) -> Server {
        let url = server["url"]?.text ?? ""
        guard url.hasPrefix("http://") || url.hasPrefix("https://") || url.hasPrefix("{") else {
            if url.hasPrefix("//") {
                return Server(text: filled("https:" + url, server, &inputs), reason: "the first server")
            }
            return unknown("the server \(Comments.line(url, length: 60)) is relative", path: url, &inputs)
        }
        return Server(text: filled(url, server, &inputs), reason: "a server of the description")
    }

    /// Puts inputs in place of the variables of a URL.
    private func filled(_ url: String, _ server: DescriptionValue, _ inputs: inout Inputs) -> String {
        var result = ""
        var rest = url[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += String(rest[..<open]).replacingBytes(of: "${", with: "$${")
            // Before a brace a dollar sign would begin a variable, or end ours.
            if result.hasSuffix("$") { result = result.dropLast() + "%24" }
            let name = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            let variable = server["variables"]?[name]
            let usual = variable?["default"]?.text ?? ""
            let isReal = isReal(usual, name)
            let purpose =
                "part of the server's URL: \(Comments.line(variable?["description"]?.text ?? name, length: 60))"
            let words = Words.of(name).isEmpty ? ["server"] : Words.of(name)
            let input = inputs.add(words, purpose, isOptional: isReal)
            result += Inputs.reference(input, usual: isReal ? usual : nil)
        }
        return YAMLText.quoted(result + String(rest).replacingBytes(of: "${", with: "$${"))
    }

    /// A default that only shows what to write does not count.
    private func isReal(_ usual: String, _ name: String) -> Bool {
        guard !usual.isEmpty, usual.utf8.count < 100,
            usual.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"{}$\"'`\\<>%".utf8.contains($0) })
        else { return false }
        let words = Words.of(usual)
        return Set(words).isDisjoint(with: [
            "your", "my", "example", "demo", "subdomain", "domain", "customer", "company", "tenant", "xxx",
        ])
            && words != Words.of(name)
    }

    private func two(_ number: Int, _ inputs: inout Inputs) -> Server {
        let root = description.root
        let path = root["basePath"]?.text ?? ""
        guard let host = root["host"]?.text, !host.isEmpty else {
            return unknown("the description has no host", path: path, &inputs)
        }
        let schemes = root["schemes"]?.items.compactMap(\.text) ?? []
        let scheme = schemes.contains("https") || schemes.isEmpty ? "https" : "http"
        let url = "\(scheme)://\(host)\(path == "/" ? "" : path)"
        return Server(text: YAMLText.literal(url), reason: "host and basePath")
    }

    private func unknown(_ reason: String, path: String, _ inputs: inout Inputs) -> Server {
        if let sourceURL, let end = sourceURL.firstRange(of: "://")?.upperBound {
            let host = sourceURL[..<(sourceURL[end...].firstIndex(of: "/") ?? sourceURL.endIndex)]
            let tail = path.hasPrefix("/") || path.isEmpty ? path : "/" + path
            return Server(
                text: YAMLText.literal(host + tail), reason: "\(reason), so the host of the description itself")
        }
        let name = inputs.add(["base", "url"], "URL of the API: \(reason)")
        return Server(text: YAMLText.quoted(Inputs.reference(name)), reason: reason)
    }
}
