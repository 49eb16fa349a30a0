/// Cuts an expression's text into tokens.
struct Tokenizer {
    private let text: [Character]
    private var position = 0

    /// Longer texts are refused.
    static let longest = 65_536

    init(_ text: String) throws(QueryTextError) {
        guard text.utf8.count <= Tokenizer.longest else {
            throw QueryTextError(
                0, "the text has more than \(Tokenizer.longest) bytes", hint: "write it as SQL in a file")
        }
        self.text = Array(text)
    }

    static func tokens(of text: String) throws(QueryTextError) -> [Token] {
        var tokenizer = try Tokenizer(text)
        var tokens: [Token] = []
        while true {
            let token = try tokenizer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private var current: Character? { position < text.count ? text[position] : nil }

    private func character(after count: Int) -> Character? {
        position + count < text.count ? text[position + count] : nil
    }

    private static func isDigit(_ character: Character?) -> Bool {
        guard let character else { return false }
        return "0" <= character && character <= "9" && character.utf8.count == 1
    }

    private static func begins(_ character: Character) -> Bool { character == "_" || character.isLetter }

    private static func continues(_ character: Character) -> Bool {
        begins(character) || isDigit(character) || character.isNumber || character == "$"
    }

    private mutating func next() throws(QueryTextError) -> Token {
        while let character = current, character.isWhitespace { position += 1 }
        let place = position
        guard let character = current else { return Token(kind: .end, place: place) }
        switch character {
        case "'": return Token(kind: .string(try quoted("'", place)), place: place)
        case "\"":
            let name = try quoted("\"", place)
            if name.isEmpty { throw QueryTextError(place, "a name cannot be empty") }
            return Token(kind: .quoted(name), place: place)
        case "x", "X":
            if self.character(after: 1) == "'" { return Token(kind: .bytes(try bytes(place)), place: place) }
        case ":":
            if let begin = self.character(after: 1), Tokenizer.begins(begin) {
                position += 1
                return Token(kind: .parameter(word()), place: place)
            }
        case ".":
            if Tokenizer.isDigit(self.character(after: 1)) { return try number(place) }
        default: break
        }
        if Tokenizer.isDigit(character) { return try number(place) }
        if Tokenizer.begins(character) { return Token(kind: .word(word()), place: place) }
        return Token(kind: .symbol(try symbol(place)), place: place)
    }

    private mutating func word() -> String {
        let start = position
        while let character = current, Tokenizer.continues(character) { position += 1 }
        return String(text[start..<position])
    }

    /// What stands between quotes, of which two stand for one.
    private mutating func quoted(_ quote: Character, _ place: Int) throws(QueryTextError) -> String {
        position += 1
        var result = ""
        while let character = current {
            position += 1
            if character == quote {
                guard current == quote else {
                    if result.unicodeScalars.contains("\0") {
                        throw QueryTextError(place, "a NUL character cannot be in a text")
                    }
                    return result
                }
                position += 1
            }
            result.append(character)
        }
        throw QueryTextError(
            place, "the quote \(quote) is not closed", hint: "close it; a quote inside is written twice")
    }

    private mutating func bytes(_ place: Int) throws(QueryTextError) -> [UInt8] {
        position += 1
        let digits = try quoted("'", place).map { $0.isASCII ? $0.hexDigitValue : nil }
        guard digits.count % 2 == 0, !digits.contains(nil) else {
            throw QueryTextError(place, "bytes are pairs of hexadecimal digits", hint: "for example x'00ff'")
        }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8((digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0)) }
    }

    private mutating func number(_ place: Int) throws(QueryTextError) -> Token {
        let start = position
        var isInteger = true
        while Tokenizer.isDigit(current) { position += 1 }
        if current == ".", Tokenizer.isDigit(character(after: 1)) || position > start {
            isInteger = false
            position += 1
            while Tokenizer.isDigit(current) { position += 1 }
        }
        if current == "e" || current == "E" {
            let sign = character(after: 1) == "-" || character(after: 1) == "+" ? 1 : 0
            if Tokenizer.isDigit(character(after: 1 + sign)) {
                isInteger = false
                position += 1 + sign
                while Tokenizer.isDigit(current) { position += 1 }
            }
        }
        if let character = current, Tokenizer.continues(character) {
            throw QueryTextError(
                position, "a number ends here, and a name begins", hint: "write a blank, or an operator")
        }
        let digits = String(text[start..<position])
        guard digits.count <= 200 else { throw QueryTextError(place, "a number has at most 200 digits") }
        return Token(kind: .number(digits, isInteger: isInteger), place: place)
    }

    private static let symbols = [
        "->>", "->", "<>", "!=", "<=", ">=", "==", "||", "::", "(", ")", ",", "+", "-", "*", "/", "%", "=", "<", ">",
        ".",
    ]

    private mutating func symbol(_ place: Int) throws(QueryTextError) -> String {
        for symbol in Tokenizer.symbols where text[position...].starts(with: symbol) {
            position += symbol.count
            return symbol
        }
        switch text[position] {
        case ";":
            throw QueryTextError(place, "';' ends a statement, and this is an expression", hint: "leave it out")
        case "`", "[":
            throw QueryTextError(place, "names are in double quotes", hint: "for example \"order\"")
        default:
            throw QueryTextError(place, "this character has no meaning here", hint: "a text is in single quotes")
        }
    }
}
