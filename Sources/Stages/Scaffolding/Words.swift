/// The words that a name is made of: `nextPageToken`, `next_page_token` and `next[page-token]` have the same.
enum Words {
    /// In lower case; letters and digits of ASCII only.
    static func of(_ name: some StringProtocol) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        let bytes = Array(name.utf8.prefix(400))
        func isUpper(_ index: Int) -> Bool { index < bytes.count && (0x41...0x5A).contains(bytes[index]) }
        func isLower(_ index: Int) -> Bool { index < bytes.count && (0x61...0x7A).contains(bytes[index]) }
        func end() {
            if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
            word = []
        }
        for (index, byte) in bytes.enumerated() {
            let isDigit = byte &- 0x30 <= 9
            guard isDigit || isUpper(index) || isLower(index) else {
                end()
                continue
            }
            // A capital begins a word after a small letter, and before one: nextURL, URLNext.
            if isUpper(index), index > 0, !isUpper(index - 1) || isLower(index + 1) { end() }
            word.append(isUpper(index) ? byte | 0x20 : byte)
        }
        end()
        return words
    }

    /// `next_page_token`
    static func joined(_ name: some StringProtocol) -> String { of(name).joined(separator: "_") }

    /// What the singular of a word may be; the word itself among them.
    static func singulars(of word: String) -> Set<String> {
        var all: Set<String> = [word]
        switch word {
        case "people": all.insert("person")
        case "children": all.insert("child")
        case "indices": all.insert("index")
        case "criteria": all.insert("criterion")
        default: break
        }
        if word.hasSuffix("ies") { all.insert(word.dropLast(3) + "y") }
        if word.hasSuffix("es") { all.insert(String(word.dropLast(2))) }
        if word.hasSuffix("s"), !word.hasSuffix("ss") { all.insert(String(word.dropLast())) }
        return all
    }

    static func isPlural(_ word: String) -> Bool {
        singulars(of: word).count > 1 && !["status", "address", "news", "analysis", "access"].contains(word)
    }

    /// Whether two words are the same but for their number.
    static func areAlike(_ one: String, _ other: String) -> Bool {
        !singulars(of: one).isDisjoint(with: singulars(of: other))
    }

    /// The same for names of several words.
    static func areAlike(_ one: [String], _ other: [String]) -> Bool {
        if one.count != other.count { return !one.isEmpty && areAlike(one.joined(), other.joined()) }
        guard let last = one.last, let otherLast = other.last else { return false }
        return one.dropLast() == other.dropLast() && areAlike(last, otherLast)
    }
}
