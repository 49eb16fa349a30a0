/// The limits for further requests in the headers of a response. All times are seconds from now.
struct ServerLimits: Equatable {
    /// The value of `Retry-After`; may be negative.
    var retryAfter: Double?
    /// The number of requests left, and when there will be more.
    var remaining: Int?
    var reset: Double?

    /// - Parameter now: seconds since 1970, for values that are points in time.
    init(_ headers: HTTPHeaders, now: Double) {
        if let text = headers["Retry-After"] { retryAfter = Self.wait(text, now: now) }
        for prefix in ["X-RateLimit-", "RateLimit-", "X-Rate-Limit-"] {
            guard let left = headers[prefix + "Remaining"], let count = Self.integer(left) else { continue }
            remaining = count
            reset = headers[prefix + "Reset"].flatMap { Self.wait($0, now: now) }
            return
        }
        // `RateLimit: "name";r=0;t=30` and, in an earlier draft, `RateLimit: limit=100, remaining=0, reset=30`
        guard let text = headers["RateLimit"] else { return }
        for item in text.split(whereSeparator: { ";,".contains($0) }) {
            let parts = item.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Self.integer(parts[1]) else { continue }
            switch Self.trimmed(parts[0]) {
            case "r", "remaining": remaining = number
            case "t", "reset": reset = Double(number)
            default: break
            }
        }
    }

    /// Whether no request is left until a time in the future.
    var isExhausted: Bool { remaining == 0 && (reset ?? 0) > 0 }

    private static func wait(_ text: String, now: Double) -> Double? {
        if let number = Double(trimmed(text)), number.isFinite {
            // Numbers that are too large for a wait are points in time, in seconds or milliseconds.
            if number > 1e11 { return number / 1000 - now }
            return number > 1e9 ? number - now : number
        }
        return HTTPDate.parse(text).map { Double($0) - now }
    }

    private static func integer(_ text: some StringProtocol) -> Int? {
        // Some servers send "0.0", some "0, 0" for several limits.
        Double(trimmed(text.prefix { $0 != "," })).flatMap { $0.isFinite && abs($0) < 1e15 ? Int($0) : nil }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var part = Substring(text)
        while part.first == " " || part.first == "\t" { part.removeFirst() }
        while part.last == " " || part.last == "\t" { part.removeLast() }
        return String(part)
    }
}
