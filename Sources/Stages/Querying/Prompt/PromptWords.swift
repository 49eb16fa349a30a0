/// Text after a backslash command, split as a shell splits it: by blanks, with quotes of both kinds.
enum PromptWords {
    /// - Returns: nil where a quote is not closed.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscape = false
        for character in text {
            if isEscape {
                word = (word ?? "") + String(character)
                isEscape = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    isEscape = true
                } else {
                    word?.append(character)
                }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == "\\" {
                isEscape = true
                word = word ?? ""
            } else if character == " " || character == "\t" {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscape else { return nil }
        if let word { words.append(word) }
        return words
    }
}
