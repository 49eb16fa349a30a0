import DatasetReaders

extension FuzzTarget {
    /// A database's rules, and the text of a query: its tokens are in order, and what is between them is blanks and comments.
    static let queries = FuzzTarget(name: "queries") { bytes in
        var input = FuzzInput(bytes)
        let rules = [SQLScanner.Rules.postgresql, .sqlite, .duckdb][input.option(below: 3)]
        let text = input.text
        let all = Array(text.utf8)
        var end = 0
        for token in SQLScanner.tokens(of: text, rules) {
            try require(token.range.lowerBound >= end, "a token begins before the end of the one before")
            try require(!token.range.isEmpty && token.range.upperBound <= all.count, "a token has no place in the text")
            let gap = all[end..<token.range.lowerBound]
            try require(
                gap.allSatisfy { $0 <= 0x20 } || gap.contains(UInt8(ascii: "-")) || gap.contains(UInt8(ascii: "/")),
                "something is left out")
            end = token.range.upperBound
        }
        let statement = StatementText(text, rules)
        _ = try? statement.checkOneStatement()
        _ = try? statement.checkExplained()
        let parameter = QueryParameter(name: "a", value: .text("x"))
        guard let numbered = try? NumberedQuery(Query(text, parameters: [parameter]), rules) else { return }
        for place in 0...numbered.text.utf8.count {
            try require(0...all.count ~= numbered.original(place), "a place is outside of the text")
        }
    }
}
