/// How much room text takes on a terminal.
package enum TextWidth {
    /// Cells of a terminal: East Asian characters and emoji take two, marks that combine take none.
    package static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first else { return sum }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return sum + 2
            default:
                return sum + 1
            }
        }
    }

    /// The beginning of the text that fits.
    static func prefix(of characters: some Sequence<Character>, width: Int) -> String {
        var used = 0
        var fitting = ""
        for character in characters {
            used += of(String(character))
            if used > width { break }
            fitting.append(character)
        }
        return fitting
    }
}
