/// Reads command lines of curl, as browsers copy them and documentation prints them.
enum CurlReader {
    /// The exchanges of a text with any number of commands, and other lines between them.
    static func exchanges(_ text: String) -> [Exchange] {
        var exchanges: [Exchange] = []
        for words in commands(text) {
            guard let start = words.firstIndex(where: { $0 == "curl" || $0.hasSuffix("/curl") }) else { continue }
            if let exchange = exchange(Array(words[(start + 1)...])) { exchanges.append(exchange) }
        }
        return exchanges
    }

    private static let withValue: Set<String> = [
        "-A", "--user-agent", "-e", "--referer", "-o", "--output", "--max-time", "-m", "--connect-timeout", "-x",
        "--proxy", "-c",
        "--cookie-jar", "--retry", "-w", "--write-out", "--cacert", "--cert", "-E", "--key", "-T", "--upload-file",
        "-F", "--form",
        "--resolve", "--interface", "-r", "--range", "--oauth2-bearer", "-D", "--dump-header", "--limit-rate", "-K",
        "--config",
    ]

    private static func exchange(_ words: [String]) -> Exchange? {
        var method: String?
        var url: String?
        var headers: [(name: String, value: String)] = []
        var data: [String] = []
        var isQuery = false
        var rest = words[...]
        while let word = rest.popFirst() {
            // -XPOST, -H'Accept: …'
            let short = word.utf8.count > 2 && word.hasPrefix("-") && !word.hasPrefix("--")
            let option =
                short && "XHdubAeomxcwETFrDK".contains(word[word.index(after: word.startIndex)])
                ? String(word.prefix(2)) : word
            func value() -> String { option != word ? String(word.dropFirst(2)) : rest.popFirst() ?? "" }
            switch option {
            case "-X", "--request": method = value()
            case "--url": url = value()
            case "-H", "--header":
                let parts = value().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 { headers.append((String(parts[0]), String(parts[1].drop { $0 == " " }))) }
            case "-u", "--user":
                _ = value()
                headers.append(("Authorization", "Basic"))
            case "--oauth2-bearer":
                _ = value()
                headers.append(("Authorization", "Bearer"))
            case "-b", "--cookie":
                _ = value()
                headers.append(("Cookie", ""))
            case "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json":
                data.append(value())
            case "-G", "--get": isQuery = true
            case "-I", "--head": method = "HEAD"
            default:
                if withValue.contains(option) {
                    _ = value()
                } else if !option.hasPrefix("-"), url == nil {
                    url = option
                }
            }
        }
        guard var url else { return nil }
        if !url.contains("://") { url = "https://" + url }
        if isQuery, !data.isEmpty { url += (url.contains("?") ? "&" : "?") + data.joined(separator: "&") }
        return Exchange(method: method ?? (data.isEmpty || isQuery ? "GET" : "POST"), url: url, headers: headers)
    }

    /// The words of each command, by the rules of a shell for quotes, backslashes and ends of lines. Nothing is run or replaced.
    static func commands(_ text: String) -> [[String]] {
        var commands: [[String]] = [[]]
        var word = ""
        var hasWord = false
        func endWord() {
            if hasWord { commands[commands.count - 1].append(word) }
            (word, hasWord) = ("", false)
        }
        func endCommand() {
            endWord()
            if commands.last?.isEmpty == false { commands.append([]) }
        }
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\\":
                guard let next = rest.popFirst() else { break }
                if next == "\r" {
                    if rest.first == "\n" { rest.removeFirst() }
                } else if next != "\n" {
                    word.unicodeScalars.append(next)
                    hasWord = true
                }
            case "'":
                hasWord = true
                // $'…' has escapes.
                let hasEscapes = word.hasSuffix("$")
                if hasEscapes { word.removeLast() }
                while let next = rest.popFirst(), next != "'" {
                    if hasEscapes, next == "\\", let escaped = rest.popFirst() {
                        word.unicodeScalars.append(escaped == "n" ? "\n" : escaped)
                    } else {
                        word.unicodeScalars.append(next)
                    }
                }
            case "\"":
                hasWord = true
                while let next = rest.popFirst(), next != "\"" {
                    if next == "\\", let escaped = rest.popFirst() {
                        if escaped != "\n" { word.unicodeScalars.append(escaped) }
                    } else {
                        word.unicodeScalars.append(next)
                    }
                }
            case " ", "\t", "\r": endWord()
            case "\n", ";", "|": endCommand()
            case "&" where !hasWord: endCommand()
            default:
                word.unicodeScalars.append(scalar)
                hasWord = true
            }
        }
        endCommand()
        return commands.filter { !$0.isEmpty }
    }
}
