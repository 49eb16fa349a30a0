import OpenAPI

/// The number of records that a page may have.
struct PageSize {
    /// Used only where a paginator needs a number and the description has none.
    static let fallback = 50
    /// A larger page is not asked for, even if it is allowed.
    private static let largest = 1000

    let maximum: Int?
    let value: Int
    let reason: String
    let isGuess: Bool
    var isKnown: Bool { !isGuess }

    init(_ parameter: Parameter) {
        let shape = parameter.shape
        if let limit = shape.maximum ?? Self.number(after: Self.limitPhrases, in: parameter.description), limit > 0 {
            maximum = min(limit, Self.largest)
            value = min(limit, Self.largest)
            reason = "at most \(limit) are allowed"
            isGuess = false
        } else if let usual = shape.usual?.int ?? Self.number(after: Self.usualPhrases, in: parameter.description),
            usual > 0
        {
            maximum = nil
            value = min(usual, Self.largest)
            reason = "\(usual) is the default"
            isGuess = false
        } else {
            maximum = nil
            value = Self.fallback
            reason = "no maximum is known, so \(Self.fallback) is a guess"
            isGuess = true
        }
    }

    private static let limitPhrases = [
        ["maximum"], ["max"], ["up", "to"], ["between", "1", "and"], ["at", "most"], ["no", "more", "than"],
        ["cannot", "exceed"],
        ["must", "not", "exceed"], ["range", "1"], ["1", "to"], ["limit", "of"],
    ]
    private static let usualPhrases = [["default"], ["defaults", "to"]]

    /// The number that follows a phrase, over a few small words.
    private static func number(after phrases: [[String]], in text: String) -> Int? {
        let words = Words.of(text.replacing(",", with: ""))
        for phrase in phrases {
            for start in words.indices where words[start...].starts(with: phrase) {
                for word in words[(start + phrase.count)...].prefix(5) {
                    if let number = Int(word) { return number }
                    guard smallWords.contains(word) else { break }
                }
            }
        }
        return nil
    }

    private static let smallWords: Set<String> = [
        "is", "of", "value", "the", "number", "results", "to", "and", "limit", "allowed", "per", "page", "are", "a",
        "size", "count",
    ]
}

/// The number of the first page.
struct FirstPage {
    let number: Int
    let reason: String
    let isGuess: Bool

    init(_ parameter: Parameter) {
        let words = Words.of(parameter.description).joined(separator: " ")
        func says(_ phrases: [String]) -> Bool { phrases.contains { words.contains($0) } }
        if let usual = parameter.shape.usual?.int, usual == 0 || usual == 1 {
            self.init(usual, "\(usual) is its default")
        } else if says([
            "zero based", "0 based", "starting from 0", "starts at 0", "starting at 0", "first page is 0",
            "zero indexed", "0 indexed", "starts with 0", "begins at 0", "starts from 0", "starting with 0",
        ]) {
            self.init(0, "its text says that the first is 0")
        } else if says([
            "one based", "1 based", "starting from 1", "starts at 1", "starting at 1", "first page is 1",
            "one indexed", "1 indexed", "starts with 1", "begins at 1", "starts from 1", "starting with 1",
        ]) {
            self.init(1, "its text says that the first is 1")
        } else if let minimum = parameter.shape.minimum, minimum == 0 || minimum == 1 {
            self.init(minimum, "\(minimum) is its minimum")
        } else {
            self.init(1, "nothing says whether the first is 0 or 1, and 1 is usual", isGuess: true)
        }
    }

    private init(_ number: Int, _ reason: String, isGuess: Bool = false) {
        self.number = number
        self.reason = reason
        self.isGuess = isGuess
    }
}
