/// Takes the text of a statement apart into words, marks and what stands in quotes, as far as that is needed to find parameters and names in
/// it. The database's own parser decides about everything else.
package struct SQLScanner {
    /// What one database's SQL has of its own.
    package struct Rules: Sendable {
        /// `/* /* */ */` is one comment.
        var nestsComments = true
        /// `$tag$ … $tag$` is a string.
        var hasDollarQuotes = true
        /// `E'\''` is a string.
        var hasEscapes = true
        /// `[name]` and `` `name` ``.
        var hasOtherQuotes = false
        /// `'\''` and `"\""` are strings, and `#` begins a comment.
        var isMySQL = false

        package static let postgresql = Rules()
        package static let duckdb = Rules()
        package static let sqlite = Rules(
            nestsComments: false, hasDollarQuotes: false, hasEscapes: false, hasOtherQuotes: true)
        package static let mysql = Rules(
            nestsComments: false, hasDollarQuotes: false, hasEscapes: false, hasOtherQuotes: true, isMySQL: true)
    }

    package struct Token: Sendable, Equatable {
        package enum Kind: Sendable, Equatable {
            /// A keyword or a name, as it is written.
            case word
            /// A name in quotes.
            case name
            case string
            case number
            /// `:name`, `$1` or `?`.
            case parameter
            /// Any other character.
            case mark
        }

        package let kind: Kind
        /// In bytes of the text.
        package let range: Range<Int>
    }

    private let text: [UInt8]
    private let rules: Rules
    private var place: Int

    package init(_ text: String, from place: Int = 0, _ rules: Rules) {
        self.text = Array(text.utf8)
        self.place = place
        self.rules = rules
    }

    /// Where the first token after a place begins, semicolons aside; nil where there is none.
    package static func firstToken(in text: String, from place: Int, _ rules: Rules) -> Int? {
        var scanner = SQLScanner(text, from: place, rules)
        while let token = scanner.next() {
            if token.kind != .mark || scanner.text[token.range.lowerBound] != UInt8(ascii: ";") {
                return token.range.lowerBound
            }
        }
        return nil
    }

    package static func tokens(of text: String, _ rules: Rules) -> [Token] {
        var scanner = SQLScanner(text, rules)
        var tokens: [Token] = []
        while let token = scanner.next() { tokens.append(token) }
        return tokens
    }

    // MARK: Scanning

    private func byte(_ place: Int) -> UInt8 { place < text.count ? text[place] : 0 }

    package mutating func next() -> Token? {
        skipBlanks()
        guard place < text.count else { return nil }
        let start = place
        let kind = scan()
        return Token(kind: kind, range: start..<place)
    }

    private mutating func skipBlanks() {
        while place < text.count {
            switch text[place] {
            case 0x20, 0x09...0x0D: place += 1
            case UInt8(ascii: "-") where byte(place + 1) == UInt8(ascii: "-"):
                while place < text.count, text[place] != 0x0A, text[place] != 0x0D || !rules.nestsComments {
                    place += 1
                }
            case UInt8(ascii: "#") where rules.isMySQL: while place < text.count, text[place] != 0x0A { place += 1 }
            case UInt8(ascii: "/") where byte(place + 1) == UInt8(ascii: "*"): skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() {
        var depth = 0
        while place < text.count {
            if byte(place) == UInt8(ascii: "/"), byte(place + 1) == UInt8(ascii: "*"), depth == 0 || rules.nestsComments
            {
                depth += 1
                place += 2
            } else if byte(place) == UInt8(ascii: "*"), byte(place + 1) == UInt8(ascii: "/") {
                depth -= 1
                place += 2
                if depth == 0 { return }
            } else {
                place += 1
            }
        }
    }

    private mutating func scan() -> Token.Kind {
        let first = text[place]
        switch first {
        case UInt8(ascii: "'"):
            skipQuoted(first, withEscapes: rules.isMySQL)
            return .string
        case UInt8(ascii: "\""):
            skipQuoted(first, withEscapes: rules.isMySQL)
            return rules.isMySQL ? .string : .name
        case UInt8(ascii: "`") where rules.hasOtherQuotes:
            skipQuoted(first)
            return .name
        case UInt8(ascii: "[") where rules.hasOtherQuotes:
            while place < text.count, text[place] != UInt8(ascii: "]") { place += 1 }
            place = min(place + 1, text.count)
            return .name
        case UInt8(ascii: "$"): return scanDollar()
        case UInt8(ascii: "?"):
            place += 1
            while isDigit(byte(place)) { place += 1 }
            return .parameter
        case UInt8(ascii: ":"): return scanColon()
        default: break
        }
        if isDigit(first) { return scanNumber() }
        if isWordStart(first) { return scanWord() }
        place += 1
        return .mark
    }

    private mutating func scanColon() -> Token.Kind {
        place += 1
        // A cast or an assignment.
        if byte(place) == UInt8(ascii: ":") || byte(place) == UInt8(ascii: "=") {
            place += 1
            return .mark
        }
        guard isWordStart(byte(place)), place < 2 || !isSliceEdge(text[place - 2]) else { return .mark }
        while isWordPart(byte(place)) { place += 1 }
        return .parameter
    }

    /// What stands before the colon of a slice or of a JSON path: `a[1:n]`.
    private func isSliceEdge(_ byte: UInt8) -> Bool { isWordPart(byte) || byte == UInt8(ascii: "]") }

    private mutating func scanDollar() -> Token.Kind {
        if isDigit(byte(place + 1)) {
            place += 1
            while isDigit(byte(place)) { place += 1 }
            return .parameter
        }
        var end = place + 1
        while isWordPart(byte(end)), byte(end) != UInt8(ascii: "$") { end += 1 }
        guard rules.hasDollarQuotes, byte(end) == UInt8(ascii: "$") else {
            // SQLite and DuckDB take $name for a parameter.
            place = end
            return .parameter
        }
        let tag = text[place...end]
        place = end + 1
        while place < text.count {
            if text[place] == UInt8(ascii: "$"), text[place...].starts(with: tag) {
                place += tag.count
                return .string
            }
            place += 1
        }
        return .string
    }

    private mutating func scanNumber() -> Token.Kind {
        while isWordPart(byte(place)) || byte(place) == UInt8(ascii: ".") { place += 1 }
        return .number
    }

    private mutating func scanWord() -> Token.Kind {
        let start = place
        while isWordPart(byte(place)) { place += 1 }
        let length = place - start
        let first = text[start] | 0x20
        if length == 1, byte(place) == UInt8(ascii: "'") {
            if first == UInt8(ascii: "e"), rules.hasEscapes {
                skipQuoted(UInt8(ascii: "'"), withEscapes: true)
                return .string
            }
            if "xbn".utf8.contains(first) {
                skipQuoted(UInt8(ascii: "'"))
                return .string
            }
        }
        // A name with escapes: U&"\0061".
        if length == 1, first == UInt8(ascii: "u"), byte(place) == UInt8(ascii: "&"),
            byte(place + 1) == UInt8(ascii: "\"") || byte(place + 1) == UInt8(ascii: "'")
        {
            let quote = byte(place + 1)
            place += 1
            skipQuoted(quote)
            return quote == UInt8(ascii: "'") ? .string : .name
        }
        return .word
    }

    private mutating func skipQuoted(_ quote: UInt8, withEscapes: Bool = false) {
        place += 1
        while place < text.count {
            if withEscapes, text[place] == UInt8(ascii: "\\") {
                place = min(place + 2, text.count)
            } else if text[place] == quote {
                place += 1
                if byte(place) != quote || place >= text.count { return }
                place += 1
            } else {
                place += 1
            }
        }
    }

    private func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    private func isWordStart(_ byte: UInt8) -> Bool {
        0x41...0x5A ~= byte || 0x61...0x7A ~= byte || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private func isWordPart(_ byte: UInt8) -> Bool { isWordStart(byte) || isDigit(byte) || byte == UInt8(ascii: "$") }
}
